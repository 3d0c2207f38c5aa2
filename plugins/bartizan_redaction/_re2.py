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
        def Match(self, anchor: object, text: bytes, pos: int, endpos: int) -> Sequence[tuple[int, int]]: ...  # noqa: N802 (the binding names it so)


_UNANCHORED: Final = _raw.RE2.Anchor.UNANCHORED
_ANCHORED: Final = _raw.RE2.Anchor.ANCHOR_START
_WHOLE: Final = _raw.RE2.Anchor.ANCHOR_BOTH
_UNION_MEMORY: Final = 128 << 20


class PatternError(ValueError):
    """RE2 can't compile the pattern. The message holds no part of it."""


def encode(text: str) -> bytes:
    """UTF-8 with one `?` for each lone surrogate, so that characters still correspond one to one."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def encode_latin_1(text: str) -> bytes:
    """One byte for each character: `?` for those beyond Latin-1."""
    return text.encode("latin-1", "replace")


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


class Union:
    """Many patterns as one, over Latin-1: one byte for each character, so that no offset needs mapping."""

    __slots__ = ("_match",)

    def __init__(self, *families: Iterable[str]) -> None:
        options = _raw.RE2.Options()
        options.log_errors = False
        options.never_capture = True
        options.max_mem = _UNION_MEMORY
        options.encoding = _raw.RE2.Options.Encoding.LATIN1
        compiled = _raw.RE2("|".join(f"(?:{pattern})" for family in families for pattern in family).encode("latin-1"), options)
        if not compiled.ok():
            message = "the patterns are not ones that RE2 can compile"
            raise PatternError(message)
        pattern: _RawPattern = compiled
        self._match: Callable[[object, bytes, int, int], Sequence[tuple[int, int]]] = pattern.Match

    def find(self, raw: bytes, pos: int, endpos: int) -> int:
        """Where the leftmost match in [pos, endpos) begins; -1 if there is none."""
        return self._match(_UNANCHORED, raw, pos, endpos)[0][0]

    def matches_whole(self, raw: bytes) -> bool:
        """Whether one of them matches the whole of `raw`."""
        return self._match(_WHOLE, raw, 0, len(raw))[0][0] >= 0
