"""Authorization: deny overrides ask overrides allow, nothing said is a deny, and an approval holds once, for one request."""

from __future__ import annotations

import copy
import itertools
import pickle
import time
from dataclasses import replace
from typing import Any

import pytest
from support.doubles import ALICE, BOB, guarded, plugin, scanning

from bartizan import (
    AccessDenied,
    AccessRequest,
    Approval,
    ApprovalRequired,
    BartizanError,
    Context,
    Decision,
    Effect,
    Guard,
    MissingExtra,
    PluginError,
    Principal,
    Resource,
)

ALLOW, ASK, DENY, NONE = Decision.ALLOW, Decision.ask("costly"), Decision.deny("not yours"), None


def says(name: str, said: Any) -> Any:
    return plugin(name, authorize=lambda self, request, context: said(request) if callable(said) else said)


def outcome(guard: Guard, action: str = "deploy", principal: Principal | None = ALICE, **given: Any) -> str:
    try:
        return guard.session(principal).authorize(action, **given).effect.value
    except AccessDenied:
        return "deny"
    except ApprovalRequired:
        return "ask"


@pytest.mark.parametrize(
    "opinions", [one for size in (0, 1, 2, 3) for one in itertools.product((ALLOW, ASK, DENY, NONE), repeat=size)], ids=str
)
def test_the_strictest_opinion_decides_in_every_order_and_none_is_a_deny(opinions: tuple[Any, ...]) -> None:
    said = {one.effect for one in opinions if one is not None}
    want = next((e.value for e in (Effect.DENY, Effect.ASK, Effect.ALLOW) if e in said), "deny")
    guard = Guard(plugins=[says(f"p{i}", one) for i, one in enumerate(opinions)])
    assert outcome(guard) == want
    assert guard.session(ALICE).is_allowed("deploy") is (want == "allow")
    assert guard.has_authorizer is bool(opinions)


def test_nobody_is_denied_before_any_authorizer_is_asked() -> None:
    asked: list[Any] = []
    guard = Guard(plugins=[says("one", lambda request: asked.append(request) or ALLOW)])
    for verbs in (guard, guard.session(), guard.session(id="claimed")):
        with pytest.raises(AccessDenied, match="nobody is identified"):
            verbs.authorize("deploy")
        assert verbs.is_allowed("deploy") is False
    assert asked == []
    assert guard.session(ALICE).is_allowed("deploy")
    assert len(asked) == 1


def test_a_denial_names_the_action_and_says_when_to_come_back() -> None:
    guard = Guard(
        plugins=[
            says("a", Decision.deny("too many", retry_after=2.0)),
            says("b", Decision.deny("no", retry_after=9.5)),
            says("c", ALLOW),
        ]
    )
    with pytest.raises(AccessDenied, match="'deploy' is denied") as caught:
        guard.session(ALICE).authorize("deploy")
    assert caught.value.retry_after == 9.5
    assert caught.value.request.principal == ALICE
    assert caught.value.request.action == "deploy"


def test_every_authorizer_is_asked_whatever_the_first_says() -> None:
    asked: list[str] = []

    def said(name: str, decision: Any) -> Any:
        return says(name, lambda request: asked.append(name) or decision)

    outcome(Guard(plugins=[said("a", DENY), said("b", ALLOW), said("c", NONE)]))
    assert asked == ["a", "b", "c"]


@pytest.mark.parametrize("action", ["", None, 5, b"deploy", ["deploy"]], ids=repr)
def test_an_action_is_a_name(action: Any) -> None:
    with pytest.raises(TypeError, match="non-empty str"):
        Guard(plugins=[says("a", ALLOW)]).session(ALICE).authorize(action)


def test_resources_and_arguments_have_their_types() -> None:
    session = Guard(plugins=[says("a", ALLOW)]).session(ALICE)
    with pytest.raises(TypeError, match="Resource"):
        session.authorize("deploy", "model")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="mapping"):
        session.authorize("deploy", args=["x"])  # type: ignore[arg-type]


def test_authorizers_see_the_request_in_full() -> None:
    seen: list[AccessRequest] = []
    guard = Guard(plugins=[says("a", lambda request: seen.append(request) or ALLOW)])
    resource = Resource("model", "m1", tenant="acme", attributes={"size": 3})
    guard.session(ALICE, id="s").authorize(
        "tool:pay", resource, args={"amount": 3}, call_id="c1", annotations={"destructive": True}
    )
    (one,) = seen
    assert (one.principal, one.action, one.resource, dict(one.args), one.call_id) == (
        ALICE,
        "tool:pay",
        resource,
        {"amount": 3},
        "c1",
    )
    assert one.annotations == {"destructive": True}
    assert one.context.session_id == "s"


