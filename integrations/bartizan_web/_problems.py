"""Refusals as problem details (RFC 9457), with what else HTTP asks for: challenges (RFC 6750, 3) and Retry-After (RFC 9110, 10.2.3)."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from bartizan import AccessDenied, Refused

MEDIA_TYPE: Final = "application/problem+json"
UNDECLARED: Final = "this route declares neither require nor public, so it is closed"


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer in place of the view's."""

    status: HTTPStatus
    detail: str
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def body(self) -> bytes:
        """The problem details, in JSON."""
        table = {"type": "about:blank", "title": self.status.phrase, "status": self.status.value, "detail": self.detail}
        return json.dumps(table).encode("ascii")

    @property
    def all_headers(self) -> list[tuple[str, str]]:
        """The answer's headers; it is for nobody else, so no cache keeps it."""
        return [
            ("Content-Type", MEDIA_TYPE),
            ("Content-Length", str(len(self.body))),
            ("Cache-Control", "no-store"),
            *self.headers,
        ]


def unauthorized(reason: str = "") -> Problem:
    """401: nobody is identified. `reason` where credentials were sent, and were not valid."""
    challenge = f'Bearer error="invalid_token", error_description="{reason}"' if reason else "Bearer"
    return Problem(HTTPStatus.UNAUTHORIZED, reason or "a bearer token is needed", (("WWW-Authenticate", challenge),))


def undeclared() -> Problem:
    """403: nobody said who may use this route."""
    return Problem(HTTPStatus.FORBIDDEN, UNDECLARED)


def refused(error: Refused, action: str = "") -> Problem:
    """403, or 429 where waiting helps. Which rule said so is not the client's business."""
    if not isinstance(error, AccessDenied):
        return Problem(HTTPStatus.FORBIDDEN, "this needs a person's approval" if action else "this is refused")
    if error.retry_after is None:
        return Problem(HTTPStatus.FORBIDDEN, "you may not do this")
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS, "too much for now: try again later", (("Retry-After", str(math.ceil(error.retry_after))),)
    )
