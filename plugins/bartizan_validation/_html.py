"""HTML in markdown: elements that load something, and styles that do.

Tags are read as browsers read them (WHATWG HTML Standard, 13.2.5), attribute by attribute, within `REACH` characters.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final, NamedTuple

from bartizan_validation._spans import REACH, Span
from bartizan_validation._urls import value_leads_away

if TYPE_CHECKING:
    from bartizan_validation._hosts import Hosts

LOADING: Final = frozenset(
    {
        "applet",
        "audio",
        "base",
        "bgsound",
        "body",
        "embed",
        "feimage",
        "frame",
        "iframe",
        "image",
        "img",
        "input",
        "link",
        "meta",
        "object",
        "param",
        "source",
        "track",
        "use",
        "video",
    }
)
"""Not `script`: a renderer that runs scripts is lost with or without their source."""
LINKING: Final = frozenset({"a", "area"})
_NAME: Final = re.compile(r"<([A-Za-z][^\s/>]*)")
_NAME_SO_FAR: Final = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.-]{0,31})?")
_ATTRIBUTE: Final = re.compile(
    # A quote that is not closed takes the rest: the tag has no end yet.
    r"""[\s/]*+(?!>)(=?[^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"?+|'([^']*+)'?+|([^\s>]*+)))?+""",
)
_SPACE: Final = re.compile(r"[\s/]*")
_QUOTED_LINE: Final = re.compile(r"[\s\d.)*+-]*>")
_QUOTE_GOES_ON: Final = re.compile(r"\n[ \t]*>")
_CONTINUED: Final = re.compile(r"\n[ \t>]*")
_MAX_ATTRIBUTES: Final = 48
_TEXT_ONLY: Final = frozenset({"alt", "title", "class", "id", "name", "lang", "dir", "role", "width", "height", "xmlns"})
_MAY_LEAD: Final = re.compile(r"[:/\\&]")
"""What a URL with a host has: a scheme, slashes, or a reference that spells them."""
_ONE_URL: Final = frozenset({"src", "href", "xlink:href", "poster", "data", "background", "lowsrc", "dynsrc"})
_DATA: Final = re.compile(r"""(?i:data:)[^\s()"']*""")
_PARTS: Final = re.compile(r"""[\s,;("')]+""")
_VALUE: Final = re.compile(r"""\s*+(?:"([^"]*+)"|'([^']*+)'|(?!["'])([^\s>]*+))""")


class Tag(NamedTuple):
    """A tag's name in lower case, and how far it reaches."""

    name: str
    span: Span


def tag(text: str, at: int, hosts: Hosts | None) -> Tag | None:
    """The loading or linking element whose tag begins at `at`; None where there is none."""
    limit = min(len(text), at + REACH)
    named = _NAME.match(text, at, limit)
    name = "" if named is None else named.group(1).lower()
    if named is None or (name not in LOADING and name not in LINKING):
        return None
    only = "href" if name in LINKING else None
    span = _attributes(text, named.end(), limit, only, hosts)
    if _QUOTE_GOES_ON.search(text, at, limit) is not None and _in_quote(text, at):
        # The marks of the block quote are not part of the tag, yet look like its end.
        unmarked = _CONTINUED.sub(lambda line: line.group().replace(">", " "), text[at:limit])
        other = _attributes(unmarked, named.end() - at, limit - at, only, hosts)
        span = Span(max(span.end, other.end + at), span.away or other.away, span.settled and other.settled)
    if not span.settled and (limit == at + REACH or span.end < limit):
        # No end in sight: what it would load can't be seen. Only the opening is taken, which is enough to undo it.
        return Tag(name, Span(named.end(), away=True, settled=True))
    return Tag(name, span)


def name_may_go_on(text: str, at: int) -> bool:
    """Whether the text ends within what may become the name of such an element."""
    name = _NAME_SO_FAR.match(text, at)
    return name is not None and name.end() == len(text)


def style(text: str, name: str, at: int, hosts: Hosts | None) -> Span:
    """The value of a `style` or `background` attribute (or of one whose name is out of sight), from `at`, after its `=`."""
    limit = min(len(text), at + REACH)
    cut = limit == at + REACH
    value = _VALUE.match(text, at, limit)
    if value is None:  # an open quote
        return Span(limit, away=cut, settled=cut)
    settled = cut or value.end() < limit or value.group(3) is None
    if value.end() == limit and cut:
        return Span(limit, away=True, settled=True)
    if hosts is None:
        return Span(value.end(), away=False, settled=settled)
    content = unescape(next((group for group in value.groups() if group is not None), ""))
    away = name.lower() != "style" and value_leads_away(content, hosts)
    if name.lower() != "background" and "(" in content:  # a backslash may spell any character of CSS
        away = away or "\\" in content or _parts_lead_away(content, hosts)
    return Span(value.end(), away, settled)


def _attributes(text: str, at: int, limit: int, only: str | None, hosts: Hosts | None) -> Span:
    """Attributes up to the tag's end; `only` names the one that counts, None all that could load something.

    Not settled: the tag goes on at `limit`, or (ending before it) has more attributes than any tag needs.
    """
    away = False
    for _ in range(_MAX_ATTRIBUTES):
        found = _ATTRIBUTE.match(text, at, limit)
        end = at if found is None else found.end()
        if found is not None and end > at:
            value = found.group(2) or found.group(3) or found.group(4) or ""
            away = away or _loads(found.group(1).lower(), value, only, hosts)
        if found is None or end in {at, limit}:
            break
        at = end
    else:
        return Span(at, away, settled=False)
    at = _skip(text, at, limit)
    if at < limit and text[at] == ">":
        return Span(at + 1, away, settled=True)
    return Span(limit, away, settled=False)


def _skip(text: str, at: int, limit: int) -> int:
    space = _SPACE.match(text, at, limit)
    return at if space is None else space.end()


def _loads(name: str, value: str, only: str | None, hosts: Hosts | None) -> bool:
    if (
        hosts is None
        or not value
        or name in _TEXT_ONLY
        or name.startswith(("aria-", "xmlns:"))
        or (only is not None and name != only)
    ):
        return False
    return value_leads_away(value, hosts) or (name not in _ONE_URL and _parts_lead_away(unescape(value), hosts))


def _parts_lead_away(content: str, hosts: Hosts) -> bool:
    """Lists of candidates (srcset), styles, and the target of a refresh hold URLs among other words."""
    parts = _PARTS.split(_DATA.sub("", content))
    return any(value_leads_away(part[4:] if part[:4].lower() == "url=" else part, hosts) for part in parts)


def _in_quote(text: str, at: int) -> bool:
    """Whether the line is in a block quote, or too long to tell."""
    floor = max(0, at - REACH)
    line = text.rfind("\n", floor, at)
    if line < 0:
        return floor > 0 or _QUOTED_LINE.match(text, 0, at) is not None
    return _QUOTED_LINE.match(text, line + 1, at) is not None
