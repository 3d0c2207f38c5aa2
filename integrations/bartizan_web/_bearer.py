"""The credentials of a request: `Authorization: Bearer …` (RFC 6750, 2.1), and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bartizan_web._identity import InvalidCredentials

if TYPE_CHECKING:
    from collections.abc import Sequence


def bearer(headers: Sequence[str]) -> str | None:
    """The token of the Authorization headers of a request; None where there is none.

    Raises:
        InvalidCredentials: there are two, or one of another scheme: which one counts must not be a matter of taste.
    """
    if not headers:
        return None
    scheme, _, token = headers[0].strip().partition(" ")
    token = token.strip()
    if len(headers) > 1 or scheme.lower() != "bearer" or not token or not token.isascii() or any(c.isspace() for c in token):
        message = "one bearer token is needed"
        raise InvalidCredentials(message)
    return token
