from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.access import NoAnswer, decide, rbac, request

from bartizan import AccessDenied, ApprovalRequired, Principal, Resource
from bartizan_rbac import Config, Rbac

ACTIONS = ("query", "deploy", "tool:pay", "tool:paypal", "tool:read_mail", "model:a", "own")
PATTERNS = (*ACTIONS, "*", "tool:*", "tool:*a*", "*:pay", "tool:*_mail", "model:*", "q*y", "*o*", "tool:pay*", "*tool:pay", "a*a")
# A condition for each answer: true, false, none.
CONDITIONS = (
    "args.yes",
    "args.no",
    "args.absent == 1",
    "args.text > 3",
    "not args.no",
    "args.yes and args.absent == 1",
    "args.no and args.absent == 1",
)
ANSWERS = {"args.yes": True, "args.no": False, "not args.no": True, "args.no and args.absent == 1": False}
ARGS = {"yes": True, "no": False, "text": "a"}
NAMES = ("a", "b", "c", "d", "e")


def holds(condition: str) -> bool:
    if condition not in ANSWERS:
        raise NoAnswer
    return ANSWERS[condition]


rules = st.one_of(
    st.sampled_from(PATTERNS),
    st.builds(lambda a, w: {"action": a, "when": w}, st.sampled_from(PATTERNS), st.sampled_from(CONDITIONS)),
)
lists = st.lists(rules, max_size=4)


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """Role graphs without circles: a role inherits from those before it."""
    roles: dict[str, Any] = {}
    for index, name in enumerate(draw(st.permutations(NAMES))):
        parents = draw(st.lists(st.sampled_from(list(roles)), unique=True, max_size=3)) if index else []
        roles[name] = {"inherits": parents, "allow": draw(lists), "ask": draw(lists), "deny": draw(st.lists(rules, max_size=2))}
    order = draw(st.permutations(list(roles)))
    return {name: roles[name] for name in order}


mine = st.lists(st.sampled_from((*NAMES, "unknown")), max_size=3)


def plugin(roles: dict[str, Any], **config: Any) -> Rbac:
    return Rbac(Config.model_validate({"roles": roles, **config}))


def effect(plugin: Rbac, roles: list[str], action: str) -> str:
    one = request(action, roles, args=ARGS)
    return plugin.authorize(one, one.context).effect.value


@given(policies(), mine, st.sampled_from((*ACTIONS, "tool:", "nothing", "tool:pay ", "Tool:pay")))
@settings(max_examples=400)
def test_every_decision_is_that_of_a_naive_evaluator(roles: dict[str, Any], asking: list[str], action: str) -> None:
    one = plugin(roles)
    expected = decide(roles, asking, action, holds)
    assert effect(one, asking, action) == expected
    assert effect(one, asking, action) == expected  # now from memory


STRICTNESS = {"allow": 0, "ask": 1, "deny": 2}


@given(policies(), mine, st.sampled_from(ACTIONS), st.sampled_from(NAMES), rules)
@settings(max_examples=200)
def test_one_more_denial_never_widens_and_is_never_lost_by_inheritance(
    roles: dict[str, Any], asking: list[str], action: str, name: str, rule: Any
) -> None:
    before = effect(plugin(roles), asking, action)
    denied = {**roles, name: {**roles[name], "deny": [rule, *roles[name]["deny"]]}}
    assert STRICTNESS[effect(plugin(denied), asking, action)] >= STRICTNESS[before]
    heir = {**denied, "heir": {"inherits": [name], "allow": ["*"]}}
    if (
        decide({name: {"deny": [rule]}}, [name], action, holds) == "deny"
        and decide({name: {"allow": [rule]}}, [name], action, holds) == "allow"
    ):
        assert effect(plugin(heir), ["heir"], action) == "deny"


@given(policies(), mine, st.sampled_from(ACTIONS), st.sampled_from(NAMES), st.integers(0, 3))
@settings(max_examples=200)
def test_one_grant_less_never_widens(roles: dict[str, Any], asking: list[str], action: str, name: str, index: int) -> None:
    allow = roles[name]["allow"]
    assume(index < len(allow))
    # A grant without an answer denies; taking that away is taking a denial away.
    assume(isinstance(allow[index], str) or allow[index]["when"] in ANSWERS)
    fewer = {**roles, name: {**roles[name], "allow": allow[:index] + allow[index + 1 :]}}
    assert STRICTNESS[effect(plugin(fewer), asking, action)] >= STRICTNESS[effect(plugin(roles), asking, action)]


