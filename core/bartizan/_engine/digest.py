"""A digest of what was asked, so that an approval holds for that request and no other."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bartizan._values.access import AccessRequest

_MAX_DEPTH = 64


class Undigestible(Exception):
    """A value that has no fixed form: two of them could not be told apart."""


def request_digest(request: AccessRequest) -> str:
    """SHA-256 over who asks, for what, on what and with which arguments, types told apart (1, 1.0, True and "1" differ).

    Raises:
        Undigestible: an argument or attribute is neither a JSON value nor a nesting of them.
    """
    resource = request.resource
    parts: list[object] = [request.principal.id, request.principal.tenant, request.action, request.call_id]
    parts += [None] if resource is None else [resource.type, resource.id, resource.tenant, dict(resource.attributes)]
    parts += [dict(request.args), dict(request.args_written)]
    return sha256(_canonical(parts, 0)).hexdigest()


def _canonical(value: object, depth: int) -> bytes:
    if depth > _MAX_DEPTH:
        kind = "nested too deeply"
        raise Undigestible(kind)
    if isinstance(value, int) and not isinstance(value, bool):
        body = b"%x" % value  # of any size: the interpreter limits only decimal digits
    elif value is None or isinstance(value, bool | float):
        body = repr(value).encode()
    elif isinstance(value, str):
        body = value.encode("utf-8", "surrogatepass")
    elif isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            kind = "a key that is not a str"
            raise Undigestible(kind)
        body = b"".join(_canonical(part, depth + 1) for key in sorted(value) for part in (key, value[key]))
        return b"m%d:%s" % (len(body), body)
    elif isinstance(value, list | tuple):
        body = b"".join(_canonical(item, depth + 1) for item in value)
        return b"l%d:%s" % (len(body), body)
    else:
        raise Undigestible(type(value).__name__)
    return b"%s%d:%s" % (type(value).__name__.encode(), len(body), body)
