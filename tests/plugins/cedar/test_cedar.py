"""Roles written as Cedar decide as the roles do; and Cedar as an authorizer is closed wherever Cedar itself is open."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.access import request

from bartizan import Guard, PolicyError, Principal, Resource
from bartizan_rbac import Config as RbacConfig
from bartizan_rbac import Rbac

if TYPE_CHECKING:
    from pathlib import Path

cedarpy = pytest.importorskip("cedarpy", reason="cedarpy comes with the extra 'cedar'")

from bartizan_cedar import Cedar, Config  # noqa: E402 (after the check that its library is there)


def rbac(roles: dict[str, Any], **config: Any) -> Rbac:
    return Rbac(RbacConfig.model_validate({"roles": roles, **config}))


def cedar(folder: Path, policies: str, schema: str) -> Cedar:
    (folder / "p.cedar").write_text(policies, "utf-8")
    (folder / "s.json").write_text(schema, "utf-8")
    return Cedar(Config(policies=folder / "p.cedar", schema_file=folder / "s.json"))


def effect(one: Any, asked: Any) -> str:
    said: str = one.authorize(asked, asked.context).effect.value
    return said


CONDITIONS = (
    "args.amount > 0 and args.amount <= 100",
    "args.amount > 100",
    "not (args.amount >= 10.5)",
    "args.amount == 50.25",
    "args.amount in [1, 2.5, -3]",
    "args.amount != 7 or args.to == 'bob'",
    "args.to endswith '@acme.test' and not args.urgent",
    "args.to startswith 'a*b'",
    "args.to in ['bob', 'eve']",
    "args.urgent",
    "args.urgent == false",
    "args.tags contains 'x'",
    "'lead' in principal.roles",
    "not (principal.roles contains 'a')",
    "resource.tenant == principal.tenant",
    "resource.attributes.owner == principal.id",
    "resource.type == 'doc' and (resource.id == '1' or args.amount < 5)",
    "principal.claims.level >= 3 and args.amount <= principal.claims.limit",
    "principal.claims['https://id.test/unit'] == 'eu'",
    "context.model != 'm1'",
    "context.metadata.ip startswith '10.'",
    "annotations.destructive or args.amount > 1",
    "true",
    "false and args.amount > 1",
    "(args.urgent or args.amount > 3) and not (args.to == 'bob' and resource.tenant == 'acme')",
)
PATTERNS = ("query", "tool:pay", "tool:*", "*", "*:pay", "own*")
rules = st.one_of(
    st.sampled_from(PATTERNS),
    st.builds(lambda a, w: {"action": a, "when": w}, st.sampled_from(PATTERNS), st.sampled_from(CONDITIONS)),
)
NAMES = ("a", "b", 'odd "role"\\')


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    roles: dict[str, Any] = {}
    for name in NAMES:
        parents = draw(st.lists(st.sampled_from(list(roles)), unique=True, max_size=2)) if roles else []
        lists = {said: draw(st.lists(rules, max_size=most)) for said, most in (("allow", 4), ("ask", 2), ("deny", 1))}
        roles[name] = {"inherits": parents, **lists}
    return roles


numbers = st.one_of(
    st.integers(-5, 120),
    st.integers(-(10**15), 10**15),
    st.floats(-5, 120).map(lambda x: round(x, 2)),
    st.floats(),
    st.decimals(-5, 120, places=4),
    st.sampled_from([Fraction(5, 2), Fraction(1, 3), Decimal("NaN"), True, None, "50", 10.5, 50.25, 100, 10**30, -0.0]),
)
texts = st.sampled_from(["bob", "eve", "x@acme.test", "a*b", "axb", "", '\u00e9\n"', 5, None])
truths = st.sampled_from([True, False, None, 1, "true"])
whole = st.fixed_dictionaries(
    {
        "amount": st.sampled_from([1, 2.5, 50, 50.25, 101]),
        "to": st.sampled_from(["bob", "x@acme.test"]),
        "urgent": st.booleans(),
        "tags": st.just(["x"]),
    }
)
args = whole | st.fixed_dictionaries(
    {},
    optional={
        "amount": numbers,
        "to": texts,
        "urgent": truths,
        "tags": st.one_of(st.lists(st.sampled_from(["x", "y"]), max_size=2), st.just(["x", 1]), st.none()),
    },
)


@st.composite
def requests(draw: st.DrawFn) -> Any:
    good = st.just({"level": 3, "limit": 60, "https://id.test/unit": "eu"})
    claims = draw(good | st.fixed_dictionaries({}, optional={"level": numbers, "limit": numbers, "https://id.test/unit": texts}))
    resource = draw(
        st.none()
        | st.builds(
            Resource,
            st.sampled_from(["doc", "mail"]),
            st.sampled_from(["1", "2"]),
            st.sampled_from(["acme", None]),
            st.fixed_dictionaries({}, optional={"owner": st.sampled_from(["u", "v", 3])}),
        )
    )
    return request(
        draw(st.sampled_from(["query", "tool:pay", "tool:other", "own", "own2", "never"])),
        draw(st.lists(st.sampled_from([*NAMES, "lead", "unknown"]), max_size=3)),
        tenant=draw(st.sampled_from(["acme", "other", None])),
        claims=claims,
        resource=resource,
        args=draw(args),
        model=draw(st.sampled_from(["m1", "m2", None])),
        metadata=draw(st.sampled_from([{}, {"ip": "10.1.1.1"}, {"ip": "192.168.1.1"}, {"ip": 7}])),
    )


def fits(value: object) -> bool:
    """Whether Cedar's decimals hold a number exactly: what they don't, it takes for missing, and denies."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction):
        return True
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        return True
    exact = Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
    return abs(exact) <= 9 * 10**11 and (exact * 10_000).denominator == 1


