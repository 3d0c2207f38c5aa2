"""IP_ADDRESS, both versions."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import DIGITS, Entity, groups

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
# 0.0.0.0/8 is no one's (RFC 6890), and how many versions begin.
_V4: Final = re.compile(
    rf"(?<![0-9A-Za-z_])(?<![0-9]\.)(?!0\.){_OCTET}(?:\.{_OCTET}){{3}}(?![0-9A-Za-z_]|\.[0-9]|-[A-Za-z])"
)
_V6: Final = re.compile(r"(?<![0-9A-Za-z_:])(?:[0-9A-Fa-f]{0,4}:){2,8}(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4})(?![0-9A-Za-z_:])")
# What stands before a version, a section or an object identifier.
_NOT_BEFORE: Final = re.compile(
    r"""
    (?:(?<![A-Za-z])(?:v|ver|versions?|releases?|released|rel|build|firmware|fw|driver
        |revision|rev|patch|sdk
        |upgrad(?:e|ed|ing)[ ]to|updated?[ ]to|sections?|sec|clause|chapter|figure|fig|table
        |paragraph|article|rule|step|oid|see|item)
        \.?["']?[ ]{0,2}[:=]?[ ]{0,2}["']?v?
    |[A-Za-z_][.-]             # openssl-1.1.1.4, lib.so.1.2.3.4
    |[=<>~!^]=[ ]?             # package==1.2.3.4
    |\u00a7[ ]?
    |::(?:ffff:)?              # the end of an IPv6 address, which is found as such
    |(?<![A-Za-z0-9.-])(?!localhost/)[A-Za-z][A-Za-z0-9_+-]{0,24}/    # Chrome/120.0.150.20, but not host.example/10.0.0.1
    )\Z
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WINDOW: Final = 32
_GROUP_BEFORE: Final = re.compile(r"(?<![0-9A-Za-z_])[0-9A-Fa-f]{0,4}:\Z")
_SLICE_BEFORE: Final = re.compile(r"[\w)\]]\[\Z")
_NAMED: Final = 3
"""How many digits one group of a compressed address must have: slices and scopes in code (`x[1::20]`, `a::b`) have fewer."""


def _v4(text: str, begin: int) -> Span | None:
    found = _V4.match(text, begin)
    if found is None or _NOT_BEFORE.search(text[max(0, begin - _WINDOW) : begin]):
        return None
    return found.span()


def _v6(text: str, begin: int) -> Span | None:
    found = _V6.match(text, begin)
    if (
        found is None
        or _GROUP_BEFORE.search(text[max(0, begin - 6) : begin])
        or _SLICE_BEFORE.search(text[max(0, begin - 2) : begin])
    ):
        return None
    value = found.group()
    if value.endswith(":") and not value.endswith("::"):
        value = value[:-1]
    if not any(map(str.isdigit, value)) or max(map(len, value.split(":"))) < _NAMED:
        return None
    try:
        IPv6Address(value)
    except ValueError:
        return None
    return begin, begin + len(value)


_WHY: Final = "an IP address"

IPV4: Final = Entity(
    label="IP_ADDRESS",
    groups=groups("pii", "network"),
    why=_WHY,
    source="RFC 791; RFC 6943 section 3.1.1 (four decimal numbers)",
    gate=r"\b[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?:[^0-9.]|\.[^0-9]|\.?\z)",
    first=DIGITS,
    second=DIGITS + ".",
    resolve=_v4,
    max_span=15,
)
IPV6: Final = Entity(
    label="IP_ADDRESS",
    groups=groups("pii", "network"),
    why=_WHY,
    source="RFC 4291 section 2.2; RFC 5952",
    gate=r"\b[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]|::[0-9A-Fa-f]",
    first=DIGITS + "ABCDEFabcdef:",
    second=DIGITS + "ABCDEFabcdef:",
    resolve=_v6,
    max_span=64,
)
ENTITIES: Final = (IPV4, IPV6)
