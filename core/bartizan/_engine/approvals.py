"""Approvals a guard has issued: single use, expiring, bound to one request."""

from __future__ import annotations

import hmac
import math
import os
import secrets
import time
from typing import Final

from bartizan._engine.digest import Undigestible, request_digest
from bartizan._engine.locks import ForkSafeLock
from bartizan._errors import BartizanError
from bartizan._values.access import AccessRequest, Approval, Principal

_MAX_OPEN: Final = 10_000


class ApprovalDesk:
    """Issues approvals and takes each back once."""

    def __init__(self) -> None:
        self._lock = ForkSafeLock()
        self._open: dict[str, Approval] = {}
        self._pid = os.getpid()

    def issue(self, request: AccessRequest, by: Principal, expires_s: float) -> Approval:
        """An approval of `request` by `by`.

        Raises:
            TypeError: the request or the approver is something else.
            ValueError: `expires_s` is not a positive number of seconds.
            BartizanError: the request holds arguments that can't be bound.
        """
        if not isinstance(request, AccessRequest):
            message = f"approve takes the AccessRequest of an ApprovalRequired, not {type(request).__name__}"
            raise TypeError(message)
        if not isinstance(by, Principal):
            message = f"approve needs by=Principal(...): who approves; got {type(by).__name__}"
            raise TypeError(message)
        if not isinstance(expires_s, int | float) or not 0 < expires_s < math.inf:
            message = "approve needs expires_s as a positive number of seconds"
            raise ValueError(message)
        digest, problem = "", ""
        try:
            digest = request_digest(request)
        except Undigestible as error:
            problem = str(error)
        if problem:
            message = f"this request can't be approved: an argument is no JSON value ({problem}), so the approval could not be bound to it"
            raise BartizanError(message)
        approval = Approval(digest, by, time.time() + expires_s, secrets.token_hex(16))
        with self._lock:
            self._drop_inherited()
            self._drop_expired()
            self._open[approval._ticket] = approval  # noqa: SLF001 (the desk's own)
        return approval

    def redeem(self, approval: object, request: AccessRequest) -> str:
        """Use an approval up for a request. Returns why it does not hold, or "" if it does."""
        if not isinstance(approval, Approval):
            return f"the approval is a {type(approval).__name__}: only Guard.approve makes approvals"
        with self._lock:
            self._drop_inherited()
            issued = self._open.get(approval._ticket)  # noqa: SLF001 (the desk's own)
            if issued is None or issued != approval:
                return "the approval was used already, has expired or was not issued by this guard"
            if issued.expires_at <= time.time():
                del self._open[approval._ticket]  # noqa: SLF001 (the desk's own)
                return "the approval has expired"
            try:
                digest = request_digest(request)
            except Undigestible:
                digest = ""
            if not hmac.compare_digest(digest, issued.request_digest):
                return "the approval was given for another request"
            del self._open[approval._ticket]  # noqa: SLF001 (the desk's own)
        return ""

    def _drop_inherited(self) -> None:
        """A forked child starts without its parent's approvals: used in both, they would be used twice."""
        if self._pid != os.getpid():
            self._open.clear()
            self._pid = os.getpid()

    def _drop_expired(self) -> None:
        if len(self._open) >= _MAX_OPEN:
            now = time.time()
            self._open = {ticket: one for ticket, one in self._open.items() if one.expires_at > now}
        while len(self._open) >= _MAX_OPEN:
            del self._open[next(iter(self._open))]
