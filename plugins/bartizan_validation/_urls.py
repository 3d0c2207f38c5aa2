"""Whether a URL in an answer leads to a host that is not allowed.

Read as browsers read it (WHATWG URL Standard: backslashes are slashes, tabs and newlines vanish, any number of slashes after the
scheme), in each way a renderer may have read it before (CommonMark 6.1 and 2.5: backslash escapes and character references). One
reading that leads away is enough.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bartizan_validation._hosts import Hosts

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_WITH_HOST: Final = frozenset({"http", "https", "ftp", "ftps", "sftp", "ws", "wss", "file", "smb", "gopher"})
_ACTIVE: Final = frozenset({"javascript", "vbscript"})
_SLASHES: Final = "/\\"
_EDGE: Final = "".join(map(chr, range(0x21)))
_VANISHING: Final = str.maketrans("", "", "\t\n\r")
_ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_STOP: Final = re.compile(r"[\s<>]")
_NEWLINE: Final = re.compile(r"[\r\n][\s>]*")
_AUTHORITY_END: Final = re.compile("[/?#]")
_PORT: Final = re.compile(r":\d*\Z")
_SCHEME_SO_FAR: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*)?")
_HEAD: Final = 80
"""Characters that decide nearly every URL, so that a long one costs no more."""


def leads_away(raw: str, hosts: Hosts) -> bool:
    """Whether what stands in the place of a URL (a title may follow) leads to a host that is not allowed.

    Relative URLs and schemes without a host (data, mailto, cid) stay.
    """
    raw = raw.lstrip(_EDGE).lstrip("<").lstrip(_EDGE)
    return _judged(raw, _places, hosts)


def value_leads_away(value: str, hosts: Hosts) -> bool:
    """The same for an attribute's value, which holds nothing but the URL."""
    return _judged(value, _values, hosts)


def _judged(text: str, readings: Callable[[str], Iterator[tuple[str, bool]]], hosts: Hosts) -> bool:
    """By the head of the text, if every reading is decided there, else by all of it."""
    head = _head(text)
    if head is not None:
        decided = True
        for url, whole in readings(head):
            away = _away(url, hosts, whole=whole)
            if away:
                return True
            decided = decided and away is not None
        if decided:
            return False
    return any(_away(url, hosts, whole=True) for url, _ in readings(text))


def _head(text: str) -> str | None:
    """The beginning of a long text, cut where no backslash escape or character reference is; None: read all of it."""
    if len(text) <= 2 * _HEAD:
        return None
    if text.find("&", 0, _HEAD) < 0:
        return text[:_HEAD].rstrip("\\")
    cut = text.find("&", _HEAD)  # none goes on beyond the next one
    return None if cut < 0 or text[cut - 1] == "\\" else text[:cut]


def _places(text: str) -> Iterator[tuple[str, bool]]:
    """What a markdown destination may be read as, each with whether it ends within the text."""
    yield from _place(text)
    joined = _NEWLINE.sub("", text).translate(_VANISHING)
    if joined != text:
        yield from _place(joined)


def _place(text: str) -> Iterator[tuple[str, bool]]:
    stop = _STOP.search(text)
    url = text if stop is None else text[: stop.start()]
    yield url, stop is not None
    for reading in _decoded(url) - {url}:
        yield reading, stop is not None


def _decoded(url: str) -> set[str]:
    if "&" not in url:
        return {_ESCAPE.sub(r"\1", url)} if "\\" in url else set()
    decoded, unescaped = unescape(url), _ESCAPE.sub(r"\1", url)
    return {decoded, unescaped, unescape(unescaped), _ESCAPE.sub(r"\1", decoded)}


def _values(value: str) -> Iterator[tuple[str, bool]]:
    yield value, False
    for reading in {unescape(value), _NEWLINE.sub("", value)} - {value}:
        yield reading, False


def _away(url: str, hosts: Hosts, *, whole: bool) -> bool | None:
    """Whether the URL leads away; None where it is not whole and what follows could tell."""
    url = url.strip(_EDGE).translate(_VANISHING)
    if not whole:
        url = url.rstrip("\\")  # which may be the first half of an escape
    scheme = _SCHEME.match(url)
    name, rest = "", url
    if scheme is not None:
        name, rest = scheme.group(1).lower(), url[scheme.end() :]
        if name in _ACTIVE:
            return True
    if not whole and (len(rest) < 2 or (scheme is None and _SCHEME_SO_FAR.fullmatch(url))):  # noqa: PLR2004 (two slashes)
        return None
    if name not in _WITH_HOST and not _slashed(rest):
        return False
    rest = rest.lstrip(_SLASHES)
    authority = _AUTHORITY_END.split(rest, 1)[0]
    if "@" in authority or "\\" in authority:  # read in two ways, or meant to mislead
        return True
    if not whole and len(authority) == len(rest):
        return None
    return not hosts.allows(_PORT.sub("", authority))


def _slashed(text: str) -> bool:
    return len(text) > 1 and text[0] in _SLASHES and text[1] in _SLASHES