@given(policies(), mine, st.sampled_from(ACTIONS), st.randoms())
@settings(max_examples=150)
def test_the_order_of_roles_and_rules_never_matters(roles: dict[str, Any], asking: list[str], action: str, random: Any) -> None:
    shuffled = {
        name: {key: random.sample(entries, len(entries)) for key, entries in roles[name].items()}
        for name in random.sample(list(roles), len(roles))
    }
    assert effect(plugin(shuffled), asking[::-1], action) == effect(plugin(roles), asking, action)


@pytest.mark.parametrize("pattern", PATTERNS)
@given(st.text("to:pay_mailquerydown*", max_size=12))
@settings(max_examples=60)
def test_a_pattern_matches_what_its_regular_expression_does(pattern: str, action: str) -> None:
    assume(action)
    roles = {"a": {"allow": [pattern]}}
    assert effect(plugin(roles), ["a"], action) == decide(roles, ["a"], action, holds)


def test_overlapping_ends_of_a_pattern_need_room_for_both() -> None:
    one = plugin({"a": {"allow": ["ab*ba", "x*yz*zx"]}})
    assert [effect(one, ["a"], action) for action in ("aba", "abba", "ab-ba", "xyzx", "xyzzx")] == [
        "deny",
        "allow",
        "allow",
        "deny",
        "allow",
    ]


def test_a_star_stands_for_line_breaks_and_colons_too() -> None:
    assert effect(plugin({"a": {"allow": ["*"], "deny": ["tool:*"]}}), ["a"], "tool:a\nb:c") == "deny"


def test_nothing_said_is_denied_and_the_reason_names_the_action() -> None:
    guard = rbac({"user": {"allow": ["query"]}})
    with (
        guard.session(Principal("u", ["user"])),
        pytest.raises(AccessDenied, match="'deploy' is denied: no rule of the principal's roles"),
    ):
        guard.authorize("deploy")


@pytest.mark.parametrize(
    ("roles", "reason"),
    [
        ([], "has no role"),
        (["ghost"], "no role of the principal is defined"),
        (["ghost", "user"], "no rule of the principal's roles"),
    ],
)
def test_a_role_that_is_not_defined_gives_nothing(roles: list[str], reason: str) -> None:
    guard = rbac({"user": {"allow": ["query"]}})
    with guard.session(Principal("u", roles)), pytest.raises(AccessDenied, match=reason) as denied:
        guard.authorize("deploy")
    assert "ghost" not in str(denied.value)  # it comes from a token: it is data


def test_unknown_roles_can_deny_everything() -> None:
    roles = {"user": {"allow": ["query"]}}
    assert effect(plugin(roles), ["user", "ghost"], "query") == "allow"
    assert effect(plugin(roles, unknown_roles="deny"), ["user", "ghost"], "query") == "deny"
    assert effect(plugin(roles, unknown_roles="deny"), ["user"], "query") == "allow"


def test_another_role_can_not_take_a_denial_back() -> None:
    one = plugin({"admin": {"allow": ["*"]}, "suspended": {"deny": ["*"]}})
    assert effect(one, ["admin"], "deploy") == "allow"
    assert effect(one, ["admin", "suspended"], "deploy") == "deny"


def test_a_payment_asks_and_an_approval_lets_that_one_through() -> None:
    guard = rbac(
        {
            "admin": {
                "allow": [{"action": "tool:pay", "when": "args.amount > 0 and args.amount <= 100"}],
                "ask": [{"action": "tool:pay", "when": "args.amount > 100"}],
            }
        }
    )
    with guard.session(Principal("alice", ["admin"])):
        assert guard.is_allowed("tool:pay", args={"amount": 100})
        assert not guard.is_allowed("tool:pay", args={"amount": 0})
        with pytest.raises(ApprovalRequired) as waiting:
            guard.authorize("tool:pay", args={"amount": 100.01})
        approval = guard.approve(waiting.value.request, by=Principal("carol", ["approver"]))
        with pytest.raises(AccessDenied):
            guard.authorize("tool:pay", args={"amount": 200}, approval=approval)
        assert guard.authorize("tool:pay", args={"amount": 100.01}, approval=approval).reason == "approved"
        with pytest.raises(AccessDenied):
            guard.authorize("tool:pay", args={"amount": 100.01}, approval=approval)


def test_an_approval_never_overrides_a_denial() -> None:
    roles = {"a": {"ask": ["tool:pay"]}, "b": {"deny": ["tool:pay"]}}
    guard = rbac(roles)
    with guard.session(Principal("alice", ["a"])), pytest.raises(ApprovalRequired) as waiting:
        guard.authorize("tool:pay")
    approval = guard.approve(waiting.value.request, by=Principal("carol"))
    with guard.session(Principal("alice", ["a", "b"])), pytest.raises(AccessDenied):
        guard.authorize("tool:pay", approval=approval)


