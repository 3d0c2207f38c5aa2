r"""Input and output validation for Bartizan: `[plugins.validation]` in the policy, or `Guard(plugins=[Validation(Config(...))])`.

    [plugins.validation]
    max_chars = 20_000
    deny_list = ['project\s+bluebird']
    allowed_hosts = ["*.example.com"]

Each label of a finding is a constant here.
"""

from __future__ import annotations

from bartizan_validation._config import Config
from bartizan_validation._labels import (
    ANSI_ESCAPE,
    BIDI_CONTROL,
    CONTROL_CHARACTER,
    DENIED_PATTERN,
    INVALID_JSON,
    INVISIBLE_CHARACTER,
    MARKDOWN_IMAGE,
    MARKDOWN_LINK,
    MARKDOWN_REFERENCE,
    PROMPT_TOO_LONG,
    SCHEMA_MISMATCH,
    SCRIPT_NOT_ALLOWED,
    TAG_CHARACTER,
    TOO_MANY_SEGMENTS,
)
from bartizan_validation._plugin import Validation

__all__ = [
    "ANSI_ESCAPE",
    "BIDI_CONTROL",
    "CONTROL_CHARACTER",
    "DENIED_PATTERN",
    "INVALID_JSON",
    "INVISIBLE_CHARACTER",
    "MARKDOWN_IMAGE",
    "MARKDOWN_LINK",
    "MARKDOWN_REFERENCE",
    "PROMPT_TOO_LONG",
    "SCHEMA_MISMATCH",
    "SCRIPT_NOT_ALLOWED",
    "TAG_CHARACTER",
    "TOO_MANY_SEGMENTS",
    "Config",
    "Validation",
]