COUNTS = {"allow": 0, "ask": 0, "deny": 0}


@given(policies(), st.lists(requests(), min_size=6, max_size=6))
@settings(max_examples=120)
def test_roles_and_their_export_decide_alike(
    tmp_path_factory: pytest.TempPathFactory, roles: dict[str, Any], asked: list[Any]
) -> None:
    ours = rbac(roles)
    theirs = cedar(tmp_path_factory.mktemp("cedar"), *ours.export_cedar())
    for one in asked:
        expected, found = effect(ours, one), effect(theirs, one)
        if all(fits(value) for table in (one.args, one.principal.claims) for value in table.values()):
            assert found == expected
            COUNTS[expected] += 1
        else:
            assert found in {expected, "deny"}


def test_the_comparison_saw_each_outcome_often() -> None:
    if not sum(COUNTS.values()):
        pytest.skip("it counts what the test above compared, which did not run")
    assert COUNTS["allow"] >= 20
    assert COUNTS["ask"] >= 10
    assert COUNTS["deny"] >= 100


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("args.a == args.b", "nothing says of which type args.a and args.b are"),
        ("args.a > 1 or args.a == 'x'", "args.a is a number here and a string elsewhere"),
        ("args.a startswith args.b", "needs a literal on its right"),
        ("args.a == 0.00001", "at most 4 decimals"),
        ("args.a == 10000000000000", "at most 4 decimals"),
        ("args.a == 1 and args.a.b == 2", "args.a.b is below what is a single value"),
        ("args.a in principal.roles", "a role is looked for by its name"),
        ("args.a contains args.b", "nothing says of which type args.b is"),
    ],
)
def test_what_cedar_has_no_words_for_is_refused_by_its_rule(rule: str, told: str) -> None:
    with pytest.raises(PolicyError) as refused:
        rbac({"a": {"allow": [{"action": "x", "when": rule}]}}).export_cedar()
    assert str(refused.value).startswith("plugins.rbac.roles.a.allow.0: can't be written as Cedar: ")
    assert told in str(refused.value)


def test_refusing_unknown_roles_can_not_be_exported() -> None:
    with pytest.raises(PolicyError, match="unknown_roles"):
        rbac({"a": {"allow": ["x"]}}, unknown_roles="deny").export_cedar()


SCHEMA = json.dumps(
    {
        "": {
            "entityTypes": {
                "Role": {},
                "User": {"memberOfTypes": ["Role"], "shape": {"type": "Record", "attributes": {"id": {"type": "String"}}}},
                "Resource": {"shape": {"type": "Record", "attributes": {}}},
            },
            "actions": {
                "pay": {
                    "appliesTo": {
                        "principalTypes": ["User"],
                        "resourceTypes": ["Resource"],
                        "context": {
                            "type": "Record",
                            "attributes": {
                                "approved": {"type": "Boolean"},
                                "args": {"type": "Record", "attributes": {"n": {"type": "Long"}}},
                            },
                        },
                    }
                }
            },
        }
    }
)
PAY = 'permit (principal in Role::"a", action == Action::"pay", resource) when { context.args.n + 1 > 0 };'


