"""CSV as it is written in the wild (RFC 4180, other delimiters and quotes): where records end, what fields they have, byte for byte.

A record is fields between delimiters, ended by CR LF, LF or CR. A field that begins with a quote ends with the next quote that is not
doubled; quotes within any other field are plain characters, as in Python's csv module. What does not fit is malformed, up to the end
of its line. All patterns are possessive: time is linear in the input.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bartizan.data._errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

CHUNK: Final = 256 * 1024
"""Bytes that are read, and judged, at once."""
MAX_RECORD: Final = 32 * 1024 * 1024
"""Bytes of one record; a quote that is never closed must not hold the whole file in memory."""
DELIMITERS: Final = ",;\t|"
_SAMPLED: Final = 50
_ENCODING: Final = re.compile(r"(utf_8|ascii|iso8859_\d+|latin_1|cp(125\d|437|85\d|86\d|720|737|775)|koi8_[rtu]|mac_\w+)")


def checked_encoding(name: str) -> str:
    """The codec's name.

    Raises:
        DataError: there is none, or its delimiters and line ends are not those of ASCII.
    """
    import codecs

    found = ""
    try:
        found = codecs.lookup(name).name.replace("-", "_")
    except (LookupError, ValueError):
        found = ""
    if not found:
        message = f"there is no encoding {name!r}: name one such as utf-8, cp1252 or latin-1"
        raise DataError(message)
    found = "utf_8" if found == "utf_8_sig" else found
    if not _ENCODING.fullmatch(found):
        message = f"files in {name!r} can't be read row by row here: convert the file to UTF-8 first"
        raise DataError(message)
    return found


@dataclass(frozen=True, slots=True)
class Dialect:
    """One character each, both ASCII."""

    delimiter: str = ","
    quote: str = '"'

    def pattern(self) -> str:
        """The fields of a record, without its end."""
        d, q = re.escape(self.delimiter), re.escape(self.quote)
        one = f"(?>{q}[^{q}]*+(?:{q}{q}[^{q}]*+)*+{q}|[^{q}{d}\r\n][^{d}\r\n]*+|)"
        return f"(?>{one}(?:{d}{one})*+)"

    def field(self) -> str:
        """One field: its group 1 where it is quoted."""
        d, q = re.escape(self.delimiter), re.escape(self.quote)
        return f"{q}([^{q}]*+(?:{q}{q}[^{q}]*+)*+){q}|[^{d}\r\n]*+"


class Records:
    """Finds the records of a dialect in bytes."""

    def __init__(self, dialect: Dialect) -> None:
        fields = dialect.pattern()
        self._whole = re.compile(f"(?:{fields}(?:\r\n?|\n))*+".encode("ascii"))
        self._next = re.compile(f"{fields}([^\r\n]*+)(?:\r\n?|\n)".encode("ascii"))
        self._quote = dialect.quote.encode("ascii")

    def chunks(self, stream: BinaryIO, size: int = CHUNK) -> Iterator[bytes]:
        """The rest of a stream in chunks of whole records; only the last may lack its line's end."""
        rest, wanted = b"", size
        while True:
            read = stream.read(wanted)
            buffer = rest + read
            end = self._end(buffer[:-1] if read.endswith(b"\r") else buffer)  # it may be half of CR LF
            if not read:
                if buffer:
                    yield buffer
                return
            if end == 0 and len(buffer) > MAX_RECORD:
                end = _line_end(buffer)  # malformed: a quote is left open
            if end:
                yield buffer[:end]
            rest = buffer[end:]
            wanted = max(size, len(rest))

    def _end(self, buffer: bytes) -> int:
        """Where the last record ends that can't go on."""
        end = 0
        while True:
            found = self._whole.match(buffer, end)
            end = end if found is None else found.end()
            odd = self._next.match(buffer, end)
            # What follows a closing quote is wrong whatever comes; an open one may still be closed.
            if odd is None or odd.group(1).startswith(self._quote):
                return end
            end = odd.end()


def _line_end(buffer: bytes) -> int:
    found = re.compile(rb"\r\n?|\n").search(buffer)
    return len(buffer) if found is None else found.end()


class Fields:
    """Reads the records of a dialect in decoded text."""

    def __init__(self, dialect: Dialect) -> None:
        self.delimiter, self._quote = dialect.delimiter, dialect.quote
        self._record = re.compile(f"({dialect.pattern()})([^\r\n]*+)(\r\n?|\n|\\Z)")
        self._field = re.compile(dialect.field())
        self._special = re.compile(f"[{re.escape(self.delimiter + self._quote)}\r\n]")

    def records(self, text: str) -> Iterator[tuple[str, str, str]]:
        """Each record: its fields as written, what is wrong in it, its line's end."""
        if not text:
            return
        size = len(text)
        for found in self._record.finditer(text):
            yield found.group(1), found.group(2), found.group(3)
            if found.end() == size:  # past it only an empty match is left
                return

    def split(self, body: str) -> list[str]:
        """The fields of a record as they are written."""
        if self._quote not in body:
            return body.split(self.delimiter)
        out, at, match = [], 0, self._field.match
        while True:
            found = match(body, at)
            at = at if found is None else found.end()
            out.append("" if found is None else found.group())
            if at >= len(body):
                return out
            at += 1

    def value(self, written: str) -> str:
        """What a field holds."""
        quote = self._quote
        return written[1:-1].replace(quote + quote, quote) if written.startswith(quote) else written

    def written(self, value: str, before: str) -> str:
        """A value in place of a field, quoted where that was, or where it must be."""
        quote = self._quote
        if before.startswith(quote) or self._special.search(value):
            return f"{quote}{value.replace(quote, quote + quote)}{quote}"
        return value


def sniffed(sample: str, quote: str) -> str:
    """The delimiter of a sample: the one that cuts most of its first records into one number of fields, two or more."""
    best, delimiter = (0.0, 0), ","
    for candidate in DELIMITERS:
        fields = Fields(Dialect(candidate, quote))
        widths: list[int] = []
        for body, odd, end in fields.records(sample):
            if len(widths) >= _SAMPLED:
                break
            if (body or odd) and (end or not widths):  # one without an end may be cut
                widths.append(0 if odd else len(fields.split(body)))
        if widths and widths[0] > 1:
            rank = (widths.count(widths[0]) / len(widths), widths[0])
            if rank > best:
                best, delimiter = rank, candidate
    return delimiter
