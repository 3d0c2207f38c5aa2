"""The pseudonyms of one session: value to placeholder and back, never outside the session."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any, Final

from bartizan._engine.locks import ForkSafeLock
from bartizan._errors import BartizanError
from bartizan._structured.values import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Mapping

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_TAG_LENGTH: Final = 12
"""56 bits: a placeholder typed by a user restores nothing, for its tag can't be guessed."""
MAX_PLACEHOLDER: Final = 64 + 20 + _TAG_LENGTH + 4
"""Characters: a label of at most 64, a counter, the tag and what is between them."""


class Vault:
    """Placeholders such as `<EMAIL_ADDRESS_1_kqzwhtplmnra>`: the same value has the same one for the session's life."""

    __slots__ = ("_counts", "_lock", "_pattern", "_placeholders", "_values", "tag")

    def __init__(self) -> None:
        self.tag: str = "".join(secrets.choice(_LETTERS) for _ in range(_TAG_LENGTH))
        self._pattern = re.compile(rf"<[A-Za-z][A-Za-z0-9_.:-]{{0,63}}_[0-9]{{1,19}}_{self.tag}>")
        self._placeholders: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._lock = ForkSafeLock()

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Vault(<{len(self)} values>)"

    @property
    def entries(self) -> Mapping[str, str]:
        """The values by placeholder: the mapping itself, which fills as the session goes on."""
        return self._values

    def known(self, value: str) -> str | None:
        """The value's placeholder, if it has one."""
        return self._placeholders.get(value)

    def placeholder(self, label: str, value: str) -> str:
        """The value's placeholder; made now if it has none."""
        with self._lock:
            found = self._placeholders.get(value)
            if found is None:
                number = self._counts[label] = self._counts.get(label, 0) + 1
                found = f"<{label}_{number}_{self.tag}>"
                self._values[found] = value
                self._placeholders[value] = found
        return found

    def spans(self, text: str, start: int = 0) -> list[tuple[int, int, str]]:
        """Where this vault's placeholders stand in a text, and the values they stand for."""
        if not self._values or self.tag not in text:
            return []
        found = ((m.start(), m.end(), self._values.get(m.group())) for m in self._pattern.finditer(text, start))
        return [(a, b, value) for a, b, value in found if value is not None]

    def restore(self, text: str) -> str:
        """The text with every placeholder of this vault replaced by its value; other text, look-alikes included, is left alone."""
        if not self._values or self.tag not in text:
            return text
        return self._pattern.sub(lambda m: self._values.get(m.group(), m.group()), text)

    def restore_values(self, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """Structured values with the placeholders in their strings restored; keys stay as they are."""
        if not self._values:
            return args
        return {key: self._restored(value, 1) for key, value in args.items()}

    def _restored(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self.restore(value)
        if depth > MAX_DEPTH:
            message = f"arguments are nested more than {MAX_DEPTH} levels deep: they can't be restored"
            raise BartizanError(message)
        if isinstance(value, dict):
            return {key: self._restored(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self._restored(item, depth + 1) for item in value) if type(value) in {list, tuple} else value
        return value

    def clear(self) -> None:
        """Forget every value."""
        with self._lock:
            self._values.clear()
            self._placeholders.clear()


class VaultScanner:
    """Finds a vault's placeholders in a stream, so that restoring holds however the stream is cut."""

    max_span = MAX_PLACEHOLDER
    lookaround = 0
    pointwise = True

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def spans(self, text: str, start: int) -> list[tuple[int, int, str]]:
        """Placeholders that begin at or after `start`."""
        return self._vault.spans(text, start)

    @staticmethod
    def pending(text: str, start: int) -> int:
        """A placeholder holds no `<` of its own, so only the last one can still begin one."""
        opened = text.rfind("<", start)
        return len(text) if opened < 0 or ">" in text[opened:] or len(text) - opened > MAX_PLACEHOLDER else opened
