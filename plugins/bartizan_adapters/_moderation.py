"""An HTTP endpoint in the shape of OpenAI's moderation API as a plugin.

Request: POST {"input": [text, ...], "model": ...}; answer: {"results": [{"flagged": ..., "categories": {...}, "category_scores":
{...}}, ...]}, one for each text (OpenAI API reference, "Moderations").
"""

from __future__ import annotations

import asyncio
import math
import os
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from bartizan import Action, Finding, MissingExtra, Origin, PluginLoadError, Prompt, Response, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bartizan import Segment

_NAME: Final = "moderation"
_TRY_AGAIN: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0
_OK: Final = 200


class ModerationError(Exception):
    """The endpoint gave no judgement: the call is refused."""


class Moderation:
    """Refuses a text that a moderation endpoint flags. It sends the texts there as they are, before anything is redacted."""

    deterministic = False

    class Config(BaseModel):
        """Settings of `[plugins.moderation]`.

        Attributes:
            url: the endpoint.
            model: the model to ask for, if the endpoint has several.
            api_key_env: the environment variable that holds the key, sent as a bearer token.
            thresholds: the least score that refuses, by category; empty for what the endpoint itself flags.
            request_timeout_s: how long one attempt may take, in seconds.
            retries: how often a failed attempt is made again; all of them must fit into the plugin's `timeout_s`.
        """

        model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

        url: HttpUrl
        model: str | None = None
        api_key_env: str | None = None
        thresholds: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
        request_timeout_s: Annotated[float, Field(gt=0)] = 2.0
        retries: Annotated[int, Field(ge=0, le=10)] = 2

    def __init__(self, config: Config) -> None:
        try:
            import httpx
        except ImportError:
            tool = "the moderation plugin"
            raise MissingExtra(tool, "moderation") from None
        headers = {}
        if config.api_key_env is not None:
            key = os.environ.get(config.api_key_env)
            if not key:
                reason = f"needs its key in the environment variable {config.api_key_env}, which is not set"
                raise PluginLoadError(_NAME, reason)
            headers["Authorization"] = f"Bearer {key}"
        self._url = str(config.url)
        self._model = config.model
        self._thresholds = config.thresholds
        self._retries = config.retries
        self._failures: tuple[type[Exception], ...] = (httpx.TransportError,)
        self._http = httpx.AsyncClient(timeout=config.request_timeout_s, headers=headers, follow_redirects=False)

    async def aclose(self) -> None:
        """Close the connections; the guard calls it when it is closed."""
        await self._http.aclose()

    @hookimpl
    async def pre_prompt(self, prompt: Prompt) -> Iterable[Finding]:
        """Everything that a model is about to be given, but for what the application itself says."""
        return await self._judge([(index, one) for index, one in enumerate(prompt.segments) if one.origin is not Origin.SYSTEM])

    @hookimpl
    async def post_response(self, response: Response) -> Iterable[Finding]:
        """Everything that a model answered."""
        return await self._judge(list(enumerate(response.segments)))

    async def _judge(self, segments: list[tuple[int, Segment]]) -> list[Finding]:
        given = [(index, _encodable(one.text)) for index, one in segments if one.text.strip()]
        if not given:
            return []
        body: dict[str, Any] = {"input": [text for _, text in given]}
        if self._model is not None:
            body["model"] = self._model
        results = _results(await self._asked(body), len(given))
        return [
            Finding(_label(category), Action.BLOCK, segment=index, score=score)
            for (index, _), result in zip(given, results, strict=True)
            for category, score in self._flagged(result)
        ]

    async def _asked(self, body: dict[str, Any]) -> Any:  # noqa: ANN401 (whatever the endpoint answers)
        pause = _FIRST_PAUSE_S
        for attempt in range(self._retries + 1):
            last = attempt == self._retries
            reason = ""
            try:
                answer = await self._http.post(self._url, json=body)
            except self._failures as error:
                reason = type(error).__name__
            else:
                if answer.status_code == _OK:
                    return answer.json()
                reason = f"status {answer.status_code}"
                last = last or answer.status_code not in _TRY_AGAIN
                pause = max(pause, _seconds(answer.headers.get("retry-after")))
            if last:
                message = f"no judgement after {attempt + 1} attempts: {reason}"
                raise ModerationError(message)
            await asyncio.sleep(min(pause, _LONGEST_PAUSE_S))
            pause *= 2
        message = "no attempt was made"  # retries is never negative
        raise ModerationError(message)

    def _flagged(self, result: dict[str, Any]) -> list[tuple[str, float]]:
        scores = result.get("category_scores") or {}
        if self._thresholds:
            absent = sorted(set(self._thresholds) - set(scores))
            if absent:
                message = f"the endpoint gave no score for {absent[0]!r}"
                raise ModerationError(message)
            return [(name, scores[name]) for name, least in self._thresholds.items() if scores[name] >= least]
        named = [(name, scores.get(name, 1.0)) for name, said in (result.get("categories") or {}).items() if said is True]
        return named or ([("flagged", 1.0)] if result["flagged"] else [])


def _results(answer: object, wanted: int) -> list[dict[str, Any]]:
    """The endpoint's results, checked: one that is misread would let everything pass.

    Raises:
        ModerationError: the answer has another shape.
    """
    results = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(results, list) or len(results) != wanted:
        message = f"the endpoint's answer holds no list of {wanted} results"
        raise ModerationError(message)
    for result in results:
        scores = result.get("category_scores") if isinstance(result, dict) else None
        if not isinstance(result, dict) or not isinstance(result.get("flagged"), bool):
            message = "one of the endpoint's results does not say whether it is flagged"
            raise ModerationError(message)
        if scores is not None and not (isinstance(scores, dict) and all(map(_is_score, scores.values()))):
            message = "one of the endpoint's results has scores that are no numbers"
            raise ModerationError(message)
    return results


def _is_score(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _encodable(text: str) -> str:
    """The text with `?` for each lone surrogate, which no encoding takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _label(category: str) -> str:
    """`self-harm/intent` as the name of a label."""
    return "MODERATION_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in category.upper())[:48]


def _seconds(header: str | None) -> float:
    try:
        return max(0.0, float(header or 0))
    except ValueError:
        return 0.0  # a date: the pause that doubles will do
