"""`BartizanCallback`: one line on any chain, model or agent. It refuses, authorizes and audits; it can hardly redact."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal

from langchain_core import __version__ as version
from langchain_core.callbacks import BaseCallbackHandler

from bartizan import Action, BartizanError, Blocked, Guard, Origin, Resource, Segment
from bartizan_langchain._blocks import TEXT_FIELDS
from bartizan_langchain._calls import is_decided, read_args
from bartizan_langchain._in_place import changes_arrive, refusals_stop
from bartizan_langchain._marks import is_marked
from bartizan_langchain._messages import Reading, read_metadata, unchanged
from bartizan_langchain._objects import read_object
from bartizan_langchain._runs import Run, Runs, TokenWatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from langchain_core.documents import Document
    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import ChatGenerationChunk, GenerationChunk, LLMResult

    from bartizan import Session, Verdict

_EXPLAINED: Final = """\
BartizanCallback, by what LangChain lets a callback do:
  prompt to refuse       refused before the model is called
  prompt to redact       {prompt}
  answer to refuse       refused when it is whole; tokens of a stream are out by then, except as below
  answer to redact       refused: a callback can't change an answer
  streamed text          stopped before the token that completes a forbidden value{held}
  call of a tool         {tools}; its arguments are judged before it runs
  retrieval              {retrieval}; documents are judged when they come back, and again in the prompt
  not seen at all        models that run with other callbacks, in threads without context, or as fallbacks of a model that alone
                         was given the callback
