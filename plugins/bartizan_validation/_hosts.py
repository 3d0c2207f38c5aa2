"""Hosts, written in one way, and the list of those that answers may point to.

A URL's host is read as browsers read it (WHATWG URL Standard, 3.5: percent-decoded, mapped by UTS #46, split at dots). Where this
reading and a browser's could differ the host comes out unlike any allowed one, never like another.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

_NAME: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*|\[[0-9a-f:.]+\]")
_MAX_HOST: Final = 253


def plain_host(raw: str) -> str | None:
    """The host as lower-case ASCII without a trailing dot; None where it is no host name or address."""
    host = raw
    if not host.isascii() or "%" in host:
        host = unicodedata.normalize("NFKC", unquote(host, errors="strict") if "%" in host else host).replace("\u3002", ".")
    host = host.lower().removesuffix(".")
    if len(host) > _MAX_HOST:
        return None
    if not host.isascii():
        # Straight to punycode: a mapping such as that of German sharp s to ss would name another host than a browser's.
        host = ".".join(map(_ascii_label, host.split(".")))
    return host if _NAME.fullmatch(host) else None


def _ascii_label(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"


class Hosts:
    """An allow-list of hosts: exact names, and `*.example.com` for every host below example.com."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self._exact = frozenset(host for host in allowed if not host.startswith("*."))
        self._below = tuple(host[1:] for host in allowed if host.startswith("*."))

    def allows(self, raw: str) -> bool:
        """Whether a URL's host, as written there, is on the list."""
        try:
            host = plain_host(raw)
        except UnicodeError:
            return False
        return host is not None and (host in self._exact or host.endswith(self._below))


def check_host(entry: str) -> str:
    """An entry of the allow-list, as it is compared.

    Raises:
        ValueError: it is no host name.
    """
    wildcard = entry.startswith("*.")
    host = None
    try:
        host = plain_host(entry[2:] if wildcard else entry)
    except UnicodeError:
        host = None
    if host is None or (wildcard and "." not in host):
        message = f"{entry!r} is no host: write 'example.com' or '*.example.com', without scheme, port or path"
        raise ValueError(message)
    return f"*.{host}" if wildcard else host
