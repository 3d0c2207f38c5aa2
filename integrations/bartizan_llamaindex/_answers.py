"""Models' whole answers ↔ texts. What a provider sent stays with them as `raw`: it is judged too, or goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from llama_index.core.base.llms.types import ChatResponse, CompletionResponse
from pydantic import BaseModel

from bartizan import Origin
from bartizan_llamaindex._messages import read_message
from bartizan_llamaindex._nodes import special
from bartizan_llamaindex._texts import Things

if TYPE_CHECKING:
    from bartizan_llamaindex._texts import Texts

R = TypeVar("R", ChatResponse, CompletionResponse)
_ASSISTANT: Final = Origin.ASSISTANT


def read_chat(texts: Texts, response: ChatResponse) -> ChatResponse:
    """A chat model's answer; a copy where something changed. Token probabilities repeat the answer: then they go."""
    message = read_message(texts, response.message, "message", _ASSISTANT)
    changed: dict[str, Any] = {} if message is response.message else {"message": message, "logprobs": None}
    return _with(texts, response, changed)


def read_completion(texts: Texts, response: CompletionResponse) -> CompletionResponse:
    """A completion model's answer."""
    text = texts.text(response.text, _ASSISTANT, "text")
    changed: dict[str, Any] = {} if text is response.text else {"text": text, "logprobs": None}
    return _with(texts, response, changed)


def usage(raw: object) -> dict[str, Any] | None:
    """What a provider counted, which token counters read in `raw`: numbers under plain names, nothing else."""
    found = raw.get("usage") if isinstance(raw, Mapping) else getattr(raw, "usage", None)
    if isinstance(found, BaseModel):
        found = found.model_dump()
    if not isinstance(found, Mapping):
        return None
    counts = {
        name: count for name, count in found.items() if type(count) is int and isinstance(name, str) and name.isidentifier()
    }
    return {"usage": counts} if counts else None


def _with(texts: Texts, response: R, changed: dict[str, Any]) -> R:
    """The answer with the changes, and with what else hangs on it judged."""
    if response.additional_kwargs:
        kwargs = Things(texts, _ASSISTANT, "metadata").thing(response.additional_kwargs, "additional_kwargs")
        if kwargs is not response.additional_kwargs:
            changed["additional_kwargs"] = kwargs
    if response.raw is not None:
        raw = _raw(texts, response.raw)
        if raw is not response.raw:
            changed["raw"] = raw
    if changed and response.delta:
        changed["delta"] = None
    return response.model_copy(update=changed) if changed else response


def _raw(texts: Texts, raw: Any) -> Any:
    """Strings alone are read: a provider's counts and dates are no text. An object of an unknown kind goes."""
    if not isinstance(raw, Mapping | BaseModel | list | str):
        return usage(raw)
    return Things(texts, _ASSISTANT, "metadata", opaque="drop", numbers=False, special=special(texts)).thing(raw, "raw")
