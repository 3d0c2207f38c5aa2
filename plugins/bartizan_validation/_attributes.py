"""The attributes of HTML tags: where they end, and which of them load something from a host that is not allowed."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final

from bartizan_validation._urls import value_leads_away

if TYPE_CHECKING:
    from bartizan_validation._hosts import Hosts

_MAX_ATTRIBUTES: Final = 48
_ATTRIBUTE: Final = re.compile(
    # A quote that is not closed takes the rest: the tag has no end yet.
    r"""[\s/]*+(?!>)(=?[^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"?+|'([^']*+)'?+|([^\s>]*+)))?+""",
)
_ANY: Final = r"""[\s/]*+(?!>)=?[^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"?+|'[^']*+'?+|[^\s>]*+))?+"""
_TOO_MANY: Final = re.compile(f"(?:{_ANY}){{{_MAX_ATTRIBUTES}}}")
"""Or as many as there are, where they reach the end: the empty attribute repeats there."""
_WHOLE: Final = re.compile(rf"(?:{_ANY})*+[\s/]*>")
_TEXT_ONLY: Final = frozenset({"alt", "title", "class", "id", "name", "lang", "dir", "role", "width", "height", "xmlns"})
_ONE_URL: Final = frozenset({"src", "href", "xlink:href", "poster", "data", "background", "lowsrc", "dynsrc"})
_MAY_LEAD: Final = re.compile(r"[:/\\&]")
"""What a URL with a host has: a scheme, slashes, or a reference that spells them."""
_DATA: Final = re.compile(r"""(?i:data:)[^\s()"']*""")
_PARTS: Final = re.compile(r"""[\s,;("')]+""")


class Values:
    """Judges attributes' values; parts that many values share are judged once."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._parts: dict[str, bool] = {}

    def loads(self, name: str, value: str) -> bool:
        """Whether an attribute, named in lower case, loads something from elsewhere."""
        if name in _TEXT_ONLY or name.startswith(("aria-", "xmlns:")) or _MAY_LEAD.search(value) is None:
            return False
        return self.lead_away(value) or (name not in _ONE_URL and self.parts_lead_away(unescape(value)))

    def lead_away(self, value: str) -> bool:
        """Whether the value is a URL that leads away."""
        return value_leads_away(value, self._hosts)

    def parts_lead_away(self, content: str) -> bool:
        """Lists of candidates (srcset), styles, and the target of a refresh hold URLs among other words."""
        if "data:" in content.lower():
            content = _DATA.sub("", content)
        known = self._parts
        for part in _PARTS.split(content):
            away = known.get(part)
            if away is None:
                url = part[4:] if part[:4].lower() == "url=" else part
                away = known[part] = _MAY_LEAD.search(url) is not None and value_leads_away(url, self._hosts)
            if away:
                return True
        return False


class Attributes:
    """The attributes of one text, each read once, though a hostile text has many tags that share them."""

    def __init__(self, text: str, values: Values | None) -> None:
        self._text = text
        self._values = values
        self._known: tuple[dict[int, tuple[int, bool]], dict[int, tuple[int, bool]]] = {}, {}

    def extent(self, at: int, limit: int) -> tuple[int, bool]:
        """How far attributes go from `at`, and whether a `>` ends them there.

        If none does, the tag goes on at `limit`, or (ending before it) has more attributes than any tag needs.
        """
        found = _TOO_MANY.match(self._text, at, limit)
        if found is not None:
            return found.end(), False
        closed = _WHOLE.match(self._text, at, limit)
        return (limit, False) if closed is None else (closed.end(), True)

    def lead_away(self, at: int, limit: int, *, links: bool) -> bool:
        """Whether one of them loads something from elsewhere; `links`: only `href` counts."""
        known = self._known[links]
        for _ in range(_MAX_ATTRIBUTES):
            attribute = known.get(at)
            if attribute is None or attribute[0] >= limit:
                attribute = self._read(at, limit, links=links)
            if attribute is None or attribute[1]:
                return attribute is not None
            at = attribute[0]
            if at == limit:
                break
        return False

    def _read(self, at: int, limit: int, *, links: bool) -> tuple[int, bool] | None:
        """Where the attribute at `at` ends, and whether it loads; None where the tag ends instead."""
        found = _ATTRIBUTE.match(self._text, at, limit)
        if found is None:
            return None
        loads = False
        if self._values is not None:
            name, *values = found.groups()
            value = next(filter(None, values), "")
            loads = bool(value) and (not links or name.lower() == "href") and self._values.loads(name.lower(), value)
        attribute = found.end(), loads
        if found.end() < limit:  # else the limit may have cut it
            self._known[links][at] = attribute
        return attribute
