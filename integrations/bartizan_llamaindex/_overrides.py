"""The methods of a guarded model: its eight calls, and structured prediction, whose objects are answers too."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from bartizan import Origin
from bartizan_llamaindex._answers import read_chat, read_completion
from bartizan_llamaindex._inside import inside, is_inside
from bartizan_llamaindex._judged import ajudge_answer, ajudge_prompt, judge_answer, judge_prompt
from bartizan_llamaindex._messages import read_messages
from bartizan_llamaindex._stream import AnswerStream
from bartizan_llamaindex._texts import Things
from bartizan_llamaindex._trip import check_trip

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from bartizan import Guard, Session
    from bartizan_llamaindex._texts import Texts

_TOOLS: Final = ("tools", "functions")
_END: Final[Any] = object()


def overrides(cls: Any, guard: Guard) -> dict[str, Any]:
    """The body of the guarded subclass."""
    body: dict[str, Any] = {}
    for kind, read in (("chat", read_chat), ("complete", read_completion)):
        body[kind] = _whole(cls, guard, kind, read)
        body[f"a{kind}"] = _awhole(cls, guard, f"a{kind}", read)
        body[f"stream_{kind}"] = _streaming(cls, guard, f"stream_{kind}")
        body[f"astream_{kind}"] = _astreaming(cls, guard, f"astream_{kind}")
    body["structured_predict"] = _predicting(cls, guard)
    body["astructured_predict"] = _apredicting(cls, guard)
    body["stream_structured_predict"] = _stream_predicting(cls, guard)
    body["astream_structured_predict"] = _astream_predicting(cls, guard)
    return body


def model_name(model: Any) -> str | None:
    """The name under which the provider knows the model, by the fields that LlamaIndex's models use for it."""
    fields = model.__dict__
    return next((name for name in (fields.get("model"), fields.get("model_name")) if type(name) is str), None)


def _asked(given: Any, kwargs: Mapping[str, Any]) -> Callable[[Texts], tuple[Any, dict[str, Any]]]:
    """A walk over a prompt and the schemas of the tools that go with it, which the application writes."""

    def walk(texts: Texts) -> tuple[Any, dict[str, Any]]:
        judged = texts.text(given, Origin.USER, "prompt") if isinstance(given, str) else read_messages(texts, given)
        schemas = Things(texts, Origin.SYSTEM, "metadata", opaque="keep")
        tools = {name: schemas.thing(kwargs[name], name) for name in _TOOLS if kwargs.get(name)}
        return judged, {**kwargs, **tools}

    return walk


def _split(args: tuple[Any, ...], kwargs: dict[str, Any], name: str) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """The prompt or messages, given by position or by name; what else was given by position; the rest."""
    if args:
        return args[0], args[1:], kwargs
    if name not in kwargs:
        message = f"a model's call takes {name}"
        raise TypeError(message)
    return kwargs[name], (), {key: value for key, value in kwargs.items() if key != name}


def _parameter(kind: str) -> str:
    return "messages" if kind.endswith("chat") else "prompt"


def _whole(cls: Any, guard: Guard, kind: str, read: Callable[[Texts, Any], Any]) -> Callable[..., Any]:
    inner, parameter = getattr(cls, kind), _parameter(kind)

    @wraps(inner)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if is_inside(self, guard):
            return inner(self, *args, **kwargs)
        check_trip(guard)
        given, more, kwargs = _split(args, kwargs, parameter)
        name = model_name(self)
        given, kwargs = judge_prompt(guard, _asked(given, kwargs), name)
        with inside(self, guard):
            response = inner(self, given, *more, **kwargs)
        return judge_answer(guard, lambda texts: read(texts, response), name)

    return call


def _awhole(cls: Any, guard: Guard, kind: str, read: Callable[[Texts, Any], Any]) -> Callable[..., Any]:
    inner, parameter = getattr(cls, kind), _parameter(kind)

    @wraps(inner)
    async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if is_inside(self, guard):
            return await inner(self, *args, **kwargs)
        check_trip(guard)
        given, more, kwargs = _split(args, kwargs, parameter)
        name = model_name(self)
        given, kwargs = await ajudge_prompt(guard, _asked(given, kwargs), name)
        with inside(self, guard):
            response = await inner(self, given, *more, **kwargs)
        return await ajudge_answer(guard, lambda texts: read(texts, response), name)

    return call


