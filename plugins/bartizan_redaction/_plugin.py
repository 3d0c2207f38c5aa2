"""The plugin: which entities a policy wants, as one scanner."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from bartizan import Action, hookimpl
from bartizan_redaction._allow import allow_list
from bartizan_redaction._config import Config as _Config
from bartizan_redaction._entities import ENTITIES, GROUPS
from bartizan_redaction._ner import NameFinder, NameScanner
from bartizan_redaction._scanner import RedactionScanner

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bartizan import Context, Finding, Prompt, Response, Segment

CUSTOM_GROUP: Final = "custom"
NAMES_GROUP: Final = "names"
_PII: Final = "pii"
_STATE: Final = "bartizan_redaction.names"


class Redaction:
    """Finds personal data and secrets in prompts, responses, streams, documents and training data.

    All entities ask for REDACT; a policy's `actions` and `rules` say otherwise. Personal data in system text is noted only, for
    the application itself put it there; secrets are redacted there too.

    With a model for names (`ner`) it judges as a hook too, on prompts and answers, and holds streams until their end.
    """

    Config = _Config

    scanners: tuple[RedactionScanner] | tuple[RedactionScanner, NameScanner]
    groups: Mapping[str, frozenset[str]]
    labels: frozenset[str]
    enabled_hooks: frozenset[str]
    names: NameFinder | None
    """Finds names in texts, where a model is set."""
    asks_for: ClassVar[Action] = Action.REDACT
    default_rules: tuple[Mapping[str, object], ...] = ({"origins": ["system"], "labels": ["pii"], "action": "note"},)

    def __init__(self, config: _Config) -> None:
        chosen = config.chosen()
        custom = config.compiled()
        own = frozenset(entity.label for entity in custom)
        entities = [entity for entity in ENTITIES if entity.label in chosen]
        allowed = allow_list(config.allow_list)
        scanner = RedactionScanner(entities, custom, allowed)
        self.names = None if config.ner is None else NameFinder(config.ner, allowed)
        self.scanners = (scanner,) if self.names is None else (scanner, NameScanner(self.names))
        self.enabled_hooks = frozenset({"pre_prompt", "post_response"} if self.names is not None else ())
        names = frozenset() if self.names is None else self.names.labels
        self.labels = chosen | own | names
        self.groups = {**{name: labels & chosen for name, labels in GROUPS.items()}, CUSTOM_GROUP: own}
        if names:
            self.groups = {**self.groups, _PII: self.groups[_PII] | names, NAMES_GROUP: names}

    @hookimpl
    def pre_prompt(self, prompt: Prompt, context: Context) -> list[Finding]:
        """Names in what a model is about to be given."""
        return self._named(prompt.segments, context)

    @hookimpl
    def post_response(self, response: Response, context: Context) -> list[Finding]:
        """Names in what a model answered."""
        return self._named(response.segments, context)

    def _named(self, segments: Sequence[Segment], context: Context) -> list[Finding]:
        if self.names is None:
            return []
        places = [place for place, segment in enumerate(segments) if segment.text]
        found = self.names.find([segments[place].text for place in places], context.state.setdefault(_STATE, {}))
        return [replace(finding, segment=place) for place, own in zip(places, found, strict=True) for finding in own]

    def __repr__(self) -> str:
        return f"Redaction({len(self.labels)} labels)"
