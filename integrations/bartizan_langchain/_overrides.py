"""The methods of a guarded chat model, around those of its class."""

from __future__ import annotations

from inspect import getattr_static, signature
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.outputs import ChatResult

from bartizan_langchain._calls import raise_if, withheld
from bartizan_langchain._counting import counting
from bartizan_langchain._judged import Pass, aanswer, aask, answer, ask, find_pass, may_be_cached, model_name
from bartizan_langchain._marks import GuardedDict
from bartizan_langchain._probe import REPLAYS
from bartizan_langchain._runnables import wrapping
from bartizan_langchain._stream import AnswerStream, aclose, close

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import ChatGenerationChunk

    from bartizan import Guard

    Stop = list[str] | None


def overrides(cls: type[BaseChatModel], guard: Guard, guarding: Callable[[Any], Any]) -> dict[str, Any]:
    """The body of the guarded subclass; `guarding` guards another model the same way."""
    body = {**_whole(cls, guard), **_inner(cls, guard), **wrapping(cls, guarding), **counting(cls, guard)}
    if hasattr(cls, "_serialized"):
        form = getattr_static(cls, "_serialized")
        # Marked, so that a callback of the same guard leaves this model to us.
        body["_serialized"] = property(lambda self: GuardedDict(form.__get__(self, cls), guard))
    # A class that can't stream must not look as if it could: LangChain would stream where it invokes now.
    if cls._stream is not BaseChatModel._stream:  # noqa: SLF001 (overridden here)
        body["_stream"] = _streaming(cls, guard)
    if cls._astream is not BaseChatModel._astream:  # noqa: SLF001 (its own family)
        body["_astream"] = _astreaming(cls, guard)
    for name in REPLAYS:
        if hasattr(cls, name):
            body[name] = (_replay if name == REPLAYS[0] else _areplay)(cls, guard, name)
    return body


