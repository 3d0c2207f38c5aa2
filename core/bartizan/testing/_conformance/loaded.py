"""What all conformance classes share: the plugin under test, loaded as a policy loads it, and checks of its configuration."""

from __future__ import annotations

import io
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar
from unittest.mock import patch

from bartizan._errors import BartizanError, PolicyError
from bartizan._guard import Guard
from bartizan._hooks import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")

THREADS: Final = 8
_UNKNOWN_KEY: Final = "no_plugin_has_this_key"
CANARY: Final = "planted-in-a-config-by-bartizan"
"""Stands where a configuration should hold something else: no message may repeat it."""


class Broken(Exception):
    """What a plugin is made to raise."""


class Conformance:
    """A plugin's class and its configuration, and the checks that hold for every kind of plugin."""

    plugin: ClassVar[type[Any]]
    config: ClassVar[dict[str, Any]] = {}

    def test_it_loads_from_a_policy(self) -> None:
        """It loads, and its repr and its guard's show nothing of its configuration's values."""
        with self.guard() as guard:
            shown = repr(guard.engine.members[0].instance) + repr(guard)
            for value in _texts(self.config):
                assert value not in shown, f"the plugin's repr shows a value of its configuration ({len(value)} characters)"

    def test_an_unknown_key_is_refused_by_its_name(self) -> None:
        """A slip in the policy must not be passed over."""
        message = self._refusal({**self.config, _UNKNOWN_KEY: 1})
        assert _UNKNOWN_KEY in message, f"an unknown key is refused, but the message does not name it: {message}"

    def test_a_value_of_the_wrong_type_is_refused_in_one_sentence(self) -> None:
        """Each key in turn holds a table that nothing takes: the message names the key and repeats no value."""
        for key in _fields(self.plugin):
            message = self._refusal({**self.config, key: {CANARY: CANARY}})
            assert key in message, f"a wrong value for {key!r} is refused, but the message does not name the key: {message}"
            assert CANARY not in message.replace(f"{key}.{CANARY}", ""), f"the refusal of {key!r} repeats the value it found"

    def guard(self, **settings: Any) -> Guard:
        """A guard of this plugin alone; `settings` are keys of `[guard]`."""
        from bartizan._policy.build import from_class

        return Guard._made(from_class(self._name(), self.plugin, self.config, **settings))  # noqa: SLF001 (how every guard is made)

    def _name(self) -> str:
        name = getattr(self.plugin, "name", None)
        return name if isinstance(name, str) and name else self.plugin.__name__.lower()

    def _refusal(self, config: dict[str, Any]) -> str:
        from bartizan._policy.build import from_class

        try:
            Guard._made(from_class(self._name(), self.plugin, config)).close()  # noqa: SLF001 (how every guard is made)
        except PolicyError as refused:
            return str(refused)
        except Exception as raised:
            message = (
                f"a wrong configuration raised {type(raised).__name__}, which is no PolicyError: use pydantic's checks in Config"
            )
            raise AssertionError(message) from None
        message = (
            f"a wrong configuration is taken: key {sorted(set(config) - set(self.config)) or sorted(config)}; set extra='forbid'"
        )
        raise AssertionError(message)

    def member(self, guard: Guard) -> Any:
        """The plugin as the guard holds it."""
        return guard.engine.members[0]


@contextmanager
def watched() -> Iterator[list[str]]:
    """Everything that is logged or printed while the block runs, in all threads, in a list that fills when it ends."""
    shown: list[str] = []
    out = io.StringIO()
    handler = _Kept(shown)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with redirect_stdout(out), redirect_stderr(out):
            yield shown
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        shown.append(out.getvalue())


class _Kept(logging.Handler):
    """Keeps records as a log file would show them, their exceptions included."""

    def __init__(self, shown: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._shown = shown

    def emit(self, record: logging.LogRecord) -> None:
        self._shown.append(self.format(record))


def in_threads(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """`function` of every item, from several threads at once, in the items' order."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(function, items))


@contextmanager
def breaking(plugin: type[Any], hook: str) -> Iterator[None]:
    """The plugin's class with a hook that raises, asynchronous as its own is."""
    import inspect

    def raises(self: object) -> None:  # noqa: ARG001 (a hook takes as many of its arguments as it wants)
        raise Broken(CANARY)

    async def araises(self: object) -> None:  # noqa: ARG001 (a hook takes as many of its arguments as it wants)
        raise Broken(CANARY)

    made: Any = araises if inspect.iscoroutinefunction(getattr(plugin, hook)) else raises
    made.__name__ = hook
    with patch.object(plugin, hook, hookimpl(made)):
        yield


def broken(*_: object, **__: object) -> Any:
    """Stands in for a scanner's method."""
    raise Broken(CANARY)


def refusal_of(call: Callable[[], object]) -> BartizanError | None:
    """What the call was refused with, if it was; anything else it raises is a failure."""
    try:
        call()
    except BartizanError as refused:
        return refused
    except Exception as raised:
        message = f"{type(raised).__name__} got out of the guard: only its own refusals may"
        raise AssertionError(message) from None
    return None


def skip(reason: str) -> None:
    """Skip the test, for the plugin does not do what it is about."""
    import pytest

    pytest.skip(reason)


def _fields(plugin: type[Any]) -> Iterator[str]:
    from pydantic import BaseModel

    model = getattr(plugin, "Config", None)
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            if field.annotation is not Any and not str(field.annotation).startswith(
                ("dict", "typing.Mapping", "collections.abc.Mapping")
            ):
                yield field.alias or name


def _texts(value: object) -> Iterator[str]:
    """The longer texts of a configuration: short ones are words that may stand anywhere."""
    if isinstance(value, str) and len(value) > len(CANARY) // 2:
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
