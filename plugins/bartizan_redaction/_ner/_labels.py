"""Which entity each label of a model means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bartizan import PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping

IGNORE: Final = "ignore"
"""What a policy maps a label to that is nothing to redact."""
OUTSIDE: Final = "O"

DEFAULT_LABELS: Final = {
    "PER": "PERSON",
    "PERS": "PERSON",
    "PERSON": "PERSON",
    "ORG": "ORGANIZATION",
    "ORGANIZATION": "ORGANIZATION",
    "ORGANISATION": "ORGANIZATION",
    "LOC": "LOCATION",
    "LOCATION": "LOCATION",
    "GPE": "LOCATION",
    "FAC": "LOCATION",
} | dict.fromkeys(
    [
        *("MISC", "NORP", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW", "LANGUAGE", "DATE", "TIME", "PERCENT", "MONEY"),
        *("QUANTITY", "ORDINAL", "CARDINAL"),
    ],
    IGNORE,
)
"""CoNLL-2003 (Tjong Kim Sang and De Meulder, 2003) and OntoNotes 5 (Weischedel et al., 2013), in Presidio's names."""

NER_LABELS: Final = frozenset({"PERSON", "ORGANIZATION", "LOCATION"})
"""The entities that models find where a policy maps no labels of its own."""

_PREFIXES: Final = frozenset("BIESLU")
_BEGINNINGS: Final = frozenset("BSU")


def kind_of(label: str) -> tuple[str, bool]:
    """A model's label without the scheme's prefix (IOB, IOBES, BILOU), and whether it begins a name."""
    prefix, sign, kind = label.partition("-")
    return (kind, prefix in _BEGINNINGS) if sign and prefix in _PREFIXES else (label, False)


class LabelMap:
    """The entities that a model can find, and which of its classes speak for each."""

    def __init__(self, classes: Mapping[int, str], own: Mapping[str, str]) -> None:
        """Map the model's classes by the policy's labels, and by the known ones where it has none.

        Raises:
            PolicyError: a class is mapped nowhere, the policy maps one that the model does not have, or nothing is left to find.
        """
        kinds = {index: kind_of(label) for index, label in classes.items()}
        known = {kind for kind, _ in kinds.values()} - {OUTSIDE}
        missing = sorted(set(own) - known)
        if missing:
            message = f"plugins.redaction.ner.labels names {missing[0]!r}, which the model doesn't have: it has {_listed(known)}"
            raise PolicyError(message)
        said = {kind: own.get(kind) or DEFAULT_LABELS.get(kind.upper()) for kind in known}
        unknown = sorted(kind for kind, entity in said.items() if entity is None)
        if unknown:
            message = (
                f"plugins.redaction.ner.labels must say what the model's {_listed(unknown)} mean: an entity such as PERSON, "
                f"or {IGNORE!r}"
            )
            raise PolicyError(message)
        names = sorted({entity for entity in said.values() if entity is not None} - {IGNORE})
        if not names:
            message = f"plugins.redaction.ner.labels leaves nothing to find: the model has {_listed(known)}"
            raise PolicyError(message)
        self.entities: tuple[str, ...] = tuple(names)
        self.begins: tuple[tuple[int, ...], ...] = tuple(self._classes(kinds, said, name, begins=True) for name in names)
        self.inside: tuple[tuple[int, ...], ...] = tuple(self._classes(kinds, said, name, begins=False) for name in names)

    @staticmethod
    def _classes(
        kinds: Mapping[int, tuple[str, bool]], said: Mapping[str, str | None], entity: str, *, begins: bool
    ) -> tuple[int, ...]:
        return tuple(index for index, (kind, first) in kinds.items() if said.get(kind) == entity and first is begins)


def _listed(names: set[str] | list[str]) -> str:
    return ", ".join(sorted(names)) or "no label but O"