guard_model has none of these limits: use it wherever the model can be wrapped."""


class BartizanCallback(BaseCallbackHandler):
    """A handler that judges what goes through a chain and raises a refusal where the guard says so.

    What a callback can and can't do in LangChain:

    - It refuses a prompt before the model is called, in every mode.
    - It redacts a prompt only by changing the messages in place, which changes the caller's own objects too. It does so
      (`redact="in_place"`) for messages with plain str content, and only where a probe on the installed LangChain shows that the
      change reaches the model. In every other case (content blocks, metadata, plain LLMs, `redact="refuse"`) it raises Blocked.
    - It can't redact an answer: one that would have to be redacted is refused in `on_llm_end`.
    - In a stream it can only stop. It does so before the token that completes a forbidden value; what came before is out. Where a
      plugin needs the whole answer it is judged at the end, when all tokens are out.
    - It authorizes `tool:<name>` and `retrieve` where the guard has an authorizer, and judges arguments and documents.

    `guard_model` has none of these limits. Registered twice for the same run, it acts once. Models, tools and retrievers that the
    same guard guards already are left to `guard_model`, `guard_tool` and `guard_retriever`.
    """

    raise_error = True
    """LangChain ignores what a handler raises otherwise: it would fail open."""
    run_inline = True
    """Before other handlers, and in the order of the tokens."""

    def __init__(self, guard: Guard, *, redact: Literal["in_place", "refuse"] = "in_place") -> None:
        super().__init__()
        if not isinstance(guard, Guard):
            message = f"BartizanCallback takes a Guard, not {type(guard).__name__}"
            raise TypeError(message)
        if redact not in {"in_place", "refuse"}:
            message = 'BartizanCallback takes redact="in_place" or redact="refuse"'
            raise ValueError(message)
        if not refusals_stop():
            message = f"BartizanCallback can stop nothing in langchain-core {version}: use a release that bartizan supports, or guard_model"
            raise BartizanError(message)
        self._guard = guard
        self._redact = redact
        self._runs = Runs()

    def explain(self) -> str:
        """What this handler can and can't do, in this process and under this guard; free of data."""
        in_place = self._redact == "in_place" and changes_arrive()
        holds = self._guard.engine.plans["post_response"].holds_streams
        asks = self._guard.has_authorizer
        return _EXPLAINED.format(
            prompt="redacted in place where a message is plain text, refused elsewhere" if in_place else "refused",
            held="; a plugin of this guard needs the whole answer, so its part comes too late" if holds else "",
            tools="authorized" if asks else "not authorized (no authorizer is loaded)",
            retrieval="authorized" if asks else "not authorized (no authorizer is loaded)",
        )

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        **kwargs: Any,
    ) -> None:
        """Judge a chat model's prompt."""
        run = self._begin(run_id, kwargs)
        if run is None:
            return
        run.judged_elsewhere = is_marked(serialized, self._guard)
        if run.judged_elsewhere:
            return
        with self._ended_if_refused(run_id):
            for batch in messages:
                reading = Reading(batch)
                self._apply(reading, batch, run.verbs.pre_prompt(reading.segments, model=run.model))

    def on_llm_start(self, serialized: dict[str, Any], prompts: list[str], *, run_id: UUID, **kwargs: Any) -> None:
        """Judge a plain model's prompts; a change to these would not reach it."""
        run = self._begin(run_id, kwargs)
        if run is None:
            return
        run.judged_elsewhere = is_marked(serialized, self._guard)
        if run.judged_elsewhere:
            return
        segments = [Segment(prompt, Origin.USER, f"prompts[{i}]") for i, prompt in enumerate(prompts)]
        with self._ended_if_refused(run_id):
            self._refuse_changes(run.verbs.pre_prompt(segments, model=run.model), segments, "the prompt of a plain LLM")

    def on_llm_new_token(
        self, token: str | list[Any], *, chunk: GenerationChunk | ChatGenerationChunk | None = None, run_id: UUID, **kwargs: Any
    ) -> None:
        """Stop a stream before the token that completes a forbidden value."""
        del kwargs
        run = self._runs.find(run_id)
        if run is None:
            run = self._open(None)
            self._runs.start(run_id, run)
        if run.judged_elsewhere:
            return
        run.calls += 1
        if (run.calls - 1) % run.copies:
            return
        for part, piece in _pieces(token, chunk):
            if part not in run.watches:
                run.watches[part] = TokenWatch(self._guard, run.verbs, run.model, part)
            run.watches[part].feed(piece)

    def on_stream_event(self, event: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """The same for LangChain's event streams."""
        delta = event.get("delta") if isinstance(event, dict) else None
        if isinstance(delta, dict):
            text = delta.get("text") or delta.get("reasoning")
            if isinstance(text, str):
                self.on_llm_new_token(
                    [{"type": "reasoning" if delta.get("reasoning") else "text", **delta}], run_id=run_id, **kwargs
                )

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """Judge the whole answer; what would have to be redacted there is refused."""
        del kwargs
        run = self._runs.end(run_id)
        if not self._runs.once("end", run_id) or (run is not None and run.judged_elsewhere):
            return
        verbs, model = (run.verbs, run.model) if run is not None else (self._verbs(), None)
        segments = _answer_segments(response)
        self._refuse_changes(verbs.post_response(segments, model=model), segments, "an answer")

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Forget the run."""
        del error, kwargs
        self._runs.end(run_id)

    def on_tool_start(
        self,
        serialized: dict[str, Any] | None,
        input_str: str,
        *,
        run_id: UUID,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Authorize a tool and judge its arguments before it runs."""
        if not self._runs.once("tool", run_id) or is_marked(input_str if inputs is None else inputs, self._guard):
            return
        named = (serialized or {}).get("name") or kwargs.get("name") or "unknown"
        args: Mapping[str, Any] = inputs if inputs is not None else {"input": input_str}
        call = kwargs.get("tool_call_id")
        if self._guard.has_authorizer and not is_decided(self._guard, str(named), call):
            self._guard.authorize(f"tool:{named}", args=args, call_id=call if isinstance(call, str) else "")
        flat = read_args(args, str(named))
        self._refuse_changes(self._guard.post_response(flat.segments), flat.segments, "arguments of a tool")

    def on_retriever_start(self, serialized: dict[str, Any] | None, query: str, *, run_id: UUID, **kwargs: Any) -> None:
        """Authorize a retrieval before it runs."""
        del serialized
        if self._runs.once("retriever", run_id) and self._guard.has_authorizer and not is_marked(query, self._guard):
            resource = Resource("retriever", str(kwargs.get("name") or "retriever"))
            self._guard.authorize("retrieve", resource, args={"query": str(query)})

    def on_retriever_end(self, documents: Sequence[Document], *, run_id: UUID, **kwargs: Any) -> None:
        """Judge what was retrieved: a refused document stops the chain. What needs redacting is met again in the prompt."""
        del kwargs
        if not self._runs.once("documents", run_id) or is_marked(documents, self._guard):
            return
        segments: list[Segment] = []
        for index, document in enumerate(documents):
            flat = read_object(document.metadata, Origin.DOCUMENT, f"documents[{index}].metadata", "metadata")
            segments += [Segment(document.page_content, Origin.DOCUMENT, f"documents[{index}].page_content"), *flat.segments]
        self._guard.pre_prompt(segments).raise_if_blocked()

    def _begin(self, run_id: UUID, kwargs: Mapping[str, Any]) -> Run | None:
        run = self._open(kwargs.get("invocation_params"))
        return run if self._runs.start(run_id, run) else None

    def _open(self, params: object) -> Run:
        found = (params.get("model") or params.get("model_name")) if isinstance(params, dict) else None
        return Run(self._verbs(), found if isinstance(found, str) else None)

    def _verbs(self) -> Session:
        """Who is asking is settled when a run starts: a stream may be read on in another user's context."""
        return self._guard._session() or self._guard.session()  # noqa: SLF001 (its own family)

    @contextmanager
    def _ended_if_refused(self, run_id: UUID) -> Iterator[None]:
        """LangChain reports no end of a run that was refused at its start."""
        try:
            yield
        except BaseException:
            self._runs.end(run_id)
            raise

    def _apply(self, reading: Reading, messages: Sequence[BaseMessage], verdict: Verdict) -> None:
        """Redact in place where that reaches the model; refuse where it doesn't."""
        judged = verdict.segments
        if unchanged(judged, reading.segments):
            return
        changed = [(old, new) for old, new in zip(messages, reading.rebuild(judged), strict=True) if new is not old]
        possible = self._redact == "in_place" and all(_only_content(old, new) for old, new in changed) and changes_arrive()
        if not possible:
            self._refuse_changes(verdict, reading.segments, "this prompt")
        for old, new in changed:
            old.content = new.content

    @staticmethod
    def _refuse_changes(verdict: Verdict, segments: Sequence[Segment], what: str) -> None:
        """Refuse what would have to be redacted. Pseudonyms that would be restored are no secret: they stay as they are."""
        judged = verdict.segments
        if unchanged(judged, segments):
            return
        found = [finding for finding in verdict.findings if finding.action is Action.REDACT]
        if found:
            labels = ", ".join(sorted({f"{finding.label} by {finding.plugin}" for finding in found}))
            reason = f"a callback can't redact {what}: found {labels}; use guard_model, which can"
            raise Blocked(reason, found)


def _only_content(old: BaseMessage, new: BaseMessage) -> bool:
    """Whether two messages differ in nothing but a str content. LangChain gives handlers a copy of messages with blocks."""
    if not isinstance(old.content, str):
        return False
    return old.model_copy(update={"content": new.content}) == new


def _pieces(token: str | list[Any], chunk: GenerationChunk | ChatGenerationChunk | None) -> Iterable[tuple[str, str]]:
    """The running text in a token: (part, text)."""
    if isinstance(token, str):
        yield "text", token
    else:
        for block in token:
            if isinstance(block, str):
                yield "text", block
            elif isinstance(block, dict):
                field, part = TEXT_FIELDS.get(str(block.get("type", "text")), ("", ""))
                if isinstance(block.get(field), str):
                    yield part, block[field]
    extras = getattr(getattr(chunk, "message", None), "additional_kwargs", None) or {}
    if isinstance(reasoning := extras.get("reasoning_content"), str):
        yield "reasoning", reasoning


def _answer_segments(response: LLMResult) -> list[Segment]:
    segments: list[Segment] = []
    for i, generations in enumerate(response.generations):
        messages = [generation.message for generation in generations if hasattr(generation, "message")]
        segments += Reading(messages, f"generations[{i}]").segments
        for generation in generations:
            if not hasattr(generation, "message"):
                segments.append(Segment(generation.text, Origin.ASSISTANT, f"generations[{i}].text"))
            info = generation.generation_info
            if info:
                segments += read_metadata(info, Origin.ASSISTANT, f"generations[{i}].generation_info").segments
    if response.llm_output:
        segments += read_metadata(response.llm_output, Origin.ASSISTANT, "llm_output").segments
    return segments
