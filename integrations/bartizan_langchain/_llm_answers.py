"""The answers of plain text models: an LLMResult's segments and the way back, and their streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.outputs import Generation, GenerationChunk
from langchain_core.utils._merge import merge_dicts

from bartizan import Origin, Segment
from bartizan_langchain._constants import ECHOES, is_constant
from bartizan_langchain._flats import mapping, sequence, text
from bartizan_langchain._messages import read_metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.outputs import LLMResult

    from bartizan import ResponseStream, Session
    from bartizan.structured import Flat


class LlmAnswer:
    """The segments of a result; `rebuild` gives it back, or a copy with the judged texts in place."""

    __slots__ = ("_flat", "_result", "segments")

    def __init__(self, result: LLMResult) -> None:
        self._result = result
        rows = [
            sequence(row, [_generation(one, f"generations[{i}][{j}]") for j, one in enumerate(row)])
            for i, row in enumerate(result.generations)
        ]
        parts: list[tuple[Any, Flat]] = [("generations", sequence(result.generations, rows))]
        if result.llm_output:
            parts.append(("llm_output", read_metadata(result.llm_output, Origin.ASSISTANT, "llm_output")))
        self._flat = mapping(result.__dict__, parts)
        self.segments: Sequence[Segment] = self._flat.segments

    def rebuild(self, judged: Sequence[Segment]) -> LLMResult:
        """The result as it may be seen; the very same object where nothing changed."""
        fields = self._result.__dict__
        new = self._flat.rebuild(judged)
        return self._result if new is fields else self._result.model_copy(update={name: new[name] for name in new})


def _generation(one: Any, path: str) -> Flat:
    fields = one.__dict__
    parts: list[tuple[Any, Flat]] = [("text", text(one.text, Origin.ASSISTANT, f"{path}.text"))]
    if one.generation_info:
        parts.append(("generation_info", read_metadata(one.generation_info, Origin.ASSISTANT, f"{path}.generation_info")))
    flat = mapping(fields, parts)

    def rebuild(judged: Sequence[Segment]) -> Any:
        new = flat.rebuild(judged)
        return one if new is fields else one.model_copy(update={"text": new["text"], "generation_info": _unechoed(new)})

    return type(flat)(flat.segments, rebuild)


def _unechoed(fields: Any) -> dict[str, Any] | None:
    """A changed answer's metadata, without what repeats it token by token."""
    info = fields["generation_info"]
    return {key: value for key, value in info.items() if key not in ECHOES} if info else info


class LlmStream:
    """A plain model's streamed answer: text goes through the guard's stream; metadata that could hold text waits for the end.

    Where a plugin needs the whole answer, the text waits too, so that it is judged together with the metadata.
    """

    def __init__(self, verbs: Session, model: str | None) -> None:
        self._verbs = verbs
        self._model = model
        whole: bool = verbs.engine.plans["post_response"].holds_streams
        self._text: ResponseStream | None = None if whole else verbs.open_stream(model=model)
        self._held: list[str] = []
        self._given: list[str] = []
        self._information: dict[str, Any] = {}

    def feed(self, chunk: GenerationChunk) -> GenerationChunk:
        """The chunk with what may go out by now.

        Raises:
            Blocked: something in it is refused; none of that has gone out.
        """
        info = chunk.generation_info
        now = {key: value for key, value in info.items() if is_constant(key, value)} if info else None
        if info:
            self._information = merge_dicts(
                self._information, {key: value for key, value in info.items() if key not in (now or {})}
            )
        if self._text is None:
            self._held.append(chunk.text)
            return GenerationChunk(text="", generation_info=now or None)
        out = self._text.feed(chunk.text)
        self._given.append(chunk.text)
        self._held.append(out)
        return chunk if out == chunk.text and now == info else GenerationChunk(text=out, generation_info=now or None)

    def end(self) -> GenerationChunk | None:
        """The rest, with all that was held; None if there is nothing to send."""
        flat, tail = self._rest(), "" if self._text is None else self._text.end()
        judged = self._verbs.post_response(flat.segments, model=self._model).segments if flat.segments else ()
        return self._last(flat.rebuild(judged), tail)

    async def aend(self) -> GenerationChunk | None:
        """The same, without blocking the event loop on asynchronous plugins."""
        flat, tail = self._rest(), "" if self._text is None else await self._text.aend()
        judged = (await self._verbs.apost_response(flat.segments, model=self._model)).segments if flat.segments else ()
        return self._last(flat.rebuild(judged), tail)

    def close(self) -> None:
        """Give the stream up where it is; after `end` this does nothing."""
        if self._text is not None:
            self._text.close()

    def _rest(self) -> Flat:
        return _generation(
            Generation(text="".join(self._held) if self._text is None else "", generation_info=self._information or None),
            "answer",
        )

    def _last(self, rest: Generation, tail: str) -> GenerationChunk | None:
        info = dict(rest.generation_info or {})
        if self._text is not None and "".join(self._held) + tail != "".join(self._given):
            info = {key: value for key, value in info.items() if key not in ECHOES}
        text_ = rest.text or tail
        return GenerationChunk(text=text_, generation_info=info or None) if text_ or info else None
