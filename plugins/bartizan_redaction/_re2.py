r"""The raw binding of google-re2, typed and in one place: linear-time matching over UTF-8 bytes.

The package's own wrapper costs more per call than a short text takes to match, so its binding is called directly. Offsets are in
BYTES here; whoever calls maps them (`char_length`, `byte_length`). Context outside [pos, endpos) counts for `^`, `$` and `\b`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol, cast

from re2 import _re2 as _raw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    class _RawPattern(Protocol):
        def Match(self, anchor: object, text: bytes, pos: int, endpos: int) -> Sequence[tuple[int, int]]: ...  # noqa: N802

    class _RawSet(Protocol):
        def Match(self, text: bytes) -> list[int]: ...  # noqa: N802


_UNANCHORED: Final = _raw.RE2.Anchor.UNANCHORED
_ANCHORED: Final = _raw.RE2.Anchor.ANCHOR_START
_WHOLE: Final = _raw.RE2.Anchor.ANCHOR_BOTH
_GATE_MEMORY: Final = 64 << 20


class PatternError(ValueError):
    """RE2 can't compile the pattern. The message holds no part of it."""


def encode(text: str) -> bytes:
    """UTF-8 with one `?` for each lone surrogate, so that characters still correspond one to one."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def char_length(raw: bytes, start: int, end: int) -> int:
    """How many characters the bytes from `start` to `end` are."""
    return int(_raw.BytesToCharLen(raw, start, end))


def byte_length(raw: bytes, start: int, characters: int) -> int:
    """How many bytes the next `characters` characters from byte `start` are."""
    return int(_raw.CharLenToBytes(raw, start, characters))


def quote(value: str) -> str:
    """The value as a pattern that matches just it."""
    return cast("bytes", _raw.RE2.QuoteMeta(value.encode())).decode()


class Pattern:
    """One compiled pattern. Safe to share between threads."""

    __slots__ = ("_match", "_pattern")

    def __init__(self, pattern: str) -> None:
        options = _raw.RE2.Options()
        options.log_errors = False
        options.never_capture = True
        compiled = None
        # The binding's own errors name the pattern: they may not even become the context of ours.
        with suppress(UnicodeEncodeError, _raw.Error):
            compiled = _raw.RE2(pattern.encode(), options)
        if compiled is None or not compiled.ok():
            message = "the pattern is not one that RE2 can compile (it has no lookaround and no backreferences)"
            raise PatternError(message)
        self._pattern: _RawPattern = compiled
        self._match: Callable[[object, bytes, int, int], Sequence[tuple[int, int]]] = self._pattern.Match

    def search(self, raw: bytes, pos: int, endpos: int) -> tuple[int, int] | None:
        """The leftmost match in [pos, endpos), in bytes."""
        span = self._match(_UNANCHORED, raw, pos, endpos)[0]
        return None if span[0] < 0 else span

    def match(self, raw: bytes, pos: int, endpos: int) -> tuple[int, int] | None:
        """The match that begins at `pos`, in bytes."""
        span = self._match(_ANCHORED, raw, pos, endpos)[0]
        return None if span[0] < 0 else span

    def matches_whole(self, raw: bytes) -> bool:
        """Whether it matches the whole of `raw`."""
        span = self._match(_WHOLE, raw, 0, len(raw))[0]
        return span[0] >= 0


class Gate:
    """Many patterns asked at once: which of them match anywhere in a text."""

    __slots__ = ("_all", "_any", "_set")

    def __init__(self, patterns: Iterable[str]) -> None:
        listed = list(patterns)
        options = _raw.RE2.Options()
        options.log_errors = False
        options.never_capture = True
        options.max_mem = _GATE_MEMORY
        self._any = Pattern("|".join(f"(?:{pattern})" for pattern in listed))
        members = _raw.Set(_UNANCHORED, options)
        for pattern in listed:
            members.Add(pattern.encode())
        members.Compile()
        self._set: _RawSet = members
        self._all = list(range(len(listed)))

    def hits(self, raw: bytes) -> list[int]:
        """The indexes of the patterns that match somewhere in `raw`."""
        if self._any.search(raw, 0, len(raw)) is None:
            return []
        # A set that runs out of memory answers with nothing, and says so only in a log: then all of them count as hit.
        return self._set.Match(raw) or self._all
