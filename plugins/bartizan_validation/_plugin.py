"""The plugin: which scanners and hooks a configuration needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bartizan import hookimpl
from bartizan_validation import _labels as labels
from bartizan_validation._answers import AnswerScanner
from bartizan_validation._characters import CharacterScanner
from bartizan_validation._config import Config as _Config
from bartizan_validation._deny import DenyScanner
from bartizan_validation._hosts import Hosts
from bartizan_validation._limits import over_limits
from bartizan_validation._markdown import MarkdownScanner
from bartizan_validation._schema import ModelShape, SchemaShape, Shape, judged
from bartizan_validation._scripts import ScriptScanner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan import Context, Finding, Prompt, Response, Scanner

_CHARACTERS: Final = {
    "control_characters": labels.CONTROL_CHARACTER,
    "ansi_escapes": labels.ANSI_ESCAPE,
    "invisible_characters": labels.INVISIBLE_CHARACTER,
    "bidi_controls": labels.BIDI_CONTROL,
    "tag_characters": labels.TAG_CHARACTER,
}
_NOT_ANSWERS: Final = frozenset({"pre_prompt", "on_train"})


class Validation:
    """Validates what goes into a model and what comes out of it.

    Prompts are refused when they are too long, hold characters that deceive, a denied pattern or a script that is not allowed. In
    answers such characters are replaced, denied patterns refused, images (and, if asked, links) to other hosts redacted; with a
    schema, an answer that does not meet it is refused, and streams are held until their end.
    """

    Config = _Config

    def __init__(self, config: _Config | None = None) -> None:
        config = _Config() if config is None else config
        self.config = config
        self._max_chars = None if config.max_chars == "unlimited" else config.max_chars
        self._max_segments = None if config.max_segments == "unlimited" else config.max_segments
        self._shape = _shape(config)
        characters = frozenset(label for switch, label in _CHARACTERS.items() if getattr(config, switch))
        markdown = {labels.MARKDOWN_IMAGE, labels.MARKDOWN_REFERENCE} if config.markdown_images else set()
        markdown |= {labels.MARKDOWN_LINK} if config.check_links else set()
        links = MarkdownScanner(Hosts(config.allowed_hosts), frozenset(markdown)) if markdown else None
        scanners: list[Scanner] = []
        if characters:
            # With links to look for, answers have one scanner for both.
            scanners.append(CharacterScanner(characters) if links is None else CharacterScanner(characters, _NOT_ANSWERS))
        scanners += [DenyScanner(pattern, number, config.deny_max_span) for number, pattern in enumerate(config.deny_list, 1)]
        if config.allowed_scripts:
            scanners.append(ScriptScanner(config.allowed_scripts))
        if links is not None:
            scanners.append(AnswerScanner(CharacterScanner(characters), links) if characters else links)
        self.scanners: tuple[Scanner, ...] = tuple(scanners)
        self.groups: Mapping[str, frozenset[str]] = labels.GROUPS
        self.labels: frozenset[str] = frozenset(
            characters
            | markdown
            | ({labels.PROMPT_TOO_LONG} if self._max_chars is not None else set())
            | ({labels.TOO_MANY_SEGMENTS} if self._max_segments is not None else set())
            | ({labels.DENIED_PATTERN} if config.deny_list else set())
            | ({labels.SCRIPT_NOT_ALLOWED} if config.allowed_scripts else set())
            | (labels.GROUPS["schema"] if self._shape is not None else set())
        )
        # An answer is not worth refusing for a stray character, nor is a data set: there they are replaced.
        self.default_rules: tuple[Mapping[str, object], ...] = (
            {"hooks": ("post_response", "on_train"), "labels": ("unicode",), "action": "redact"},
        )
        limited = self._max_chars is not None or self._max_segments is not None
        self.enabled_hooks: frozenset[str] = frozenset(
            (["pre_prompt"] if limited else []) + (["post_response"] if self._shape is not None else [])
        )

    def __repr__(self) -> str:
        return f"Validation(labels={sorted(self.labels)})"

    @hookimpl
    def pre_prompt(self, prompt: Prompt, context: Context) -> list[Finding] | None:  # noqa: ARG002 (the hook's signature)
        """The limits."""
        return over_limits(prompt.segments, self._max_chars, self._max_segments)

    @hookimpl
    def post_response(self, response: Response, context: Context) -> list[Finding] | None:  # noqa: ARG002 (the hook's signature)
        """The answer's shape, where one is asked for."""
        return None if self._shape is None else judged(response.segments, self._shape)


def _shape(config: _Config) -> Shape | None:
    if config.response_model is not None:
        return ModelShape(config.response_model)
    return None if config.response_schema is None else SchemaShape(config.response_schema)
