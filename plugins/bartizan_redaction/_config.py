"""The plugin's settings, checked when the policy is loaded. Messages are one sentence each and hold no values."""

from __future__ import annotations

import difflib
import re
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bartizan_redaction._custom import CustomEntity
from bartizan_redaction._entities import DEFAULT, GROUPS, LABELS
from bartizan_redaction._re2 import Pattern, PatternError

_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_LONGEST_VALUE: Final = 1024


class Custom(BaseModel):
    """An entity of your own: `[plugins.redaction.custom.TICKET]`.

    Attributes:
        regex: a pattern in RE2's syntax (linear time; no lookaround, no backreferences).
        deny_list: values that are always found, whatever their case, unless they are part of a longer word.
        context_words: if any are given, one of them must stand within the 64 characters before the value.
        max_span: the longest match of `regex`, in characters; what is longer is found up to there.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    regex: str | None = None
    deny_list: tuple[str, ...] = ()
    context_words: tuple[str, ...] = ()
    max_span: Annotated[int, Field(ge=1, le=4096)] = 256

    @field_validator("regex")
    @classmethod
    def _compiles(cls, regex: str | None) -> str | None:
        if regex is None:
            return None
        try:
            pattern = Pattern(regex)
        except PatternError:
            message = "regex is not a pattern that RE2 can compile (it has no lookaround and no backreferences)"
            raise ValueError(message) from None
        if pattern.matches_whole(b"") or pattern.search(b"", 0, 0) is not None:
            message = "regex matches the empty text, so it would be found everywhere: let it require at least one character"
            raise ValueError(message)
        return regex

    @field_validator("deny_list", "context_words")
    @classmethod
    def _not_blank(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        if any(not word.strip() for word in words):
            message = "deny_list and context_words may not hold blank entries"
            raise ValueError(message)
        if any(len(word) > _LONGEST_VALUE for word in words):
            message = f"deny_list and context_words may not hold entries of more than {_LONGEST_VALUE} characters"
            raise ValueError(message)
        return words

    @model_validator(mode="after")
    def _finds_something(self) -> Custom:
        if self.regex is None and not self.deny_list:
            message = "a custom entity needs a regex or a deny_list"
            raise ValueError(message)
        return self


class Config(BaseModel):
    """Settings of `[plugins.redaction]`.

    Attributes:
        entities: labels and groups to look for; `default` is everything built in. Custom entities are always looked for.
        allow_list: values that are never findings, whatever their case; `*` stands for any characters, as in `*@acme.test`.
        custom: entities of your own, by label.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    entities: tuple[str, ...] = (DEFAULT,)
    allow_list: tuple[str, ...] = ()
    custom: dict[str, Custom] = Field(default_factory=dict)

    @field_validator("allow_list")
    @classmethod
    def _allows_some(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        if any(not entry.replace("*", "").strip() for entry in entries):
            message = "allow_list may not hold blank entries or a bare *, which would switch redaction off"
            raise ValueError(message)
        return entries

    @field_validator("custom")
    @classmethod
    def _free_names(cls, custom: dict[str, Custom]) -> dict[str, Custom]:
        for name in custom:
            if not _NAME.fullmatch(name):
                message = "a custom entity's name is made of capitals, digits and underscores, as in TICKET_ID"
                raise ValueError(message)
            if name in LABELS:
                message = f"custom entity {name} has the name of a built-in entity: choose another"
                raise ValueError(message)
        return custom

    @model_validator(mode="after")
    def _known_names(self) -> Config:
        known = [DEFAULT, *GROUPS, *LABELS, *self.custom]
        for name in self.entities:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1, cutoff=0.5) or difflib.get_close_matches(
                    name.upper(), known, n=1, cutoff=0.5
                )
                hint = f": did you mean {near[0]!r}?" if near else f": known are {', '.join(known)}"
                message = f"entities names {name!r}, which is neither an entity nor a group{hint}"
                raise ValueError(message)
        return self

    def chosen(self) -> frozenset[str]:
        """The labels of the built-in entities that `entities` names."""
        out: set[str] = set()
        for name in self.entities:
            out |= set(LABELS) if name == DEFAULT else GROUPS.get(name, frozenset({name}))
        return frozenset(out & set(LABELS))

    def compiled(self) -> tuple[CustomEntity, ...]:
        """The custom entities, ready to scan."""
        return tuple(
            CustomEntity(label, custom.regex, custom.deny_list, custom.context_words, custom.max_span)
            for label, custom in self.custom.items()
        )