class TestFilter:
    def test_it_keeps_what_is_allowed_in_order(self) -> None:
        guard = Guard(plugins=[says("a", lambda request: ALLOW if request.resource.tenant == "acme" else DENY)])
        rows = [Resource("doc", str(i), tenant=t) for i, t in enumerate(["acme", "evil", "acme", None])]
        assert [r.id for r in guard.session(ALICE).filter_allowed("retrieve", rows)] == ["0", "2"]
        assert guard.filter_allowed("retrieve", rows) == []

    def test_items_of_any_kind_by_their_resource(self) -> None:
        guard = Guard(plugins=[says("a", lambda request: ALLOW if int(request.resource.id) % 2 else ASK)])
        assert guard.session(ALICE).filter_allowed("retrieve", [1, 2, 3], resource=lambda n: Resource("n", str(n))) == [1, 3]

    def test_an_item_without_a_resource_or_a_failing_authorizer_refuses(self) -> None:
        session = Guard(plugins=[says("a", lambda request: 1 / 0)]).session(ALICE)
        with pytest.raises(TypeError):
            session.filter_allowed("retrieve", ["text"])  # type: ignore[type-var]
        with pytest.raises(PluginError):
            session.filter_allowed("retrieve", [Resource("doc", "1")])


class TestAuthorizeAll:
    @staticmethod
    def request(action: str, principal: Principal = ALICE) -> AccessRequest:
        return AccessRequest(principal, action, None, {}, Context(principal), {})

    def test_each_gets_its_own_decision_and_nothing_is_raised(self) -> None:
        guard = Guard(plugins=[says("a", lambda request: {"yes": ALLOW, "maybe": ASK, "no": DENY}.get(request.action))])
        got = guard.authorize_all([self.request(action) for action in ("yes", "maybe", "no", "what")])
        assert [one.effect.value for one in got] == ["allow", "ask", "deny", "deny"]
        assert guard.authorize_all([]) == []

    def test_one_failure_denies_them_all(self) -> None:
        guard = Guard(plugins=[says("a", lambda request: ALLOW if request.action == "yes" else 1 / 0)])
        for order in (["yes", "boom"], ["boom", "yes"], ["yes", "boom", "yes"]):
            got = guard.authorize_all([self.request(action) for action in order])
            assert [one.effect for one in got] == [Effect.DENY] * len(order)

    def test_a_required_observer_that_fails_denies_them_all(self) -> None:
        def observe(self: Any, event: Any) -> None:
            raise ValueError

        guard = Guard(plugins=[says("a", ALLOW), plugin("log", attributes={"required": True}, observe=observe)])
        assert [one.effect for one in guard.authorize_all([self.request("yes")] * 2)] == [Effect.DENY] * 2

    def test_requests_made_for_nobody_are_denied(self) -> None:
        seen: list[AccessRequest] = []

        def keep(request: AccessRequest) -> None:
            seen.append(request)

        guard = Guard(plugins=[says("a", ALLOW)])
        try:
            guard.authorize("deploy")
        except AccessDenied as denied:
            keep(denied.request)
        assert [one.effect for one in guard.authorize_all(seen)] == [Effect.DENY]

    def test_what_is_no_request_refuses(self) -> None:
        with pytest.raises(TypeError, match="AccessRequest"):
            Guard(plugins=[says("a", ALLOW)]).authorize_all(["deploy"])  # type: ignore[list-item]


def asking() -> Guard:
    return Guard(plugins=[says("asks", lambda request: ASK if request.action.startswith("tool:") else ALLOW)])


def required(guard: Guard, principal: Principal = ALICE, action: str = "tool:pay", **given: Any) -> AccessRequest:
    with pytest.raises(ApprovalRequired) as caught:
        guard.session(principal).authorize(action, **given)
    return caught.value.request


