"""What a plugin raises past `Exception`, as a panic of a native extension is, refuses like any failure; what ends the process goes on."""

from __future__ import annotations

import asyncio
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from support.doubles import ALICE, plugin

from bartizan import AccessDenied, Guard, PluginError

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "panicked at: jane@example.com"


class Panic(BaseException):
    """As pyo3's PanicException: its text quotes what was judged."""


def raising(kind: type[BaseException]) -> Callable[..., Any]:
    def hook(self: Any) -> Any:
        raise kind(SECRET)

    return hook


class Scanner:
    max_span, lookaround, pointwise = 4, 0, True

    def __init__(self, kind: type[BaseException]) -> None:
        self.kind = kind

    def scan(self, text: str, start: int = 0) -> Any:
        raise self.kind(SECRET)


class Scans:
    def __init__(self, kind: type[BaseException]) -> None:
        self.scanners = (Scanner(kind),)


def calls(kind: type[BaseException]) -> dict[str, Callable[[], Any]]:
    texts = Guard(plugins=[plugin(pre_prompt=raising(kind), post_response=raising(kind), name="probe")])
    scans = Guard(plugins=[Scans(kind)])
    access = Guard(plugins=[plugin(authorize=raising(kind), name="probe")])
    watched = plugin(observe=raising(kind), name="probe")
    watched.required = True
    observed = Guard(plugins=[watched])
    return {
        "pre_prompt": lambda: texts.pre_prompt("x"),
        "apre_prompt": lambda: asyncio.run(texts.apre_prompt("x")),
        "post_response": lambda: texts.post_response("x"),
        "scan": lambda: scans.pre_prompt("x"),
        "stream": lambda: list(scans.stream_response(iter(["x" * 9]))),
        "authorize": lambda: access.session(ALICE).authorize("query"),
        "observe": lambda: observed.pre_prompt("x"),
    }


@pytest.mark.parametrize("path", sorted(calls(Panic)))
def test_a_panic_refuses_and_tells_nothing(path: str) -> None:
    with pytest.raises((PluginError, AccessDenied), match="raised Panic") as refused:
        calls(Panic)[path]()
    assert "jane" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("path", sorted(set(calls(Panic)) - {"apre_prompt"}))
def test_what_ends_the_process_goes_on(path: str, kind: type[BaseException]) -> None:
    with pytest.raises(kind):
        calls(kind)[path]()
