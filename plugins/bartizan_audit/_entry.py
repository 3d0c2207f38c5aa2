"""Something to be recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bartizan_audit._subjects import Identity


class Entry:
    """A record on its way: `body` (canonical JSON, without a secret), and `private` (canonical JSON), sealed for `identity`.

    `error` says why it could not be written, once it is `done`.
    """

    __slots__ = ("body", "done", "error", "identity", "notify", "private")

    def __init__(self, body: str, identity: Identity | None = None, private: str = "") -> None:
        self.body: str = body
        self.identity: Identity | None = identity
        self.private: str = private
        self.done: bool = False
        self.error: str = ""
        self.notify: Callable[[], None] | None = None