def _streaming(cls: Any, guard: Guard, kind: str) -> Callable[..., Any]:
    inner, parameter = getattr(cls, kind), _parameter(kind)

    @wraps(inner)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if is_inside(self, guard):
            return inner(self, *args, **kwargs)
        check_trip(guard)
        # Whose stream this is, is settled here: it may be read on in another user's context.
        verbs = guard._session() or guard.session()  # noqa: SLF001 (its own family)
        given, more, kwargs = _split(args, kwargs, parameter)
        name = model_name(self)
        given, kwargs = judge_prompt(guard, _asked(given, kwargs), name)
        with inside(self, guard):
            chunks = inner(self, given, *more, **kwargs)
        return _pumped(self, guard, verbs, chunks, name)

    return call


def _pumped(model: Any, guard: Guard, verbs: Session, chunks: Iterator[Any], name: str | None) -> Iterator[Any]:
    held = AnswerStream(verbs, name)
    try:
        while True:
            with inside(model, guard):
                chunk = next(chunks, _END)
            if chunk is _END:
                break
            sent = held.feed(chunk)
            if sent is not None:
                yield sent
        sent = held.end()
        if sent is not None:
            yield sent
    finally:
        held.close()
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


def _astreaming(cls: Any, guard: Guard, kind: str) -> Callable[..., Any]:
    inner, parameter = getattr(cls, kind), _parameter(kind)

    @wraps(inner)
    async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if is_inside(self, guard):
            return await inner(self, *args, **kwargs)
        check_trip(guard)
        verbs = guard._session() or guard.session()  # noqa: SLF001 (its own family)
        given, more, kwargs = _split(args, kwargs, parameter)
        name = model_name(self)
        given, kwargs = await ajudge_prompt(guard, _asked(given, kwargs), name)
        with inside(self, guard):
            chunks = await inner(self, given, *more, **kwargs)
        return _apumped(self, guard, verbs, chunks, name)

    return call


async def _apumped(model: Any, guard: Guard, verbs: Session, chunks: AsyncIterator[Any], name: str | None) -> AsyncIterator[Any]:
    held = AnswerStream(verbs, name)
    try:
        while True:
            with inside(model, guard):
                chunk = await anext(chunks, _END)
            if chunk is _END:
                break
            sent = held.feed(chunk)
            if sent is not None:
                yield sent
        sent = await held.aend()
        if sent is not None:
            yield sent
    finally:
        held.close()
        aclose = getattr(chunks, "aclose", None)
        if aclose is not None:
            await aclose()


def _predicted(found: Any) -> Callable[[Texts], Any]:
    """A walk over an object that was predicted: an answer in another form, whichever way the model gave it."""
    return lambda texts: Things(texts, Origin.ASSISTANT, "text", numbers=False, opaque="keep").thing(found, "output")


def _predicting(cls: Any, guard: Guard) -> Callable[..., Any]:
    inner = cls.structured_predict

    @wraps(inner)
    def structured_predict(self: Any, *args: Any, **kwargs: Any) -> Any:
        return judge_answer(guard, _predicted(inner(self, *args, **kwargs)), model_name(self))

    return structured_predict


def _apredicting(cls: Any, guard: Guard) -> Callable[..., Any]:
    inner = cls.astructured_predict

    @wraps(inner)
    async def astructured_predict(self: Any, *args: Any, **kwargs: Any) -> Any:
        return await ajudge_answer(guard, _predicted(await inner(self, *args, **kwargs)), model_name(self))

    return astructured_predict


def _stream_predicting(cls: Any, guard: Guard) -> Callable[..., Any]:
    inner = cls.stream_structured_predict

    @wraps(inner)
    def stream_structured_predict(self: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """The last object alone: half of a value in one before it could not be told from any other text."""
        verbs = guard._session() or guard.session()  # noqa: SLF001 (its own family)
        return _last(verbs, inner(self, *args, **kwargs), model_name(self))

    return stream_structured_predict


def _last(verbs: Session, objects: Iterator[Any], name: str | None) -> Iterator[Any]:
    last: Any = _END
    for one in objects:
        last = one
    if last is not _END:
        yield judge_answer(verbs, _predicted(last), name)


def _astream_predicting(cls: Any, guard: Guard) -> Callable[..., Any]:
    inner = cls.astream_structured_predict

    @wraps(inner)
    async def astream_structured_predict(self: Any, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        verbs = guard._session() or guard.session()  # noqa: SLF001 (its own family)
        return _alast(verbs, await inner(self, *args, **kwargs), model_name(self))

    return astream_structured_predict


async def _alast(verbs: Session, objects: AsyncIterator[Any], name: str | None) -> AsyncIterator[Any]:
    last: Any = _END
    async for one in objects:
        last = one
    if last is not _END:
        yield await ajudge_answer(verbs, _predicted(last), name)
