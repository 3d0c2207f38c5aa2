"""Messages that a guard has seen, so that it judges them once however LangChain takes them from method to method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.messages import BaseMessage

from bartizan import Response
from bartizan_langchain._answers import Answer, only_text
from bartizan_langchain._messages import Reading
from bartizan_langchain._settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from langchain_core.outputs import ChatResult

    from bartizan import Guard, Segment


class Pass:
    """One guard's judgement of one call: `inside` while the answer is judged by whoever called, `answered` once a stream was."""

    __slots__ = ("answered", "guard", "inside", "model")

    def __init__(self, guard: Guard, model: str | None = None, *, inside: bool = False) -> None:
        self.guard = guard
        self.model = model
        self.inside = inside
        self.answered = False


class JudgedMessages(list[BaseMessage]):
    """Messages on their way to the model, with the passes of the guards that judged them. LangChain hands on this very list."""

    passes: tuple[Pass, ...] = ()


def find_pass(messages: object, guard: Guard) -> Pass | None:
    """This guard's pass, if the messages have been through it."""
    if isinstance(messages, JudgedMessages):
        for one in messages.passes:
            if one.guard is guard:
                return one
    return None


class Asked:
    """A prompt and the settings that go with it, as they are judged and as they go on."""

    __slots__ = ("_given", "_kwargs", "_reading", "_settings", "segments")

    def __init__(self, messages: Sequence[BaseMessage], kwargs: dict[str, Any]) -> None:
        self._given = messages
        self._kwargs = kwargs
        self._reading = Reading(messages)
        self._settings = Settings(kwargs) if kwargs and Settings.in_(kwargs) else None
        self.segments = self._reading.segments if self._settings is None else [*self._reading.segments, *self._settings.segments]

    def given(self) -> Segment | list[Segment]:
        """What the guard is given: one segment is taken more quickly than a list of one."""
        return self.segments[0] if len(self.segments) == 1 else self.segments

    def rebuilt(self, judged: Sequence[Segment], one: Pass) -> tuple[JudgedMessages, dict[str, Any]]:
        """The messages and keyword arguments to go on with."""
        given = self._given
        messages = JudgedMessages(self._reading.rebuild(judged))
        messages.passes = (*given.passes, one) if type(given) is JudgedMessages else (one,)
        return messages, self._kwargs if self._settings is None else self._settings.rebuild(judged[len(self._reading.segments) :])


def ask(
    guard: Guard, one: Pass, messages: Sequence[BaseMessage], kwargs: dict[str, Any], model: str | None
) -> tuple[JudgedMessages, dict[str, Any]]:
    """Judge a prompt; the twin of `aask`.

    Raises:
        Blocked: it is refused.
    """
    asked = Asked(messages, kwargs)
    return asked.rebuilt(guard.pre_prompt(asked.given(), model=model).segments, one)


async def aask(
    guard: Guard, one: Pass, messages: Sequence[BaseMessage], kwargs: dict[str, Any], model: str | None
) -> tuple[JudgedMessages, dict[str, Any]]:
    """Judge a prompt without blocking the event loop.

    Raises:
        Blocked: it is refused.
    """
    asked = Asked(messages, kwargs)
    return asked.rebuilt((await guard.apre_prompt(asked.given(), model=model)).segments, one)


def answer(guard: Guard, result: ChatResult, model: str | None) -> ChatResult:
    """Judge an answer; the twin of `aanswer`.

    Raises:
        Blocked: it is refused.
    """
    only = only_text(result)
    if only is not None:
        judged = guard.post_response(Response((only,)), model=model).segments
        return result if judged[0] is only else Answer(result).rebuild(judged)
    read = Answer(result)
    return read.rebuild(guard.post_response(read.segments, model=model).segments)


async def aanswer(guard: Guard, result: ChatResult, model: str | None) -> ChatResult:
    """Judge an answer without blocking the event loop.

    Raises:
        Blocked: it is refused.
    """
    only = only_text(result)
    if only is not None:
        judged = (await guard.apost_response(Response((only,)), model=model)).segments
        return result if judged[0] is only else Answer(result).rebuild(judged)
    read = Answer(result)
    return read.rebuild((await guard.apost_response(read.segments, model=model)).segments)


def may_be_cached(guard: Guard) -> bool:
    """Whether what judging an answer gives may lie in a cache: not where it gives values back that only this session knows.

    There the cache gets the answer as the model gave it, placeholders and all, and each hit is judged for whoever asks.
    """
    session = guard._session()  # noqa: SLF001 (another bartizan package)
    return session is None or not session.scope.has_pseudonyms


def model_name(model: object, kwargs: Mapping[str, Any]) -> str | None:
    """The name under which the provider knows the model, by the fields that LangChain's models use for it."""
    fields = model.__dict__
    for name in (kwargs.get("model"), fields.get("model_name"), fields.get("model"), fields.get("model_id")):
        if type(name) is str:
            return name
    return None
