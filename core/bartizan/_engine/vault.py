"""The pseudonyms of one session: value to placeholder and back, never outside the session."""

from __future__ import annotations

import os
import re
import secrets
from typing import TYPE_CHECKING, Any, Final

from bartizan._engine.locks import ForkSafeLock
from bartizan._errors import BartizanError
from bartizan._structured.values import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_TAG_LENGTH: Final = 12
"""56 bits: a placeholder typed by a user restores nothing, for its tag can't be guessed."""
MAX_PLACEHOLDER: Final = 64 + 20 + _TAG_LENGTH + 4
"""Characters: a label of at most 64, a counter, the tag and what is between them."""
MAX_VALUES: Final = 65_536
MAX_CHARACTERS: Final = 16 * 1024 * 1024
"""What one session remembers, values and placeholders together; a value beyond that gets a label, which restores nothing."""
_PLACEHOLDER: Final = re.compile(rf"<[A-Za-z][A-Za-z0-9_.:-]{{0,63}}_[0-9]{{1,19}}_[a-z]{{{_TAG_LENGTH}}}>")
"""Anyone's: which are the vault's own, its values say."""


class Vault:
    """Placeholders such as `<EMAIL_ADDRESS_1_kqzwhtplmnra>`: the same value has the same one for the session's life.

    New placeholders carry the vault's own tag. Those that it took over from an export keep the tag they were made with, and a forked
    child makes its own with a new tag: so no placeholder is ever given to two values, in whatever process.
    """

    __slots__ = ("_characters", "_counts", "_lock", "_pid", "_placeholders", "_tags", "_values", "tag")

    def __init__(self) -> None:
        self._placeholders: dict[str, str] = {}
        self._values: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._characters = 0
        self._lock = ForkSafeLock()
        self._tags: tuple[str, ...] = ()
        self.tag: str = ""
        """What new placeholders carry; made with the first, for most vaults never hold one."""
        self._pid = 0

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Vault(<{len(self)} values>)"

    @property
    def entries(self) -> Mapping[str, str]:
        """The values by placeholder: the mapping itself, which fills as the session goes on."""
        return self._values

    def copy(self) -> dict[str, str]:
        """The values by placeholder, as they are now."""
        with self._lock:
            return dict(self._values)

    def known(self, value: str) -> str | None:
        """The value's placeholder, if it has one."""
        return self._placeholders.get(value)

    def placeholder(self, label: str, value: str) -> str | None:
        """The value's placeholder; made now if it has none. None where the vault is full."""
        with self._lock:
            found = self._placeholders.get(value)
            if found is not None:
                return found
            if self._pid != os.getpid():
                self._take_new_tag()  # the parent goes on counting with the old one
            number = self._counts.get(label, 0) + 1
            found = f"<{label}_{number}_{self.tag}>"
            cost = len(found) + len(value)
            if len(self._values) >= MAX_VALUES or self._characters + cost > MAX_CHARACTERS:
                return None
            self._counts[label] = number
            self._characters += cost
            self._values[found] = value
            self._placeholders[value] = found
        return found

    def take_over(self, entries: Iterable[tuple[str, str]]) -> str:
        """Add placeholders that another vault made, all or none; what is wrong with them, in words free of data, or nothing.

        A value that has a placeholder here keeps it, and the other one restores too.
        """
        with self._lock:
            fresh: dict[str, str] = {}
            for placeholder, value in entries:
                if len(placeholder) > MAX_PLACEHOLDER or _PLACEHOLDER.fullmatch(placeholder) is None:
                    return "they hold a name that is no placeholder"
                if self._values.get(placeholder, value) != value:
                    return "they give one of this session's placeholders to another value"
                if placeholder not in self._values:
                    fresh[placeholder] = value
            characters = self._characters + sum(map(len, fresh)) + sum(map(len, fresh.values()))
            if len(self._values) + len(fresh) > MAX_VALUES or characters > MAX_CHARACTERS:
                return f"they are more than a session remembers ({MAX_VALUES:,} values, {MAX_CHARACTERS:,} characters)"
            self._characters = characters
            self._tags = tuple(dict.fromkeys((*self._tags, *(placeholder[-_TAG_LENGTH - 1 : -1] for placeholder in fresh))))
            for placeholder, value in fresh.items():
                self._values[placeholder] = value
                self._placeholders.setdefault(value, placeholder)
        return ""

    def spans(self, text: str, start: int = 0) -> list[tuple[int, int, str]]:
        """Where this vault's placeholders stand in a text, and the values they stand for."""
        if not self._values or not any(tag in text for tag in self._tags):
            return []
        found = ((m.start(), m.end(), self._values.get(m.group())) for m in _PLACEHOLDER.finditer(text, start))
        return [(a, b, value) for a, b, value in found if value is not None]

    def restore(self, text: str) -> str:
        """The text with every placeholder of this vault replaced by its value; other text, look-alikes included, is left alone."""
        if not self._values or not any(tag in text for tag in self._tags):
            return text
        return _PLACEHOLDER.sub(lambda m: self._values.get(m.group(), m.group()), text)

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
            self._characters = 0

    def _take_new_tag(self) -> None:
        self.tag = "".join(secrets.choice(_LETTERS) for _ in range(_TAG_LENGTH))
        self._pid = os.getpid()
        self._tags = (*self._tags, self.tag)


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
