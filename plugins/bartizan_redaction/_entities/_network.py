"""IP_ADDRESS, both versions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import D, Entity, groups
from bartizan_redaction._re2 import Union, encode_latin_1

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
# 0.0.0.0/8 is no one's (RFC 6890), and how many versions begin.
_V4: Final = re.compile(
    rf"(?<![0-9A-Za-z_])(?<![0-9]\.)(?!0\.)(?=[0-9]{{1,3}}\.[0-9]){_OCTET}(?:\.{_OCTET}){{3}}(?![0-9A-Za-z_]|\.[0-9]|-[A-Za-z])"
)
_V6: Final = re.compile(
    r"(?<![0-9A-Za-z_])(?!(?<=:):)(?=[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:)(?:[0-9A-Fa-f]{0,4}:){2,8}(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4})(?![0-9A-Za-z_:])"
)
_VERSIONS: Final = (
    "ver|versions?|releases?|released|rel|build|firmware|fw|driver|revision|rev|patch|sdk|upgrad(?:e|ed|ing) to|updated? to"
    "|sections?|sec|clause|chapter|figure|fig|table|paragraph|article|rule|step|oid"
)
_PRODUCTS: Final = (
    "chrome|chromium|firefox|edge|safari|opera|webview2?|electron|internet explorer|netscape|office|windows|outlook|excel|java|jdk|jre|flash"
    "|openssl|\\.net|oracle|acrobat|reader|android|ios|macos"
)
"""Programs whose versions are four numbers, and how they are written without a slash."""
# What stands before a version, a section or an object identifier.
_NOT_BEFORE: Final = Union(
    rf"(?i:{before})\z"
    for before in (
        rf"(?:^|[^A-Z])(?:[A-Z]{{1,16}}version|{_VERSIONS})\.?[\"']?[ ]{{0,2}}[:=(>]?[ ]{{0,2}}[\"']?v?",
        r"(?:^|[^A-Z0-9_-])v\.?[ ]?",
        rf"(?:^|[^A-Z])(?:{_PRODUCTS})[ ]",
        r"(?:^|[^A-Z])EC[ ]",  # enzymes are numbered so
        r"[A-Z_][.-]",  # openssl-1.1.1.4, lib.so.1.2.3.4
        r"[=<>~!^]=[ ]?",  # package==1.2.3.4
        r"\xa7[ ]?",
        r"::(?:ffff:)?",  # the end of an IPv6 address, which is found as such
        r"(?:^|[^A-Z0-9.-])[A-Z][A-Z0-9_+-]{0,24}/",  # Chrome/120.0.150.20, but not host.example/10.0.0.1
    )
)
_HEADING: Final = re.compile(r"(?:\A|\n)[ \t#*>]{0,8}\Z")
_TITLE: Final = re.compile(r"[ \t]{1,4}[A-Z][a-z]")
_SMALL: Final = re.compile(r"(?!10\.)[1-4]?[0-9](?:\.[1-4]?[0-9]){3}")
_HOST: Final = "localhost/"
_WINDOW: Final = 40
_RANGE: Final = re.compile(r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}-\Z")
_GROUP_BEFORE: Final = re.compile(r"(?<![0-9A-Za-z_])[0-9A-Fa-f]{0,4}:\Z")
_SLICE_BEFORE: Final = re.compile(r"[\w)\]]\[\Z")
_V4_WHOLE: Final = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_V6_GROUPS: Final = 8
_NAMED: Final = 3
"""How many digits one group of a compressed address must have: slices and scopes in code (`x[1::20]`, `a::b`) have fewer."""


def _v4(text: str, begin: int) -> Span | None:
    found = _V4.match(text, begin)
    if found is None:
        return None
    before = text[max(0, begin - _WINDOW) : begin]
    # A path of a drawing: -.5-1.2.3.4-1.3.5. But the second address of a range stands behind the first.
    if before.endswith("-") and before[-2:-1].isdigit() and not _RANGE.search(before):
        return None
    # The number of a section, and its title.
    if _SMALL.fullmatch(found.group()) and _TITLE.match(text, found.end()) and _HEADING.search(before):
        return None
    if _NOT_BEFORE.find(encode_latin_1(before), 0, len(before)) >= 0 and not before.endswith(_HOST):
        return None
    return found.span()


def _v6(text: str, begin: int) -> Span | None:
    before = text[max(0, begin - 6) : begin]
    if (before.endswith(":") and _GROUP_BEFORE.search(before)) or (before.endswith("[") and _SLICE_BEFORE.search(before)):
        return None
    found = _V6.match(text, begin)
    if found is None:
        return None
    value = found.group()
    if value.endswith(":") and not value.endswith("::"):
        value = value[:-1]
    return (begin, begin + len(value)) if _is_v6(value) else None


def _is_v6(value: str) -> bool:
    """Whether hexadecimal groups and colons are an address, and one that is written out far enough to be no slice or scope."""
    groups = value.split(":")
    if max(map(len, groups)) < _NAMED or not any(map(str.isdigit, value)):
        return False
    whole = _V6_GROUPS
    if "." in value:
        if not _V4_WHOLE.fullmatch(groups[-1]):
            return False
        whole -= 1
    empty = groups.count("")
    if not empty:
        return len(groups) == whole
    # `::` stands for one group of zeros or more: one empty piece within, two at an end.
    ends = (groups[0] == "") + (groups[-1] == "")
    return value.count("::") == 1 and ":::" not in value and empty == 1 + ends and ends <= 1 and len(groups) - empty < whole


_WHY: Final = "an IP address"

IPV4: Final = Entity(
    label="IP_ADDRESS",
    groups=groups("pii", "network"),
    why=_WHY,
    source="RFC 791; RFC 6943 section 3.1.1 (four decimal numbers)",
    gate=r"\b[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?:[^0-9.]|\.[^0-9]|\.?\z)",
    begins=rf"{D}{{1,3}}\.",
    resolve=_v4,
    max_span=15,
)
IPV6: Final = Entity(
    label="IP_ADDRESS",
    groups=groups("pii", "network"),
    why=_WHY,
    source="RFC 4291 section 2.2; RFC 5952",
    gate=(
        r"\b[0-9A-Fa-f]{3,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]|\b[0-9A-Fa-f]{1,2}:[0-9A-Fa-f]{3,4}:[0-9A-Fa-f:]|\b[0-9A-Fa-f]{1,2}:(?:[0-9A-Fa-f]{0,4}:){1,6}[0-9A-Fa-f]{3}"
        r"|::(?:[0-9A-Fa-f]{1,4}:){0,6}[0-9A-Fa-f]{3}"
    ),
    begins="[01a]{1,4}:|[A-Fa-f](?::|[0-9A-Fa-f][01a]{0,2}:)|::",
    resolve=_v6,
    max_span=64,
)
_MAC: Final = re.compile(
    r"(?<![0-9A-Za-z_])(?<![0-9A-Fa-f][:.-])(?:[0-9A-Fa-f]{2}(?P<sign>[:-])(?:[0-9A-Fa-f]{2}(?P=sign)){4}[0-9A-Fa-f]{2}"
    r"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![0-9A-Za-z_]|[:.-][0-9A-Fa-f])"
)
_NO_ONES: Final = frozenset("0:-.")
_EVERYONES: Final = frozenset("fF:-.")


def _mac(text: str, begin: int) -> Span | None:
    found = _MAC.match(text, begin)
    if found is None:
        return None
    signs = set(found.group())
    if signs <= _NO_ONES or signs <= _EVERYONES or ("." in signs and signs.isdisjoint("abcdefABCDEF")):
        return None
    return found.span()


MAC_ADDRESS: Final = Entity(
    label="MAC_ADDRESS",
    groups=groups("pii", "network"),
    why="a hardware address of a network interface",
    source="IEEE 802-2014 section 8.1 (hyphens, colons); Cisco IOS, 'MAC address notation' (dots)",
    gate=(r"\b[0-9A-Fa-f]{2}[:-](?:[0-9A-Fa-f]{2}[:-]){4}[0-9A-Fa-f]{2}\b|\b[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\b"),
    begins=r"[01a]{2}[:-]|[01a]{4}\.|[A-Fa-f][0-9A-Fa-f](?:[:-]|[01a]{2}\.)",
    resolve=_mac,
    max_span=17,
)
ENTITIES: Final = (IPV4, IPV6, MAC_ADDRESS)
