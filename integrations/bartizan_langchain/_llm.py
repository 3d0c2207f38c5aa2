"""`guard_model` for plain text models (`BaseLLM`): prompts are judged above the cache, answers before handlers and the cache see them."""

from __future__ import annotations

from contextvars import ContextVar
from inspect import signature
from typing import TYPE_CHECKING, Any, Final

from langchain_core.language_models import BaseLLM

from bartizan import Origin, Refused, Segment
from bartizan_langchain._calls import raise_if, withheld
from bartizan_langchain._counting import counting
from bartizan_langchain._judged import may_be_cached, model_name
from bartizan_langchain._llm_answers import LlmAnswer, LlmStream
from bartizan_langchain._marks import GuardedDict
from bartizan_langchain._settings import Settings
from bartizan_langchain._stream import aclose, close

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from langchain_core.outputs import GenerationChunk, LLMResult

    from bartizan import Guard

    Stop = list[str] | None


class _Pass:
    """One guard's judgement of the prompts of one call; `answered` counts those whose answers it has judged as well."""

    __slots__ = ("answered", "guard", "prompts")

    def __init__(self, guard: Guard, prompts: Sequence[str]) -> None:
        self.guard = guard
        self.prompts = frozenset(prompts)
        self.answered = 0


_passes: Final[ContextVar[tuple[_Pass, ...]]] = ContextVar("bartizan_llm_passes", default=())


def _find(guard: Guard, prompts: Sequence[str]) -> _Pass | None:
    """This guard's pass, if it has judged these very prompts in this call."""
    for one in reversed(_passes.get()):
        if one.guard is guard and one.prompts.issuperset(prompts):
            return one
    return None


def llm_body(cls: type[BaseLLM], guard: Guard) -> dict[str, Any]:
    """The methods of a guarded plain model."""
    body = {**_whole(cls, guard), **_batches(cls), **counting(cls, guard), "_generate": _generating(cls, guard)}
    form: Any = cls._serialized
    # Marked, so that a callback of the same guard leaves this model to us.
    body["_serialized"] = property(lambda self: GuardedDict(form.__get__(self, cls), guard))
    # A class's own only: the base's run the synchronous ones, which are guarded.
    if cls._agenerate is not BaseLLM._agenerate:  # noqa: SLF001 (its own family)
        body["_agenerate"] = _agenerating(cls, guard)
    if cls._stream is not BaseLLM._stream:  # noqa: SLF001 (its own family)
        body["_stream"] = _streaming(cls, guard)
    if cls._astream is not BaseLLM._astream:  # noqa: SLF001 (its own family)
        body["_astream"] = _astreaming(cls, guard)
    return body


def _whole(cls: type[BaseLLM], guard: Guard) -> dict[str, Any]:
    """Above the cache. What comes from there is judged here; what the model answers, in `_generate`, before it goes there."""
    inner, ainner = cls.generate, cls.agenerate

    def generate(self: BaseLLM, prompts: list[str], stop: Stop = None, callbacks: Any = None, **kwargs: Any) -> LLMResult:
        name, problem = model_name(self, kwargs), None
        judged = _texts(guard.pre_prompt(_segments(prompts), model=name).segments)
        one = _Pass(guard, judged)
        token = _passes.set((*_passes.get(), one))
        try:
            result = inner(self, judged, stop, callbacks, **kwargs)
        except Exception as error:
            problem = withheld(guard, error, name or "", model=True)
            if problem is None:
                raise
        else:
            return result if one.answered == len(judged) else _answered(guard, result, name)
        finally:
            _passes.reset(token)
        raise problem

    async def agenerate(self: BaseLLM, prompts: list[str], stop: Stop = None, callbacks: Any = None, **kwargs: Any) -> LLMResult:
        name, problem = model_name(self, kwargs), None
        judged = _texts((await guard.apre_prompt(_segments(prompts), model=name)).segments)
        one = _Pass(guard, judged)
        token = _passes.set((*_passes.get(), one))
        try:
            result = await ainner(self, judged, stop, callbacks, **kwargs)
        except Exception as error:
            problem = withheld(guard, error, name or "", model=True)
            if problem is None:
                raise
        else:
            return result if one.answered == len(judged) else await _aanswered(guard, result, name)
        finally:
            _passes.reset(token)
        raise problem

    return {"generate": generate, "agenerate": agenerate}


def _batches(cls: type[BaseLLM]) -> dict[str, Any]:
    """LangChain sends a batch as one call: a refusal of one prompt must not be the answer to the others."""
    inner: Any = cls.batch
    ainner: Any = cls.abatch

    def batch(self: Any, inputs: Any, config: Any = None, *, return_exceptions: bool = False, **kwargs: Any) -> list[Any]:
        done: list[Any] = inner(self, inputs, config, return_exceptions=return_exceptions, **kwargs)
        if len(done) < 2 or not isinstance(done[0], Refused):  # noqa: PLR2004 (more than one)
            return done
        configs = config if isinstance(config, list) else [config] * len(inputs)
        return [
            inner(self, [one], [its or {}], return_exceptions=True, **kwargs)[0] for one, its in zip(inputs, configs, strict=True)
        ]

    async def abatch(self: Any, inputs: Any, config: Any = None, *, return_exceptions: bool = False, **kwargs: Any) -> list[Any]:
        done: list[Any] = await ainner(self, inputs, config, return_exceptions=return_exceptions, **kwargs)
        if len(done) < 2 or not isinstance(done[0], Refused):  # noqa: PLR2004 (more than one)
            return done
        configs = config if isinstance(config, list) else [config] * len(inputs)
        return [
            (await ainner(self, [one], [its or {}], return_exceptions=True, **kwargs))[0]
            for one, its in zip(inputs, configs, strict=True)
        ]

    return {"batch": batch, "abatch": abatch}


