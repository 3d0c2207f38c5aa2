"""The plugin's part of the policy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_serializer, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from bartizan_validation._hosts import check_host
from bartizan_validation._patterns import compiled, matches_nothing
from bartizan_validation._scripts import check_script

Limit = Annotated[int, Field(ge=1)] | Literal["unlimited"]
_SINGLE_BYTE: Final = re.compile(r"(?<!\\)(?:\\\\)*\\C")


class Config(BaseModel):
    """`[plugins.validation]`: everything is on by default but what needs to be told what to look for."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    max_chars: Annotated[Limit, Field(description='Characters of a prompt, all segments together; or "unlimited".')] = 100_000
    max_segments: Annotated[Limit, Field(description='Segments of a prompt; or "unlimited".')] = 1_000

    control_characters: Annotated[bool, Field(description="C0, C1 and DEL, but tab, LF, CR and NEL.")] = True
    ansi_escapes: Annotated[bool, Field(description="Terminal escape sequences.")] = True
    invisible_characters: Annotated[bool, Field(description="Characters without a glyph where they have no use.")] = True
    bidi_controls: Annotated[bool, Field(description="Embeddings, overrides and isolates that reorder text.")] = True
    tag_characters: Annotated[bool, Field(description="U+E0000 to U+E007F, but in the flags of UTS #51.")] = True

    deny_list: Annotated[tuple[str, ...], Field(description="RE2 patterns, any case, that may not occur.")] = ()
    deny_max_span: Annotated[int, Field(ge=1, le=4_096, description="Characters a match may take; streams hold them.")] = 256
    allowed_scripts: Annotated[tuple[str, ...], Field(description='Unicode scripts of prompts: "Latin"; empty: all.')] = ()

    markdown_images: Annotated[bool, Field(description="Images in answers, and references that may be images.")] = True
    check_links: Annotated[bool, Field(description="Links in answers.")] = False
    allowed_hosts: Annotated[tuple[str, ...], Field(description="Where they may lead: example.com, *.example.com.")] = ()

    response_schema: Annotated[Path | None, Field(description="File of the JSON Schema that answers must meet.")] = None
    response_model: Annotated[SkipJsonSchema[type[BaseModel]] | None, Field(description="From Python: a pydantic model.")] = None

    @field_validator("deny_list")
    @classmethod
    def _patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for number, pattern in enumerate(patterns, 1):
            try:
                empty = matches_nothing(compiled(pattern, ignore_case=True))
            except ValueError as error:
                problem = str(error)
            else:
                problem = "matches the empty text, so it would match everywhere" if empty else ""
            if not problem and _SINGLE_BYTE.search(pattern):
                problem = r"has \C, which takes half a character: use (?s:.)"
            if problem:
                message = f"entry {number} {problem}"
                raise ValueError(message)
        return patterns

    @field_validator("allowed_scripts")
    @classmethod
    def _scripts(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(check_script, names))

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(check_host, entries))

    @field_serializer("response_model")
    def _model_name(self, model: type[BaseModel] | None) -> str | None:
        return None if model is None else f"{model.__module__}.{model.__qualname__}"

    @model_validator(mode="after")
    def _one_shape(self) -> Config:
        if self.response_schema is not None and self.response_model is not None:
            message = "give response_schema or response_model, not both"
            raise ValueError(message)
        return self
