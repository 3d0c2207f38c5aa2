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


def leads_away(raw: str, hosts: Hosts) -> bool:
    """Whether what stands in the place of a URL (a title may follow) leads to a host that is not allowed.

    Relative URLs and schemes without a host (data, mailto, cid) stay.
    """
    raw = raw.lstrip(_EDGE).lstrip("<").lstrip(_EDGE)
    joined = _NEWLINE.sub("", raw).translate(_VANISHING)
    return any(_away(reading, hosts) for text in {raw, joined} for reading in _readings(_STOP.split(text, 1)[0]))


def value_leads_away(value: str, hosts: Hosts) -> bool:
    """The same for an attribute's value, which holds nothing but the URL."""
    return any(_away(reading, hosts) for reading in {value, unescape(value), _NEWLINE.sub("", value)})


def _readings(url: str) -> set[str]:
    if "&" not in url and "\\" not in url:
        return {url}
    decoded, unescaped = unescape(url), _ESCAPE.sub(r"\1", url)
    return {url, decoded, unescaped, unescape(unescaped), _ESCAPE.sub(r"\1", decoded)}


def _away(url: str, hosts: Hosts) -> bool:
    url = url.strip(_EDGE).translate(_VANISHING)
    scheme = _SCHEME.match(url)
    rest = url
    if scheme is not None:
        name = scheme.group(1).lower()
        if name in _ACTIVE:
            return True
        rest = url[scheme.end() :]
        if name not in _WITH_HOST and not _slashed(rest):
            return False
    elif not _slashed(rest):
        return False
    authority = _AUTHORITY_END.split(rest.lstrip(_SLASHES), 1)[0]
    if "@" in authority or "\\" in authority:  # read in two ways, or meant to mislead
        return True
    return not hosts.allows(_PORT.sub("", authority))


def _slashed(text: str) -> bool:
    return len(text) > 1 and text[0] in _SLASHES and text[1] in _SLASHES