def _generating(cls: type[BaseLLM], guard: Guard) -> Callable[..., LLMResult]:
    inner = cls._generate

    def _generate(
        self: BaseLLM,
        prompts: list[str],
        stop: Stop = None,
        run_manager: Any = None,  # noqa: ARG001 (handlers get no raw token)
        **kwargs: Any,
    ) -> LLMResult:
        one, name = _find(guard, prompts), model_name(self, kwargs)
        segments = _segments(prompts) if one is None else []
        settings = Settings(kwargs)
        judged = guard.pre_prompt([*segments, *settings.segments], model=name).segments if segments or settings.segments else ()
        kwargs = settings.rebuild(judged[len(segments) :])
        result = inner(self, _texts(judged[: len(segments)]) or prompts, stop=stop, **kwargs)
        if one is not None:
            if not may_be_cached(guard):
                return result
            one.answered += len(prompts)
        return _answered(guard, result, name)

    _generate.__signature__ = signature(_generate)  # type: ignore[attr-defined]  # LangChain takes it at every call
    return _generate


def _agenerating(cls: type[BaseLLM], guard: Guard) -> Callable[..., Any]:
    inner = cls._agenerate

    async def _agenerate(
        self: BaseLLM,
        prompts: list[str],
        stop: Stop = None,
        run_manager: Any = None,  # noqa: ARG001 (handlers get no raw token)
        **kwargs: Any,
    ) -> LLMResult:
        one, name = _find(guard, prompts), model_name(self, kwargs)
        segments = _segments(prompts) if one is None else []
        settings = Settings(kwargs)
        asked = [*segments, *settings.segments]
        judged = (await guard.apre_prompt(asked, model=name)).segments if asked else ()
        kwargs = settings.rebuild(judged[len(segments) :])
        result = await inner(self, _texts(judged[: len(segments)]) or prompts, stop=stop, **kwargs)
        if one is not None:
            if not may_be_cached(guard):
                return result
            one.answered += len(prompts)
        return await _aanswered(guard, result, name)

    _agenerate.__signature__ = signature(_agenerate)  # type: ignore[attr-defined]
    return _agenerate


def _streaming(cls: type[BaseLLM], guard: Guard) -> Callable[..., Iterator[GenerationChunk]]:
    inner = cls._stream

    def _stream(
        self: BaseLLM, prompt: str, stop: Stop = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[GenerationChunk]:
        name, problem = model_name(self, kwargs), None
        verbs = guard._session() or guard.session()  # noqa: SLF001 (whose stream this is, is settled here)
        settings = Settings(kwargs)
        judged = verbs.pre_prompt([*_segments([prompt]), *settings.segments], model=name).segments
        held = LlmStream(verbs, name)
        chunks = inner(self, judged[0].text, stop=stop, **settings.rebuild(judged[1:]))
        try:
            for chunk in chunks:
                yield _told(held.feed(chunk), run_manager)
            sent = held.end()
            if sent is not None:
                yield _told(sent, run_manager)
        except Exception as error:
            problem = withheld(guard, error, name or "", model=True)
            if problem is None:
                raise
        finally:
            close(held, chunks)
        raise_if(problem)

    return _stream


def _told(chunk: GenerationChunk, run_manager: Any) -> GenerationChunk:
    """LangChain leaves it to a plain model to tell its handlers of tokens."""
    if run_manager is not None:
        run_manager.on_llm_new_token(chunk.text, chunk=chunk)
    return chunk


def _astreaming(cls: type[BaseLLM], guard: Guard) -> Callable[..., AsyncIterator[GenerationChunk]]:
    inner = cls._astream

    async def _astream(
        self: BaseLLM, prompt: str, stop: Stop = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncIterator[GenerationChunk]:
        name, problem = model_name(self, kwargs), None
        verbs = guard._session() or guard.session()  # noqa: SLF001 (whose stream this is, is settled here)
        settings = Settings(kwargs)
        judged = (await verbs.apre_prompt([*_segments([prompt]), *settings.segments], model=name)).segments
        held = LlmStream(verbs, name)
        chunks = inner(self, judged[0].text, stop=stop, **settings.rebuild(judged[1:]))
        try:
            async for chunk in chunks:
                sent = held.feed(chunk)
                if run_manager is not None:
                    await run_manager.on_llm_new_token(sent.text, chunk=sent)
                yield sent
            last = await held.aend()
            if last is not None:
                if run_manager is not None:
                    await run_manager.on_llm_new_token(last.text, chunk=last)
                yield last
        except Exception as error:
            problem = withheld(guard, error, name or "", model=True)
            if problem is None:
                raise
        finally:
            await aclose(held, chunks)
        raise_if(problem)

    return _astream


def _segments(prompts: Sequence[str]) -> list[Segment]:
    return [Segment(prompt, Origin.USER, f"prompts[{i}]") for i, prompt in enumerate(prompts)]


def _texts(segments: Sequence[Segment]) -> list[str]:
    return [segment.text for segment in segments]


def _answered(guard: Guard, result: LLMResult, name: str | None) -> LLMResult:
    read = LlmAnswer(result)
    return read.rebuild(guard.post_response(read.segments, model=name).segments) if read.segments else result


async def _aanswered(guard: Guard, result: LLMResult, name: str | None) -> LLMResult:
    read = LlmAnswer(result)
    return read.rebuild((await guard.apost_response(read.segments, model=name)).segments) if read.segments else result
