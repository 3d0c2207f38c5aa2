"""The verbs of a guard, and a session: who is asking, and what is remembered for them."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, overload

from bartizan._engine.response_stream import ResponseStream
from bartizan._errors import BartizanError, PluginError
from bartizan._pending import PendingAnswer
from bartizan._streams import apump, pump
from bartizan._values.access import AccessRequest, Approval, Decision, Effect, Principal, Resource
from bartizan._values.context import Context
from bartizan._values.texts import NO_METADATA

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    from bartizan._engine.access import AccessRun
    from bartizan._engine.engine import Engine
    from bartizan._engine.scope import Scope, ScopeStore
    from bartizan._values.texts import ResponseText, Text
    from bartizan._values.training import TrainingJob
    from bartizan._verdict import Verdict

T = TypeVar("T")


class _Nobody(Principal):
    """No principal at all. A copy or an unpickled one is the same object, so that it is not taken for someone called nobody."""

    __slots__ = ()

    def __reduce__(self) -> str:
        return "NOBODY"


NOBODY: Final = _Nobody("nobody")
"""Stands in a request that nobody identified makes; it is denied before any authorizer is asked."""

_entered: ContextVar[tuple[Session, ...]] = ContextVar("bartizan_sessions", default=())


def current_session(engine: Engine) -> Session | None:
    """The innermost session of this guard that the running context has entered."""
    for session in reversed(_entered.get()):
        if session.engine is engine:
            return session
    return None


class Verbs:
    """What a guard and a session both do. A guard's verbs act for the session that was entered, if any."""

    engine: Engine

    def _session(self) -> Session | None:
        raise NotImplementedError  # a guard and a session each say

    def pre_prompt(
        self, prompt: Text, *, model: str | None = None, purpose: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> Verdict:
        """Judge what a model is about to be given.

        Raises:
            PluginError: a plugin failed; the call is refused.
        """
        context, scope = self._bound(model, purpose, metadata)
        return self.engine.judge("pre_prompt", prompt, context, scope)

    async def apre_prompt(
        self, prompt: Text, *, model: str | None = None, purpose: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> Verdict:
        """Judge what a model is about to be given, without blocking the event loop."""
        context, scope = self._bound(model, purpose, metadata)
        return await self.engine.ajudge("pre_prompt", prompt, context, scope)

    def post_response(self, response: ResponseText, *, model: str | None = None) -> Verdict:
        """Judge what a model answered, before anyone sees it; this session's pseudonyms in it give their values back.

        Raises:
            PluginError: a plugin failed; the call is refused.
        """
        context, scope = self._bound(model, None, None)
        return self.engine.judge("post_response", response, context, scope)

    async def apost_response(self, response: ResponseText, *, model: str | None = None) -> Verdict:
        """Judge what a model answered, without blocking the event loop."""
        context, scope = self._bound(model, None, None)
        return await self.engine.ajudge("post_response", response, context, scope)

    def open_stream(self, *, model: str | None = None, part: str = "text") -> ResponseStream:
        """The push interface of a streamed answer: `feed` pieces, then `end`. Who is asking is settled now."""
        self.engine.check_open()
        context, scope = self._bound(model, None, None)
        return ResponseStream(self.engine, context, scope, part=part)

    def stream_response(self, chunks: Iterable[str]) -> Iterator[str]:
        """Judge an answer as it streams: the text that `post_response` would give for the whole, however it is cut.

        Who is asking is settled when this is called, not when the stream is read. Reading raises Blocked before any character of what
        is refused has gone out.
        """
        return pump(self.open_stream(), chunks)

    def astream_response(self, chunks: AsyncIterable[str]) -> AsyncIterator[str]:
        """The same for an asynchronous stream."""
        return apump(self.open_stream(), chunks)

    def authorize(
        self,
        action: str,
        resource: Resource | None = None,
        *,
        args: Mapping[str, Any] | None = None,
        approval: Approval | None = None,
        call_id: str = "",
        annotations: Mapping[str, Any] | None = None,
    ) -> Decision:
        """Return the decision that allows it.

        Raises:
            AccessDenied: it is denied, nobody is identified, or no authorizer grants it.
            ApprovalRequired: a person must approve it first.
            PluginError: an authorizer failed.
        """
        request, identified = self._request(action, resource, args, approval, call_id, annotations)
        return self.engine.decide(request, identified=identified).outcome()

    def aauthorize(
        self,
        action: str,
        resource: Resource | None = None,
        *,
        args: Mapping[str, Any] | None = None,
        approval: Approval | None = None,
        call_id: str = "",
        annotations: Mapping[str, Any] | None = None,
    ) -> PendingAnswer[Decision]:
        """The same, to be awaited. A denial by synchronous authorizers raises here already, so a forgotten await stays closed."""
        request, identified = self._request(action, resource, args, approval, call_id, annotations)
        run = self.engine.begin_decision(request, identified=identified)
        tasks = run.tasks()
        if not tasks:
            run.decide(self.engine.desk)
            if run.failure is not None or run.decision.effect is not Effect.ALLOW:
                if self.engine.reporter.active:
                    self.engine.reporter.report(run.event())
                run.outcome()
        finished = self.engine.afinish(run, tasks)

        async def outcome() -> Decision:
            await finished
            return run.outcome()

        return PendingAnswer(outcome(), finished)

    def is_allowed(self, action: str, resource: Resource | None = None, *, args: Mapping[str, Any] | None = None) -> bool:
        """Whether it is allowed now; what needs approval is not.

        Raises:
            PluginError: an authorizer failed.
        """
        request, identified = self._request(action, resource, args, None, "", None)
        return self._answer(self.engine.decide(request, identified=identified))

    def ais_allowed(
        self, action: str, resource: Resource | None = None, *, args: Mapping[str, Any] | None = None
    ) -> PendingAnswer[bool]:
        """The same, to be awaited; un-awaited it has no truth value."""
        request, identified = self._request(action, resource, args, None, "", None)
        run = self.engine.begin_decision(request, identified=identified)
        tasks = run.tasks()
        if not tasks:
            run.decide(self.engine.desk)
        finished = self.engine.afinish(run, tasks)

        async def outcome() -> bool:
            await finished
            return self._answer(run)

        return PendingAnswer(outcome(), finished)

    @overload
    def filter_allowed(self, action: str, items: Iterable[Resource]) -> list[Resource]: ...
    @overload
    def filter_allowed(self, action: str, items: Iterable[T], *, resource: Callable[[T], Resource]) -> list[T]: ...
    def filter_allowed(
        self, action: str, items: Iterable[Any], *, resource: Callable[[Any], Resource] | None = None
    ) -> list[Any]:
        """The items on which the action is allowed, in their order; `resource` gives an item's resource.

        Raises:
            PluginError: an authorizer failed.
        """
        out = []
        for item in items:
            of = item if resource is None else resource(item)
            if not isinstance(of, Resource):  # None would be a question about the action alone
                message = f"filter_allowed takes Resources, or resource= a function that gives one, not {type(of).__name__}"
                raise TypeError(message)
            if self.is_allowed(action, of):
                out.append(item)
        return out

    def authorize_all(self, requests: Sequence[AccessRequest]) -> list[Decision]:
        """Decide the calls of one model message together; raises nothing: an authorizer that fails denies all of them."""
        given = list(requests)
        for request in given:
            if not isinstance(request, AccessRequest):
                message = f"authorize_all takes AccessRequests, not {type(request).__name__}"
                raise TypeError(message)
        self._bound(None, None, None)  # a closed session refuses
        out: list[Decision] = []
        for request in given:
            try:
                run = self.engine.decide(request, identified=_identified(request))
                failed = run.failure is not None
                out.append(run.decision)
            except PluginError:  # a required observer
                failed = True
            if failed:
                return [Decision.deny("a plugin failed, so none of these calls may run") for _ in given]
        return out

    def on_train(self, job: TrainingJob) -> TrainingJob:
        """The job as it may be trained on: its texts sanitised, then changed as its plugins say.

        Where an authorizer is loaded, `train` on the data set is authorized first. The data set given is never changed.

        Raises:
            Refused: the job is refused; PluginError: a plugin failed; BartizanError: the data set can't be sanitised.
        """
        _check_job(job)
        if self.engine.authorizers:
            self.authorize("train", Resource("dataset", job.dataset_id))
        return self.engine.train(job, self._bound(None, job.purpose, None)[0])

    async def aon_train(self, job: TrainingJob) -> TrainingJob:
        """The same, without blocking the event loop on asynchronous plugins."""
        _check_job(job)
        if self.engine.authorizers:
            await self.aauthorize("train", Resource("dataset", job.dataset_id))
        return await self.engine.atrain(job, self._bound(None, job.purpose, None)[0])

    def restore(self, text: str) -> str:
        """The text with this session's pseudonyms replaced by their values; look-alikes are left alone."""
        session = self._session()
        if session is None:
            return text
        session.check_open()
        return session.scope.vault.restore(text)

    def _bound(self, model: str | None, purpose: str | None, metadata: Mapping[str, Any] | None) -> tuple[Context, Scope | None]:
        session = self._session()
        if session is None:
            return Context(None, None, model, purpose, metadata), None
        return session.context(model, purpose, metadata), session.scope

    def _request(
        self,
        action: str,
        resource: Resource | None,
        args: Mapping[str, Any] | None,
        approval: Approval | None,
        call_id: str,
        annotations: Mapping[str, Any] | None,
    ) -> tuple[AccessRequest, bool]:
        if not isinstance(action, str) or not action:
            message = "authorize takes an action: a non-empty str such as 'deploy' or 'tool:search'"
            raise TypeError(message)
        if resource is not None and not isinstance(resource, Resource):
            message = f"authorize takes resource=Resource(...), not {type(resource).__name__}"
            raise TypeError(message)
        if args is not None and not isinstance(args, Mapping):
            message = f"authorize takes args as a mapping of names to values, not {type(args).__name__}"
            raise TypeError(message)
        context, scope = self._bound(None, None, None)
        written = NO_METADATA if args is None else args
        restored = scope.vault.restore_values(written) if scope is not None and scope.has_pseudonyms else written
        who = context.principal
        request = AccessRequest(
            NOBODY if who is None else who,
            action,
            resource,
            restored,
            context,
            written,
            call_id,
            NO_METADATA if annotations is None else annotations,
            approval,
        )
        return request, who is not None

    @staticmethod
    def _answer(run: AccessRun) -> bool:
        if run.failure is not None:
            raise run.failure
        return run.decision.effect is Effect.ALLOW


def _check_job(job: object) -> None:
    from bartizan._values.training import TrainingJob

    if not isinstance(job, TrainingJob):
        message = f"on_train takes a TrainingJob, not {type(job).__name__}"
        raise TypeError(message)


def _identified(request: AccessRequest) -> bool:
    return isinstance(request.principal, Principal) and not isinstance(request.principal, _Nobody)


class Session(Verbs):
    """One principal's use of a guard: entered with `with`, or used through its own verbs.

    Sessions with the same id, principal and tenant share their pseudonyms and cache, also over several requests, until `close`. Without
    a principal, or without an id, nothing is shared: an id alone is a client's claim.
    """

    def __init__(self, engine: Engine, store: ScopeStore, principal: Principal | None, session_id: str | None) -> None:
        from bartizan._engine.scope import Scope

        if principal is not None and not isinstance(principal, Principal):
            message = f"a session takes a Principal, not {type(principal).__name__}"
            raise TypeError(message)
        if session_id is not None and (not isinstance(session_id, str) or not session_id):
            message = "a session's id is a non-empty str or None"
            raise TypeError(message)
        self.engine = engine
        self.principal = principal
        self.id = session_id
        self._store = store
        self._closed = False
        self._key = (principal.tenant, principal.id, session_id) if principal is not None and session_id is not None else None
        self.scope: Scope = Scope() if self._key is None else store.find(self._key)

    def context(self, model: str | None, purpose: str | None, metadata: Mapping[str, Any] | None) -> Context:
        """What plugins are told of a call in this session."""
        self.check_open()
        return Context(self.principal, self.id, model, purpose, metadata, self.scope.state)

    def check_open(self) -> None:
        """Refuse to work after `close`."""
        if self._closed:
            message = "this session is closed: open a new one"
            raise BartizanError(message)

    def export_pseudonyms(self, key: bytes | str) -> bytes:
        """This session's pseudonyms, encrypted, to be kept or carried to another process; `import_pseudonyms` takes them over there.

        Args:
            key: 32 random bytes, or the NAME of a `[keys.NAME]` in the policy.

        Raises:
            BartizanError: the session has no principal or no id, so that nothing says whose they are; the key is not one.
            PolicyError: there is no key of that name.
            MissingExtra: cryptography is not installed (`pip install 'bartizan[audit]'`).
        """
        from bartizan._engine.sealed import seal

        owner = self._owner()
        return seal(self.scope.vault, owner, self._sealing_key(key))

    def import_pseudonyms(self, blob: bytes, key: bytes | str) -> int:
        """Take over pseudonyms that `export_pseudonyms` gave for the same tenant, principal and session id; how many it holds.

        They restore from now on, and the same value has the same placeholder as before.

        Raises:
            Refused: another key or owner, altered, or more than a session remembers; nothing was taken over.
            BartizanError, PolicyError, MissingExtra: as `export_pseudonyms`.
        """
        from bartizan._engine.sealed import unseal

        owner = self._owner()
        return unseal(blob, self.scope.vault, owner, self._sealing_key(key))

    def _owner(self) -> tuple[str | None, str, str]:
        self.check_open()
        if self._key is None:
            message = "pseudonyms are exported for a principal and a session id: open the session with both"
            raise BartizanError(message)
        return self._key

    def _sealing_key(self, key: bytes | str) -> bytes:
        from bartizan._engine.sealed import checked_key

        named = self.engine.named_key
        return named(key) if isinstance(key, str) and named is not None else checked_key(key)

    def close(self) -> None:
        """End the session for good: its pseudonyms and cache are forgotten, and its verbs refuse."""
        self._closed = True
        if self._key is None:
            self.scope.forget()
        else:
            self._store.drop(self._key)

    def _session(self) -> Session:
        return self

    def __enter__(self) -> Self:
        _entered.set((*_entered.get(), self))
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        entered = list(_entered.get())
        for place in reversed(range(len(entered))):
            if entered[place] is self:
                del entered[place]
                break
        _entered.set(tuple(entered))

    def __repr__(self) -> str:
        return f"Session(principal={self.principal!r}, id={'None' if self.id is None else f'<{len(self.id)} characters>'})"