def test_an_error_in_evaluation_denies(tmp_path: Path) -> None:
    """Cedar skips a policy that errs; here adding one to the largest number overflows in the forbid."""
    both = PAY.replace("+ 1 > 0", "> 0") + "forbid (principal, action, resource) when { context.args.n + 1 > 100 };"
    one = cedar(tmp_path, both, SCHEMA)
    assert effect(one, request("pay", ["a"], args={"n": 5})) == "allow"
    assert effect(one, request("pay", ["a"], args={"n": 500})) == "deny"
    assert effect(one, request("pay", ["a"], args={"n": 2**63 - 1})) == "deny"


@pytest.mark.parametrize(
    "given_", [{}, {"n": None}, {"n": "5"}, {"n": True}, {"n": 5.5}, {"n": 2**63}, {"n": math.nan}, {"n": [5]}]
)
def test_a_request_that_does_not_fit_the_schema_is_denied(tmp_path: Path, given_: dict[str, Any]) -> None:
    one = cedar(tmp_path, PAY, SCHEMA)
    assert effect(one, request("pay", ["a"], args=given_)) == "deny"
    assert effect(one, request("pay", ["a"], args={"n": 5.0})) == "allow"


def test_an_action_that_the_schema_does_not_declare_is_denied(tmp_path: Path) -> None:
    one = cedar(tmp_path, "permit (principal, action, resource);", SCHEMA)
    assert effect(one, request("pay", ["a"], args={"n": 5})) == "allow"
    assert effect(one, request("deploy", ["a"], args={"n": 5})) == "deny"


def test_what_only_an_approval_permits_asks(tmp_path: Path) -> None:
    one = cedar(
        tmp_path, PAY + "forbid (principal, action, resource) when { context.args.n > 100 } unless { context.approved };", SCHEMA
    )
    assert [effect(one, request("pay", ["a"], args={"n": n})) for n in (50, 500)] == ["allow", "ask"]
    assert effect(one, request("pay", ["b"], args={"n": 500})) == "deny"


@pytest.mark.parametrize(
    ("policies", "schema", "told"),
    [
        ("permit (principal", SCHEMA, "plugins.cedar.policies: p.cedar: "),
        ("permit (principal, action, resource) when { context.missing };", SCHEMA, "plugins.cedar.policies: p.cedar: "),
        ('permit (principal, action, resource) when { context.args.n == "a" };', SCHEMA, "plugins.cedar.policies: p.cedar: "),
        (PAY, "{}", "plugins.cedar.schema_file: s.json: is no schema"),
        (PAY, "[]", "is no schema"),
        (PAY, "not json", "is no schema"),
        (PAY, '{"": {"entityTypes": 7, "actions": {}}}', "plugins.cedar"),
    ],
)
def test_policies_are_validated_when_they_load(tmp_path: Path, policies: str, schema: str, told: str) -> None:
    with pytest.raises(PolicyError) as refused:
        cedar(tmp_path, policies, schema)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_without_a_schema_it_does_not_load(tmp_path: Path) -> None:
    (tmp_path / "p.cedar").write_text(PAY, "utf-8")
    for table in ({"policies": "p.cedar"}, {"policies": "p.cedar", "schema_file": "nowhere.json"}):
        with pytest.raises(PolicyError, match=r"plugins\.cedar\.schema_file"):
            Guard.from_dict({"guard": {"plugins": ["cedar"]}, "plugins": {"cedar": table}}, base=tmp_path)


def test_beside_the_roles_a_denial_of_either_counts(tmp_path: Path) -> None:
    (tmp_path / "p.cedar").write_text(PAY.replace("+ 1 > 0", "< 10"), "utf-8")
    (tmp_path / "s.json").write_text(SCHEMA, "utf-8")
    policy = {
        "guard": {"plugins": ["rbac", "cedar"]},
        "plugins": {
            "rbac": {"roles": {"a": {"allow": ["pay", "query"]}}},
            "cedar": {"policies": "p.cedar", "schema_file": "s.json"},
        },
    }
    guard = Guard.from_dict(policy, base=tmp_path)
    with guard.session(Principal("u", ["a"])):
        assert guard.is_allowed("pay", args={"n": 5})
        assert not guard.is_allowed("pay", args={"n": 50})
        assert not guard.is_allowed("query")
    assert repr(guard.engine.members[1].instance) == "Cedar(policies='p.cedar')"
