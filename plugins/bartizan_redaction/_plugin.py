"""The plugin: which entities a policy wants, as one scanner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bartizan_redaction._allow import allow_list
from bartizan_redaction._config import Config as _Config
from bartizan_redaction._entities import ENTITIES, GROUPS
from bartizan_redaction._scanner import RedactionScanner

if TYPE_CHECKING:
    from collections.abc import Mapping

CUSTOM_GROUP: Final = "custom"


class Redaction:
    """Finds personal data and secrets in prompts, responses, streams, documents and training data.

    All entities ask for REDACT; a policy's `actions` and `rules` say otherwise. Personal data in system text is noted only, for
    the application itself put it there; secrets are redacted there too.
    """

    Config = _Config

    scanners: tuple[RedactionScanner, ...]
    groups: Mapping[str, frozenset[str]]
    labels: frozenset[str]
    default_rules: tuple[Mapping[str, object], ...] = ({"origins": ["system"], "labels": ["pii"], "action": "note"},)

    def __init__(self, config: _Config) -> None:
        chosen = config.chosen()
        custom = config.compiled()
        own = frozenset(entity.label for entity in custom)
        entities = [entity for entity in ENTITIES if entity.label in chosen]
        self.scanners = (RedactionScanner(entities, custom, allow_list(config.allow_list)),)
        self.labels = chosen | own
        self.groups = {**{name: labels & chosen for name, labels in GROUPS.items()}, CUSTOM_GROUP: own}

    def __repr__(self) -> str:
        return f"Redaction({len(self.labels)} labels)"
