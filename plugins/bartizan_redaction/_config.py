"""The plugin's settings, checked when the policy is loaded. Messages are one sentence each and hold no values."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from bartizan_redaction._allow import REGEX, allowed_pattern
from bartizan_redaction._checksums import ChecksumName, checksum
from bartizan_redaction._custom import CustomEntity
from bartizan_redaction._entities import DEFAULT, GROUPS, LABELS
from bartizan_redaction._ner import IGNORE, NER_LABELS
from bartizan_redaction._re2 import Pattern, PatternError, encode

_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_LONGEST_VALUE: Final = 1024
_ANYTHING: Final = ("", "xQ7", "q~Z 9\u00e9\u4e2d@#{")
"""What no pattern for values that may be let through has a reason to match."""


class Custom(BaseModel):
    """An entity of your own: `[plugins.redaction.custom.TICKET]`.

    Attributes:
        regex: a pattern in RE2's syntax (linear time; no lookaround, no backreferences).
        deny_list: values that are always found, whatever their case, unless they are part of a longer word.
        checksum: the check digits that a match of `regex` must have: luhn, verhoeff, damm, or one of ISO 7064 (mod11-2, mod11-10;
            over letters too: mod97, mod37-2, mod37-36).
        context_words: if any are given, one of them must stand within the 64 characters before the value, as a word of its own.
            Behind it they don't count: in a stream the value would have to wait for them.
        max_span: the longest match of `regex`, in characters; what is longer is found up to there.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    regex: str | None = None
    deny_list: tuple[str, ...] = ()
    checksum: ChecksumName | None = None
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
        if self.regex is None and self.checksum is not None:
            message = "checksum is asked of matches of a regex: give one (a deny_list's values are always found)"
            raise ValueError(message)
        return self


class Ner(BaseModel):
    """Names, organisations and places: `[plugins.redaction.ner]`.

    Attributes:
        model: the folder of a token-classification model, as transformers' `save_pretrained` writes it. Nothing is downloaded.
        labels: what the model's labels mean, such as `{ CITY = "LOCATION", MISC = "ignore" }`; CoNLL's and OntoNotes' are known.
        threshold: the least probability of a finding.
        batch_size: how many windows of text the model judges at once.
        device: where it runs, in PyTorch's words: "cpu", "cuda", "cuda:1", "mps".
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, protected_namespaces=()
    )

    model: Path
    labels: dict[str, str] = Field(default_factory=dict)
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.5
    batch_size: Annotated[int, Field(ge=1, le=1024)] = 8
    device: Annotated[str, Field(min_length=1)] = "cpu"

    @field_validator("model")
    @classmethod
    def _is_there(cls, model: Path) -> Path:
        if not model.is_dir():
            message = "there is no such folder: name the local folder of a token-classification model (nothing is downloaded)"
            raise ValueError(message)
        if not (model / "config.json").is_file():
            message = "the folder has no config.json: name one that transformers' save_pretrained wrote"
            raise ValueError(message)
        return model

    @field_validator("labels")
    @classmethod
    def _named(cls, labels: dict[str, str]) -> dict[str, str]:
        if any(entity != IGNORE and not _NAME.fullmatch(entity) for entity in labels.values()):
            message = f"labels map a model's label to an entity made of capitals, digits and underscores, or to {IGNORE!r}"
            raise ValueError(message)
        return labels


class Config(BaseModel):
    """Settings of `[plugins.redaction]`.

    Attributes:
        entities: labels and groups to look for; `default` is everything built in. Custom entities are always looked for.
        allow_list: values that are never findings, whatever their case; `*` stands for any characters, as in `*@acme.test`. What
            begins with `regex:` is a pattern in RE2's syntax that a whole value must match, as in `regex:TEST-[0-9]+`.
        custom: entities of your own, by label.
        ner: names, organisations and places, by a model of your own; off where it is left out.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    entities: tuple[str, ...] = (DEFAULT,)
    allow_list: tuple[str, ...] = ()
    custom: dict[str, Custom] = Field(default_factory=dict)
    ner: Ner | None = None

    @field_validator("allow_list")
    @classmethod
    def _allows_some(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        problem = ""
        for entry in entries:
            if not entry.replace("*", "").strip():
                problem = "allow_list may not hold blank entries or a bare *, which would switch redaction off"
            elif entry.startswith(REGEX):
                try:
                    pattern = allowed_pattern(entry)
                except PatternError:
                    problem = "allow_list holds a regex that RE2 can't compile (it has no lookaround and no backreferences)"
                else:
                    if any(pattern.matches_whole(encode(value)) for value in _ANYTHING):
                        problem = "allow_list holds a regex that allows anything, which would switch redaction off"
        if problem:
            raise ValueError(problem)
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
        if self.ner is not None:
            known += sorted(NER_LABELS.union(self.ner.labels.values()) - {IGNORE})
        for name in self.entities:
            if name in NER_LABELS and self.ner is None:
                message = f"entities names {name!r}, which needs a model: name its folder under [plugins.redaction.ner]"
                raise ValueError(message)
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
            CustomEntity(
                label,
                custom.regex,
                custom.deny_list,
                custom.context_words,
                custom.max_span,
                None if custom.checksum is None else checksum(custom.checksum),
            )
            for label, custom in self.custom.items()
        )