class TestApprovals:
    def test_it_turns_its_ask_into_an_allow_once(self) -> None:
        guard = asking()
        approval = guard.approve(required(guard, args={"amount": 3}), by=BOB)
        assert guard.session(ALICE).authorize("tool:pay", args={"amount": 3}, approval=approval).effect is Effect.ALLOW
        with pytest.raises(AccessDenied, match="used already"):
            guard.session(ALICE).authorize("tool:pay", args={"amount": 3}, approval=approval)

    @pytest.mark.parametrize(
        ("args", "changed"),
        [
            ({"amount": 3}, {"amount": 4}),
            ({"amount": 3}, {"amount": 3.0}),
            ({"amount": 3}, {"amount": "3"}),
            ({"flag": 1}, {"flag": True}),
            ({"amount": 3}, {}),
            ({}, {"amount": 3}),
            ({"a": 1, "b": 2}, {"a": 2, "b": 1}),
            ({"a": "1", "b": ""}, {"a": "", "b": "1"}),
            ({"a": ["x", "y"]}, {"a": ["xy"]}),
            ({"a": ["x", ["y"]]}, {"a": [["x"], "y"]}),
            ({"a": {"b": 1}}, {"a": [["b", 1]]}),
            ({"a": None}, {"a": "None"}),
            ({"ab": "c"}, {"a": "bc"}),
        ],
        ids=str,
    )
    def test_altered_arguments_are_refused(self, args: Any, changed: Any) -> None:
        guard = asking()
        approval = guard.approve(required(guard, args=args), by=BOB)
        with pytest.raises(AccessDenied, match="for another request"):
            guard.session(ALICE).authorize("tool:pay", args=changed, approval=approval)
        assert guard.session(ALICE).authorize("tool:pay", args=args, approval=approval).effect is Effect.ALLOW

    def test_the_order_of_keys_does_not_matter(self) -> None:
        guard = asking()
        approval = guard.approve(required(guard, args={"a": 1, "b": 2}), by=BOB)
        assert guard.session(ALICE).authorize("tool:pay", args={"b": 2, "a": 1}, approval=approval).effect is Effect.ALLOW

    @pytest.mark.parametrize(
        "other",
        [
            {"principal": BOB},
            {"principal": Principal("alice", ["user"], tenant="other")},
            {"principal": Principal("alice", ["user"])},
            {"action": "tool:refund"},
            {"resource": Resource("account", "2")},
            {"resource": None},
            {"call_id": "c2"},
        ],
        ids=str,
    )
    def test_it_holds_for_no_other_principal_action_resource_or_call(self, other: dict[str, Any]) -> None:
        guard = asking()
        same: dict[str, Any] = {"principal": ALICE, "action": "tool:pay", "resource": Resource("account", "1"), "call_id": "c1"}

        def call(principal: Principal, action: str, approval: Any = None, **given: Any) -> Decision:
            return guard.session(principal).authorize(action, approval=approval, **given)

        with pytest.raises(ApprovalRequired) as caught:
            call(**same)
        approval = guard.approve(caught.value.request, by=BOB)
        with pytest.raises(AccessDenied, match="for another request"):
            call(**{**same, **other}, approval=approval)
        assert call(**same, approval=approval).effect is Effect.ALLOW

    def test_it_expires(self, monkeypatch: pytest.MonkeyPatch) -> None:
        guard = asking()
        now = time.time()
        approval = guard.approve(required(guard), by=BOB, expires_s=10)
        late = guard.approve(required(guard), by=BOB, expires_s=12)
        monkeypatch.setattr(time, "time", lambda: now + 11)
        with pytest.raises(AccessDenied, match="expired"):
            guard.session(ALICE).authorize("tool:pay", approval=approval)
        assert guard.session(ALICE).authorize("tool:pay", approval=late).effect is Effect.ALLOW

    @pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan"), "900", None], ids=repr)
    def test_it_must_expire(self, seconds: Any) -> None:
        guard = asking()
        with pytest.raises(ValueError, match="positive number"):
            guard.approve(required(guard), by=BOB, expires_s=seconds)

    def test_a_forged_one_is_refused(self) -> None:
        guard = asking()
        real = guard.approve(required(guard), by=BOB)
        forged = [
            Approval(real.request_digest, BOB, real.expires_at),
            Approval(real.request_digest, BOB, time.time() + 1e9),
            replace(real, expires_at=real.expires_at + 1e6),
            replace(real, by=ALICE),
            replace(real, request_digest="0" * 64),
            "approved",
            True,
            {"request_digest": real.request_digest},
        ]
        for one in forged:
            with pytest.raises(AccessDenied, match="approval"):
                guard.session(ALICE).authorize("tool:pay", approval=one)  # type: ignore[arg-type]
        assert guard.session(ALICE).authorize("tool:pay", approval=real).effect is Effect.ALLOW

    def test_another_guards_is_refused(self) -> None:
        guard, other = asking(), asking()
        approval = other.approve(required(other), by=BOB)
        with pytest.raises(AccessDenied, match="not issued by this guard"):
            guard.session(ALICE).authorize("tool:pay", approval=approval)

    def test_a_copy_is_as_good_as_the_original_and_both_together_hold_once(self) -> None:
        guard = asking()
        approval = guard.approve(required(guard), by=BOB)
        assert guard.session(ALICE).authorize("tool:pay", approval=pickle.loads(pickle.dumps(approval))).effect is Effect.ALLOW  # noqa: S301 (our own)
        with pytest.raises(AccessDenied):
            guard.session(ALICE).authorize("tool:pay", approval=copy.deepcopy(approval))

    def test_it_never_overrides_a_deny_and_is_not_used_up_by_one(self) -> None:
        denying = True

        def said(request: Any) -> Any:
            return DENY if denying else None

        guard = Guard(plugins=[says("asks", ASK), says("denies", said)])
        denying = False
        request = required(guard)
        approval = guard.approve(request, by=BOB)
        denying = True
        with pytest.raises(AccessDenied, match="not yours"):
            guard.session(ALICE).authorize("tool:pay", approval=approval)
        denying = False
        assert guard.session(ALICE).authorize("tool:pay", approval=approval).effect is Effect.ALLOW

    def test_it_does_not_stand_for_a_grant(self) -> None:
        silent = True
        guard = Guard(plugins=[says("asks", lambda request: None if silent else ASK)])
        silent = False
        approval = guard.approve(required(guard), by=BOB)
        silent = True
        with pytest.raises(AccessDenied, match="no authorizer grants it"):
            guard.session(ALICE).authorize("tool:pay", approval=approval)

    def test_nobody_cannot_use_one(self) -> None:
        guard = asking()
        approval = guard.approve(required(guard), by=BOB)
        with pytest.raises(AccessDenied, match="nobody"):
            guard.authorize("tool:pay", approval=approval)

    def test_is_allowed_counts_what_needs_approval_as_no(self) -> None:
        assert asking().session(ALICE).is_allowed("tool:pay") is False

    def test_arguments_that_cannot_be_bound_cannot_be_approved(self) -> None:
        guard = asking()
        for args in ({"f": object()}, {"b": b"x"}, {"s": {1, 2}}, {"k": {1: 2}}):
            with pytest.raises(BartizanError, match="can't be approved") as caught:
                guard.approve(required(guard, args=args), by=BOB)
            assert caught.value.__cause__ is None
            assert caught.value.__context__ is None
        deep: Any = "x"
        for _ in range(80):
            deep = [deep]
        with pytest.raises(BartizanError, match="nested too deeply"):
            guard.approve(required(guard, args={"deep": deep}), by=BOB)

    def test_only_requests_are_approved_and_only_by_somebody(self) -> None:
        guard = asking()
        request = required(guard)
        with pytest.raises(TypeError, match="AccessRequest"):
            guard.approve("tool:pay", by=BOB)  # type: ignore[arg-type]
        for by in (None, "bob", True):
            with pytest.raises(TypeError, match="who approves"):
                guard.approve(request, by=by)  # type: ignore[arg-type]

    def test_two_threads_cannot_both_use_it(self) -> None:
        import threading

        guard = asking()
        for _ in range(20):
            approval = guard.approve(required(guard), by=BOB)
            allowed: list[str] = []
            ready = threading.Barrier(8)

            def use(approval: Approval = approval, allowed: list[str] = allowed, ready: threading.Barrier = ready) -> None:
                ready.wait()
                allowed.append(outcome(guard, "tool:pay", approval=approval))

            workers = [threading.Thread(target=use) for _ in range(8)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            assert sorted(allowed) == ["allow", *["deny"] * 7]

    def test_the_desk_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bartizan._engine.approvals._MAX_OPEN", 5)
        guard = asking()
        request = required(guard)
        approvals = [guard.approve(request, by=BOB) for _ in range(12)]
        assert len(guard.engine.desk._open) <= 5
        assert outcome(guard, "tool:pay", approval=approvals[0]) == "deny"
        assert outcome(guard, "tool:pay", approval=approvals[-1]) == "allow"

    def test_a_forked_child_does_not_inherit_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import os

        guard = asking()
        approval = guard.approve(required(guard), by=BOB)
        pid = os.getpid()
        monkeypatch.setattr(os, "getpid", lambda: pid + 1)
        assert outcome(guard, "tool:pay", approval=approval) == "deny"

    def test_it_works_for_async_authorizers_and_in_the_async_twin(self) -> None:
        import asyncio

        async def authorize(self: Any, request: Any, context: Any) -> Any:
            return ASK

        async def use(guard: Guard, approval: Approval) -> Decision:
            return await guard.session(ALICE).aauthorize("tool:pay", approval=approval)

        for one in (plugin("async", authorize=authorize), says("sync", ASK)):
            with Guard(plugins=[one]) as guard:
                approval = guard.approve(required(guard), by=BOB)
                assert asyncio.run(use(guard, approval)).effect is Effect.ALLOW
                with pytest.raises(AccessDenied):
                    asyncio.run(use(guard, approval))


def test_guarded_sessions_of_one_guard_do_not_share_principals() -> None:
    guard = guarded(says("a", lambda request: ALLOW if request.principal == ALICE else None))
    with guard.session(ALICE):
        assert guard.is_allowed("deploy")
        with guard.session(BOB):
            assert not guard.is_allowed("deploy")
        assert guard.is_allowed("deploy")
    assert not guard.is_allowed("deploy")


class TestWhoAndWhat:
    @pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])  # noqa: S301 (its own)
    def test_a_copied_request_of_nobody_is_still_nobodys(self, copied: Any) -> None:
        guard = Guard(plugins=[says("one", ALLOW)])
        with pytest.raises(AccessDenied) as caught:
            guard.authorize("deploy")
        (said,) = guard.authorize_all([copied(caught.value.request)])
        assert said.effect is Effect.DENY
        assert copied(caught.value.request.principal) is caught.value.request.principal

    def test_someone_called_nobody_is_somebody(self) -> None:
        guard = Guard(plugins=[says("one", ALLOW)])
        assert outcome(guard, principal=Principal("nobody")) == "allow"

    def test_an_item_without_a_resource_is_not_asked_for_the_action_alone(self) -> None:
        session = Guard(plugins=[says("one", ALLOW)]).session(ALICE)
        items: Any = [Resource("doc", "1"), None]
        with pytest.raises(TypeError, match="not NoneType"):
            session.filter_allowed("read", items)
        gives: Any = {1: Resource("doc", "1")}.get
        with pytest.raises(TypeError, match="not NoneType"):
            session.filter_allowed("read", [1, 2], resource=gives)
        assert session.filter_allowed("read", [1], resource=gives) == [1]

    @pytest.mark.parametrize("retry", [float("nan"), float("inf"), -1.0])
    def test_a_wait_that_is_no_time_is_a_breach(self, retry: float) -> None:
        guard = Guard(plugins=[says("one", Decision(Effect.DENY, "later", retry))])
        with pytest.raises(PluginError, match="returned Decision from authorize"):
            guard.session(ALICE).authorize("deploy")

    def test_an_approval_binds_numbers_of_any_size(self) -> None:
        guard = Guard(plugins=[says("one", ASK)])
        session, big = guard.session(ALICE), 10**5_000
        with pytest.raises(ApprovalRequired) as caught:
            session.authorize("pay", args={"amount": big})
        approval = guard.approve(caught.value.request, by=BOB)
        assert outcome(guard, "pay", args={"amount": big + 1}, approval=approval) == "deny"
        assert outcome(guard, "pay", args={"amount": big}, approval=approval) == "allow"

    def test_arguments_nested_without_end_are_refused_in_words(self) -> None:
        guard = Guard(plugins=[says("one", ALLOW), scanning("jane", "NAME")], config={"scans": {"style": "pseudonym"}})
        session = guard.session(ALICE)
        assert session.pre_prompt("jane").text != "jane"
        nested: Any = "x"
        for _ in range(5_000):
            nested = [nested]
        with pytest.raises(BartizanError, match="levels deep"):
            session.authorize("pay", args={"a": nested})


def test_a_missing_extra_survives_a_process_pool() -> None:
    error = pickle.loads(pickle.dumps(MissingExtra("the dashboard", "cli")))  # noqa: S301 (its own)
    assert (type(error), str(error)) == (MissingExtra, "the dashboard needs an optional dependency: pip install 'bartizan[cli]'")