TENANTS = {"user": {"allow": ["query", {"action": "retrieve", "when": "resource.tenant == principal.tenant"}]}}


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [("a", "a", True), ("a", "b", False), (None, None, False), ("a", None, False), (None, "a", False)],
)
def test_documents_are_those_of_the_principal_s_own_tenant(mine: str | None, theirs: str | None, expected: bool) -> None:
    guard = rbac(TENANTS)
    with guard.session(Principal("u", ["user"], tenant=mine)):
        assert guard.is_allowed("retrieve", Resource("document", "1", tenant=theirs)) is expected


def test_a_store_that_has_no_tenant_may_be_asked_and_its_documents_are_judged_one_by_one() -> None:
    guard = rbac(TENANTS)
    documents = [Resource("document", str(i), tenant=tenant) for i, tenant in enumerate(("a", "b", None, "a"))]
    with guard.session(Principal("u", ["user"], tenant="a")):
        assert guard.is_allowed("retrieve", Resource("retriever", "wiki"))
        assert guard.is_allowed("retrieve", Resource("retriever", "wiki", tenant="a"))
        assert not guard.is_allowed("retrieve", Resource("retriever", "wiki", tenant="b"))
        assert [one.id for one in guard.filter_allowed("retrieve", documents)] == ["0", "3"]
    with guard.session(Principal("u", ["user"])):  # no tenant: nothing could ever be allowed
        assert not guard.is_allowed("retrieve", Resource("retriever", "wiki"))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            {"deny": [{"action": "retrieve", "when": "resource.attributes.secret"}]},
            True,
        ),  # which documents those are is asked later
        ({"deny": [{"action": "retrieve", "when": "resource.attributes.secret or principal.tenant == 'a'"}]}, False),
        ({"ask": [{"action": "retrieve", "when": "not resource.attributes.open"}]}, True),
        ({"deny": [{"action": "retrieve", "when": "principal.claims.absent == 1 and resource.tenant == 'a'"}]}, False),
        ({"deny": [{"action": "retrieve", "when": "resource.tenant == principal.claims.absent"}]}, False),
    ],
)
def test_a_store_is_refused_where_no_document_could_be_allowed(rule: dict[str, Any], expected: bool) -> None:
    guard = rbac({"user": {"allow": ["retrieve"], **rule}})
    with guard.session(Principal("u", ["user"], tenant="a")):
        assert guard.is_allowed("retrieve", Resource("retriever", "wiki")) is expected
        assert guard.is_allowed("retrieve", Resource("document", "1")) is False  # what is missing is an error there


def test_only_retrieval_takes_a_resource_for_many() -> None:
    guard = rbac({"user": {"allow": [{"action": "delete", "when": "resource.tenant == principal.tenant"}]}})
    with guard.session(Principal("u", ["user"], tenant="a")):
        assert not guard.is_allowed("delete", Resource("retriever", "wiki"))


def test_threads_that_ask_at_once_all_get_the_answers_of_the_naive_evaluator() -> None:
    roles = {
        "a": {"allow": ["query", "tool:*", {"action": "own", "when": "args.yes"}], "deny": ["tool:pay"]},
        "b": {"inherits": ["a"], "ask": ["deploy", {"action": "model:*", "when": "args.absent == 1"}]},
        "c": {"allow": ["*"], "ask": ["tool:*_mail"]},
    }
    asked: Any = plugin(roles)
    questions = [
        (request(action, mine, args=ARGS), decide(roles, mine, action, holds))
        for mine in (["a"], ["b"], ["c"], ["a", "c"], ["x"])
        for action in ACTIONS
    ]
    wrong: list[object] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        for turn in range(100_000 // len(questions) + 1):
            if turn % 50 == 0:
                asked._table._plans = {}  # forgotten while others ask
            for one, expected in questions:
                found = asked.authorize(one, one.context).effect.value
                if found != expected:
                    wrong.append((one.action, found, expected))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {expected for _, expected in questions} == {"allow", "ask", "deny"}
    assert wrong == []


def test_invented_actions_do_not_fill_the_memory() -> None:
    asked: Any = plugin({"user": {"allow": ["tool:*"]}})
    for index in range(40_000):
        assert asked.authorize(request(f"tool:{index}"), None).effect.value == "allow"
    assert sum(map(len, asked._table._plans.values())) <= 16_384
    assert asked.authorize(request("tool:" + "x" * 100_000), None).effect.value == "allow"
    assert all(len(action) <= 256 for plans in asked._table._plans.values() for action in plans)
