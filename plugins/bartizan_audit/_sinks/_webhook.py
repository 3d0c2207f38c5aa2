"""Alerts, or everything, to a URL: from a thread of its own, behind a bounded queue, so that no guarded call ever waits for it."""

from __future__ import annotations

import hmac
import logging
import os
import queue
import threading
import time
from typing import TYPE_CHECKING, Final
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from bartizan_audit._canonical import canonical
from bartizan_audit._errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan import Event
    from bartizan_audit._sinks._config import WebhookConfig

_log: Final = logging.getLogger("bartizan.audit")
_ATTEMPTS: Final = 3
_CLOSING_S: Final = 5.0
_STOP: Final = None


class _Stays(HTTPRedirectHandler):
    """A redirect could lead anywhere: it is an error."""

    def redirect_request(self, *args: object, **options: object) -> None:
        """Not followed."""


class WebhookSink:
    """POSTs JSON; with a secret, `X-Bartizan-Signature: sha256=` HMAC-SHA-256 of the body in hexadecimal.

    Raises:
        AuditError: the secret's variable is not set.
    """

    _thread: threading.Thread | None
    _dropped: int
    _lock: threading.Lock

    def __init__(self, config: WebhookConfig) -> None:
        self._config = config
        self._secret = b""
        if config.secret_env is not None:
            self._secret = os.environ.get(config.secret_env, "").encode("utf-8", "surrogateescape")
            if not self._secret:
                message = f"the webhook's secret is missing: the environment variable {config.secret_env} is not set"
                raise AuditError(message)
        self._begin()

    @property
    def dropped(self) -> int:
        """What found the queue full, or could not be delivered."""
        return self._dropped

    def event(self, event: Event, body: Mapping[str, object], who: str, session: str) -> None:
        """Queue it, if it is asked for."""
        if self._config.send == "all" or (self._config.send == "refusals" and event.refused):
            self._put({**body, "who": who, "session": session})

    def alert(self, body: Mapping[str, object], who: str) -> None:
        """Queue it."""
        self._put({**body, "who": who})

    def close(self) -> None:
        """Send what waits, for at most five seconds."""
        if self._thread is None or self._pid != os.getpid():
            return
        deadline = time.monotonic() + _CLOSING_S
        try:
            self._queue.put(_STOP, timeout=_CLOSING_S)
        except queue.Full:
            self._stopping.set()
        self._thread.join(timeout=max(0.1, deadline - time.monotonic()))
        self._stopping.set()
        if self._dropped:
            _log.warning("the webhook's queue dropped %d message(s)", self._dropped)

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._queue: queue.Queue[bytes | None] = queue.Queue(maxsize=self._config.queue)
        self._thread = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._dropped = 0

    def _put(self, body: Mapping[str, object]) -> None:
        if self._pid != os.getpid():  # the thread stayed with the parent
            self._begin()
        try:
            self._queue.put_nowait(canonical(body).encode("ascii"))
        except queue.Full:
            self._dropped += 1
            return
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, name="bartizan-webhook", daemon=True)
                    self._thread.start()

    def _work(self) -> None:
        opener = build_opener(_Stays(), ProxyHandler())
        while not self._stopping.is_set():
            body = self._queue.get()
            if body is _STOP:
                return
            if not self._sent(opener, body):
                self._dropped += 1
                _log.warning("a webhook message could not be delivered")

    def _sent(self, opener: OpenerDirector, body: bytes) -> bool:
        headers = {"Content-Type": "application/json", "User-Agent": "bartizan"}
        if self._secret:
            headers["X-Bartizan-Signature"] = f"sha256={hmac.digest(self._secret, body, 'sha256').hex()}"
        for attempt in range(_ATTEMPTS):
            if attempt and self._stopping.wait(2.0**attempt / 4):
                return False
            request = Request(self._config.url, body, headers, method="POST")  # noqa: S310 (https, or this machine: the Config sees to it)
            try:
                with opener.open(request, timeout=self._config.timeout_s):
                    return True
            except (URLError, OSError, ValueError):
                continue  # told when the last attempt failed
        return False