def _whole(cls: type[BaseChatModel], guard: Guard) -> dict[str, Any]:
    """Above the cache: whole calls."""
    inner, ainner = cls._generate_with_cache, cls._agenerate_with_cache

    def _generate_with_cache(
        self: BaseChatModel, messages: list[BaseMessage], stop: Stop = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        name, problem = model_name(self, kwargs), None
        one = Pass(guard, name)
        judged, kwargs = ask(guard, one, messages, kwargs, name)
        try:
            result = inner(self, judged, stop=stop, run_manager=run_manager, **kwargs)
        except Exception as error:
            problem = withheld(guard, error, name or "", model=True)
            if problem is None:
                raise
        else:
            return result if one.answered else answer(guard, result, name)
        raise problem

    async def _agenerate_with_cache(
        self: BaseChatModel, messages: list[BaseMessage], stop: Stop = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        name, problem = model_name(self, kwargs), None
        one = Pass(guard, name)
        judged, kwargs = await aask(guard, one, messages, kwargs, name)
        try:
            result = await ainner(self, judged, stop=stop, run_manager=run_manager, **kwargs)
        except Exception as error:
            problem = withheld(guard, error, name or "", model=True)
            if problem is None:
                raise
        else:
            return result if one.answered else await aanswer(guard, result, name)
        raise problem

    return {"_generate_with_cache": _generate_with_cache, "_agenerate_with_cache": _agenerate_with_cache}


def _inner(cls: type[BaseChatModel], guard: Guard) -> dict[str, Any]:
    """Below the cache, which holds judged answers by that.

    Handlers get no raw token (no run_manager goes inward), and who calls these directly is guarded too.
    """
    inner, ainner = cls._generate, cls._agenerate

    def _generate(
        self: BaseChatModel,
        messages: list[BaseMessage],
        stop: Stop = None,
        run_manager: Any = None,  # noqa: ARG001 (handlers get no raw token)
        **kwargs: Any,
    ) -> ChatResult:
        one = find_pass(messages, guard)
        if one is not None:
            one.inside = True
            result = inner(self, messages, stop=stop, **kwargs)
            one.answered = may_be_cached(guard)
            return answer(guard, result, one.model) if one.answered else result
        name = model_name(self, kwargs)
        one = Pass(guard, name, inside=True)
        judged, kwargs = ask(guard, one, messages, kwargs, name)
        return answer(guard, inner(self, judged, stop=stop, **kwargs), name)

    async def _agenerate(
        self: BaseChatModel,
        messages: list[BaseMessage],
        stop: Stop = None,
        run_manager: Any = None,  # noqa: ARG001 (handlers get no raw token)
        **kwargs: Any,
    ) -> ChatResult:
        one = find_pass(messages, guard)
        if one is not None:
            one.inside = True
            result = await ainner(self, messages, stop=stop, **kwargs)
            one.answered = may_be_cached(guard)
            return await aanswer(guard, result, one.model) if one.answered else result
        name = model_name(self, kwargs)
        one = Pass(guard, name, inside=True)
        judged, kwargs = await aask(guard, one, messages, kwargs, name)
        return await aanswer(guard, await ainner(self, judged, stop=stop, **kwargs), name)

    # LangChain takes the signature of this method at every call: kept ready, that costs half.
    _generate.__signature__ = signature(_generate)  # type: ignore[attr-defined]  # inspect reads it
    body: dict[str, Any] = {"_generate": _generate}
    # The base's own runs `_generate` in a thread: that one is guarded.
    if ainner is not BaseChatModel._agenerate:  # noqa: SLF001 (its own family)
        _agenerate.__signature__ = signature(_agenerate)  # type: ignore[attr-defined]
        body["_agenerate"] = _agenerate
    return body


def _streaming(cls: type[BaseChatModel], guard: Guard) -> Callable[..., Iterator[ChatGenerationChunk]]:
    inner = cls._stream

    def _stream(
        self: BaseChatModel,
        messages: list[BaseMessage],
        stop: Stop = None,
        run_manager: Any = None,  # noqa: ARG001 (handlers get no raw token)
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        one, name = find_pass(messages, guard), model_name(self, kwargs)
        if one is not None and one.inside:
            yield from inner(self, messages, stop=stop, **kwargs)
            return
        # Whose stream this is, is settled here: it may be read on in another user's context.
        verbs = guard._session() or guard.session()  # noqa: SLF001 (its own family)
        if one is None:
            one = Pass(guard)
            messages, kwargs = ask(guard, one, messages, kwargs, name)
        one.inside = True
        held, problem = AnswerStream(verbs, name), None
        chunks = inner(self, messages, stop=stop, **kwargs)
        try:
            for chunk in chunks:
                sent = held.feed(chunk)
                if sent is not None:
                    yield sent
            sent = held.end()
            one.answered = True
            if sent is not None:
                yield sent
        except Exception as error:
            problem = withheld(guard, error, name or "", model=True)
            if problem is None:
                raise
        finally:
            close(held, chunks)
        raise_if(problem)

    return _stream


def _astreaming(cls: type[BaseChatModel], guard: Guard) -> Callable[..., AsyncIterator[ChatGenerationChunk]]:
    inner = cls._astream

    async def _astream(
        self: BaseChatModel,
        messages: list[BaseMessage],
        stop: Stop = None,
        run_manager: Any = None,  # noqa: ARG001 (handlers get no raw token)
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        one, name = find_pass(messages, guard), model_name(self, kwargs)
        if one is not None and one.inside:
            async for chunk in inner(self, messages, stop=stop, **kwargs):
                yield chunk
            return
        verbs = guard._session() or guard.session()  # noqa: SLF001 (its own family)
        if one is None:
            one = Pass(guard)
            messages, kwargs = await aask(guard, one, messages, kwargs, name)
        one.inside = True
        held, problem = AnswerStream(verbs, name), None
        chunks = inner(self, messages, stop=stop, **kwargs)
        try:
            async for chunk in chunks:
                sent = held.feed(chunk)
                if sent is not None:
                    yield sent
            sent = await held.aend()
            one.answered = True
            if sent is not None:
                yield sent
        except Exception as error:
            problem = withheld(guard, error, name or "", model=True)
            if problem is None:
                raise
        finally:
            await aclose(held, chunks)
        raise_if(problem)

    return _astream


def _replay(cls: type[BaseChatModel], guard: Guard, name: str) -> Callable[..., None]:
    """A cached answer, shown to the handlers of event streams: judged before it is."""
    inner = getattr(cls, name)

    def replay(self: BaseChatModel, generations: list[Any], *, run_manager: Any, **kwargs: Any) -> None:
        if run_manager is not None and self._should_use_protocol_streaming(async_api=False, run_manager=run_manager, **kwargs):
            judged = answer(guard, ChatResult(generations=generations), model_name(self, kwargs))
            inner(self, judged.generations, run_manager=run_manager, **kwargs)

    return replay


def _areplay(cls: type[BaseChatModel], guard: Guard, name: str) -> Callable[..., Any]:
    inner = getattr(cls, name)

    async def areplay(self: BaseChatModel, generations: list[Any], *, run_manager: Any, **kwargs: Any) -> None:
        if run_manager is not None and self._should_use_protocol_streaming(async_api=True, run_manager=run_manager, **kwargs):
            judged = await aanswer(guard, ChatResult(generations=generations), model_name(self, kwargs))
            await inner(self, judged.generations, run_manager=run_manager, **kwargs)

    return areplay
