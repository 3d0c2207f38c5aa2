"""The language of `when`: what it says, what is refused at load, and that nothing but an answer or a denial ever comes of it."""

from __future__ import annotations

import enum
import math
import operator
import pickle
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.access import request

from bartizan import Resource
from bartizan_rbac import Config, ExpressionError, Rbac
from bartizan_rbac._expressions import OperandError, compiled, parse, possible

FULL = request(
    "go",
    ["user", "lead"],
    tenant="acme",
    claims={"level": 3, "https://id.test/unit": "eu", "none": None, "groups": ["a", "b"]},
    resource=Resource("doc", "7", "acme", {"owner": "u", "tags": ["x", "y"], "size": 10, "secret": False}),
    args={
        "amount": 50,
        "to": "bob@acme.test",
        "nested": {"deep": {"n": 1}},
        "empty": "",
        "flags": [True],
        "mixed": ["a", 1],
        "none": None,
    },
    model="m1",
    metadata={"ip": "10.0.0.1"},
)


def answer(expression: str, asked: Any = FULL) -> bool | None:
    """What it comes to; None where there is no answer."""
    try:
        return compiled(parse(expression))(asked)
    except OperandError:
        return None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("true", True),
        ("not false", True),
        ("args.amount > 0 and args.amount <= 100", True),
        ("args.amount > 50", False),
        ("args.amount >= 50", True),
        ("args.amount < 50 or args.amount == 50", True),
        ("100 >= args.amount", True),
        ("50 < args.amount", False),
        ("args.amount != 50", False),
        ("args.amount == 50.0", True),
        ("args.amount in [1, 50]", True),
        ("args.amount not in [1, 50]", False),
        ("args.nested.deep.n == 1", True),
        ("args['nested'].deep[\"n\"] == 1", True),
        ("args.empty == ''", True),
        ("args.to endswith '@acme.test'", True),
        ("args.to startswith 'bob@' and not args.to endswith '.org'", True),
        ("args.flags contains true", True),
        ("args.flags contains false", False),
        ("principal.id == 'u'", True),
        ("'lead' in principal.roles", True),
        ("principal.roles contains 'admin'", False),
        ("principal.tenant == resource.tenant", True),
        ("principal.claims.level >= 3", True),
        ("principal.claims['https://id.test/unit'] in ['eu', 'us']", True),
        ("'b' in principal.claims.groups", True),
        ("resource.type == 'doc' and resource.id == '7'", True),
        ("resource.attributes.owner == principal.id", True),
        ("resource.attr.owner == principal.id", True),
        ("resource.attributes.tags contains 'y'", True),
        ("resource.attributes.secret", False),
        ("not resource.attributes.secret", True),
        ("resource.attributes.secret == false", True),
        ("resource.attributes.size < args.amount", True),
        ("context.model == 'm1' and context.metadata.ip startswith '10.'", True),
        ("args_written.amount == 50", True),
        ("true or args.absent == 1", True),
        ("false and args.absent == 1", False),
        ("true or false and false", True),
        ("(true or false) and false", False),
        ("not true == false", True),
        ("not (true and false)", True),
        ("1 < 2", True),
        ("'a' == \"a\"", True),
        ("'it\\'s' == \"it's\"", True),
        ("-5 < -4.5", True),
        ("20_000 == 20000", True),
        # Nothing to answer with.
        ("args.absent == 1", None),
        ("args.none == 1", None),
        ("args.none == args.none", None),
        ("principal.claims.none == args.none", None),
        ("args.amount == '50'", None),
        ("args.amount == true", None),
        ("args.to > 1", None),
        ("args.to", None),
        ("args.amount", None),
        ("not args.amount", None),
        ("args.flags == true", None),
        ("args.mixed contains 'a'", None),
        ("'a' in args.to", None),
        ("args.amount in args.mixed", None),
        ("args.nested == 1", None),
        ("args.to.length == 1", None),
        ("args.flags contains 1", None),
        ("args.flags contains args.flags", None),
        ("context.purpose == 'x'", None),
        ("context.session_id == 'x'", None),
        ("args.absent == 1 or true", None),
        ("args.amount startswith '5'", None),
        ("args.amount < args.to", None),
        ("args.to < resource.attributes.owner", None),
    ],
)
def test_an_expression_comes_to(expression: str, expected: bool | None) -> None:
    assert answer(expression) is expected


@pytest.mark.parametrize("expression", ["resource.tenant == principal.tenant", "resource.id == ''", "resource.attributes.x == 1"])
def test_without_a_resource_nothing_is_known_of_it(expression: str) -> None:
    assert answer(expression, request("go")) is None


def test_none_is_equal_to_nothing_not_even_to_none() -> None:
    asked = request("go", resource=Resource("doc", "1"))
    assert asked.resource is not None
    assert asked.resource.tenant is asked.principal.tenant is None
    assert answer("resource.tenant == principal.tenant", asked) is None
    assert answer("resource.tenant != principal.tenant", asked) is None


@pytest.mark.parametrize(
    ("expression", "column", "problem"),
    [
        ("", 1, "found the end"),
        ("   ", 4, "found the end"),
        ("args.amount >", 14, "found the end"),
        ("args.amount > )", 15, "found ')'"),
        ("args.amount = 1", 13, "write =="),
        ("args.amount == 1 &&", 18, "write 'and'"),
        ("args.a == 1 || true", 13, "write 'or'"),
        ("!args.a", 1, "write 'not'"),
        ("args.a < args.b < 3", 17, "don't chain"),
        ("args.a == args.b == true", 18, "don't chain"),
        ("args.a == None", 11, "there is no None"),
        ("args.a == null", 11, "there is no null"),
        ("args.a == True", 11, "write true"),
        ("args.a == 'open", 11, "no end"),
        (r"args.a == 'a\n'", 13, "a backslash"),
        ("args.a + 1 == 2", 8, "no arithmetic"),
        ("args.a == 007", 11, "numbers are written"),
        ("args.a == 1.", 11, "numbers are written"),
        ("args.a == 1e5", 11, "numbers are written"),
        ("args.a == 0x10", 11, "numbers are written"),
        ("args.a == 1__0", 11, "numbers are written"),
        ("args.a == " + "9" * 41, 11, "at most 40"),
        ("args.a == \u0663", 11, "means nothing"),  # an Arabic digit
        ("\u0430rgs.a == 1", 1, "means nothing"),  # a Cyrillic letter
        ("args", 1, "args is no value"),
        ("args.", 6, "expected a name"),
        ("args[0] == 1", 6, "a name in quotes"),
        ("args['a' == 1", 10, "expected ']'"),
        ("(args.a == 1", 13, "expected ')' for the '(' at column 1"),
        ("args.a == 1)", 12, "expected 'and', 'or' or the end"),
        ("args.a == 1 args.b == 2", 13, "expected 'and'"),
        ("arg.a == 1", 1, "did you mean 'args'"),
        ("principal == 'a'", 1, "principal is no value"),
        ("principal.name == 'a'", 11, "unknown operand 'principal.name'"),
        ("principal.roles.a == 'a'", 16, "has no parts"),
        ("resource.tennant == 'a'", 10, "unknown operand"),
        ("__import__('os')", 1, "unknown operand"),
        ("args.a.__class__ == 1 and open('x')", 27, "unknown operand"),
        ("principal.id > 3", 1, "orders numbers"),
        ("3 > principal.id", 5, "orders numbers"),
        ("'a' < 'b'", 1, "orders numbers"),
        ("principal.id == 3", 14, "never equal"),
        ("1 == true", 3, "never equal"),
        ("principal.roles == 'a'", 1, "use 'in' or 'contains'"),
        ("args.a == ['a']", 11, "use 'in' or 'contains'"),
        ("1 in principal.roles", 1, "a number is never in a list of strings"),
        ("'a' in [1]", 1, "never in a list of numbers"),
        ("'a' in 'abc'", 8, "looks into a list"),
        ("'abc' contains 'a'", 1, "looks into a list"),
        ("['a'] in args.x", 1, "a list is looked for in no list"),
        ("args.a in []", 11, "at least one item"),
        ("args.a in [1, 'a']", 11, "of one type"),
        ("args.a in [1, args.b]", 15, "expected a value"),
        ("args.a startswith 1", 19, "compares strings"),
        ("principal.id", 1, "a condition is true or false"),
        ("3", 1, "a condition is true or false"),
        ("args.a and 'x'", 12, "'and' joins"),
        ("not 'x'", 5, "follows 'not'"),
        ("(args.a == 1) == true", 9, "not the outcome of another"),
        ("(" * 33 + "true" + ")" * 33, 34, "nested more than 32"),
        ("not " * 33 + "true", 133, "nested more than 32"),
        ("true or " * 600 + "true", 4096, "at most 4,096 characters"),
        ("args.a == 1; import os", 12, "means nothing"),
        ("args.a ==\x00 1", 10, "means nothing"),
    ],
)
def test_a_bad_expression_is_refused_at_its_column(expression: str, column: int, problem: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse(expression)
    assert refused.value.column == column
    assert problem in refused.value.problem
    assert str(refused.value) == f"at column {column}: {refused.value.problem}"


def test_long_chains_are_not_deep() -> None:
    assert answer(" and ".join(["true"] * 400)) is True
    assert answer(" or ".join(["false"] * 400)) is False
    assert answer(" or ".join(["(true and false)"] * 200 + ["true"])) is True


numbers = st.one_of(
    st.integers(-(10**30), 10**30),
    st.integers(-3, 3),
    st.floats(),
    st.sampled_from([0.1, 0.25, 2.5, 2.0**53, 2.0**53 + 2, 1e300, -0.0]),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.decimals(min_value=-5, max_value=5, places=2),
    st.fractions(min_value=-5, max_value=5),
)
SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne}


def exact(value: Any) -> Fraction | None:
    return (
        None
        if (isinstance(value, float) and not math.isfinite(value)) or (isinstance(value, Decimal) and not value.is_finite())
        else Fraction(value)
    )


@given(numbers, numbers, st.sampled_from(sorted(SIGNS)))
@settings(max_examples=300)
@example(2**53 + 1, 2.0**53, "==")
@example(0.1, Decimal("0.1"), "==")
@example(Fraction(1, 3), 1 / 3, "==")
@example(Decimal("sNaN"), 1, "==")
@example(10**400, 1e300, ">")
def test_numbers_are_compared_by_their_exact_values(one: Any, other: Any, sign: str) -> None:
    first, second = exact(one), exact(other)
    expected = None if first is None or second is None else SIGNS[sign](first, second)
    assert answer(f"args.a {sign} args.b", request("go", args={"a": one, "b": other})) is expected


@given(st.decimals(min_value=-1000, max_value=1000, places=3), numbers, st.sampled_from(sorted(SIGNS)))
@settings(max_examples=300)
@example(Decimal("0.1"), 0.1, "==")
@example(Decimal("0.1"), Fraction(1, 10), "==")
@example(Decimal("100.000"), 100, "<=")
def test_a_literal_means_what_a_float_or_an_exact_number_of_its_digits_would(literal: Decimal, value: Any, sign: str) -> None:
    found = exact(value)
    meant = Fraction(float(literal)) if isinstance(value, float) else Fraction(literal)
    expected = None if found is None else SIGNS[sign](found, meant)
    assert answer(f"args.a {sign} {literal}", request("go", args={"a": value})) is expected
    mirrored = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(sign, sign)
    assert answer(f"{literal} {mirrored} args.a", request("go", args={"a": value})) is expected
    if sign == "==":
        assert answer(f"args.a in [{literal}, 5000]", request("go", args={"a": value})) is (
            None if found is None else bool(expected) or found == 5000
        )


class Liar(str):
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def startswith(self, *_: object) -> bool:
        return True


class Cheap(int):
    def __le__(self, other: object) -> bool:
        return True


class Big(float):
    def __gt__(self, other: object) -> bool:
        return True


class Level(enum.IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("value", "expression", "expected"),
    [
        (Liar("mallory"), "args.v == 'alice'", False),
        (Liar("mallory"), "args.v in ['alice']", False),
        (Liar("mallory"), "args.v startswith 'alice'", False),
        (Liar("alice"), "args.v == 'alice'", True),
        (Cheap(10**6), "args.v <= 100", False),
        (Big(1.0), "args.v > 100", False),
        (Level.HIGH, "args.v >= 3", True),
        (3 + 0j, "args.v >= 3", None),
        (b"alice", "args.v == 'alice'", None),
        (bytearray(b"x"), "args.v contains 1", None),
        (range(3), "args.v contains 1", None),
        ({"a": 1}, "args.v contains 'a'", None),
        ({1, 2}, "args.v contains 1", True),
        (frozenset({1}), "args.v contains 2", False),
        ((None,), "args.v contains 2", None),
        ("\u0430dmin", "args.v == 'admin'", False),  # a Cyrillic letter
        ("e\u0301", "args.v == '\u00e9'", False),  # canonically equivalent, and not equal
        ("ADMIN", "args.v == 'admin'", False),
        ("admin ", "args.v == 'admin'", False),
        (object(), "args.v == 'admin'", None),
    ],
)
def test_values_are_taken_for_what_they_are(value: object, expression: str, expected: bool | None) -> None:
    assert answer(expression, request("go", args={"v": value})) is expected


class Hostile(Mapping[str, Any]):
    SAID = "4111 1111 1111 1111"

    def __getitem__(self, key: str) -> Any:
        raise RuntimeError(self.SAID)

    def __iter__(self) -> Iterator[str]:
        return iter(("a",))

    def __len__(self) -> int:
        return 1

    def __contains__(self, key: object) -> bool:
        return True


@pytest.mark.parametrize("effect", ["allow", "ask", "deny"])
@pytest.mark.parametrize(
    "expression", ["args.a == 1", "args_written.a.b", "resource.attributes.a == 'x'", "principal.claims.a contains 1"]
)
def test_an_operand_that_raises_denies_and_is_not_quoted(effect: str, expression: str) -> None:
    plugin = Rbac(
        Config.model_validate(
            {"roles": {"user": {"allow": ["*"], effect: ["*", {"action": "go", "when": expression}][effect == "allow" :]}}}
        )
    )
    if effect != "allow":
        plugin = Rbac(
            Config.model_validate({"roles": {"user": {"allow": ["*"], effect: [{"action": "go", "when": expression}]}}})
        )
    asked = request("go", claims=Hostile(), resource=Resource("doc", "1", attributes=Hostile()), args=Hostile())
    said = plugin.authorize(asked, asked.context)
    assert said.effect.value == "deny"
    assert said.reason == f"roles.user.{effect}.0 has no answer, and that denies: RuntimeError"
    assert "4111" not in said.reason


@pytest.mark.parametrize("effect", ["allow", "ask", "deny"])
@pytest.mark.parametrize(
    "args",
    [
        {},
        {"amount": None},
        {"amount": math.nan},
        {"amount": math.inf},
        {"amount": -math.inf},
        {"amount": True},
        {"amount": "50"},
        {"amount": [50]},
        {"amount": Decimal("NaN")},
        {"amount": 50j},
    ],
)
def test_a_rule_without_an_answer_denies_whatever_else_allows_it(effect: str, args: dict[str, Any]) -> None:
    rules = {"allow": ["tool:*"], "ask": [], "deny": []}
    rules[effect] = [*rules[effect], {"action": "tool:pay", "when": "args.amount > 100"}]
    plugin = Rbac(Config.model_validate({"roles": {"user": rules}}))
    asked = request("tool:pay", args=args)
    said = plugin.authorize(asked, asked.context)
    assert said.effect.value == "deny"
    assert "args.amount" in said.reason
    other = request("tool:read", args=args)
    assert plugin.authorize(other, other.context).effect.value == "allow"  # the rule is not about this one


operands = st.sampled_from(
    [
        "args.a",
        "args.b.c",
        "args['a b']",
        "principal.id",
        "principal.tenant",
        "principal.roles",
        "principal.claims.x",
        "resource.tenant",
        "resource.type",
        "resource.attributes.t",
        "context.model",
        "context.metadata.k",
        "annotations.destructive",
    ]
)
literals = st.sampled_from(["1", "-0.5", "'x'", "true", "false", "['x', 'y']", "[1, 2]"])
comparisons = st.builds(
    lambda a, o, b: f"{a} {o} {b}",
    operands | literals,
    st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not in", "contains", "startswith", "endswith"]),
    operands | literals,
)
conditions = st.recursive(
    comparisons | operands | literals,
    lambda inner: st.one_of(
        inner.map("not {}".format),
        inner.map("({})".format),
        st.builds("{} and {}".format, inner, inner),
        st.builds("{} or {}".format, inner, inner),
    ),
    max_leaves=8,
)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=3) | st.binary(max_size=2) | st.sampled_from(["x", "y", 1, 2]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["c", "a b"]), inner, max_size=2) | st.tuples(inner)
    ),
    max_leaves=4,
)
tables = st.dictionaries(st.sampled_from(["a", "b", "a b", "x", "t", "k", "destructive"]), values, max_size=4)


@given(conditions, tables, tables, tables, st.none() | st.sampled_from(["x", "y"]), st.none() | st.sampled_from(["x", "y"]))
@settings(max_examples=400)
def test_a_condition_has_an_answer_or_denies_and_never_raises_anything_else(
    expression: str,
    args: dict[str, Any],
    claims: dict[str, Any],
    attributes: dict[str, Any],
    mine: str | None,
    theirs: str | None,
) -> None:
    try:
        node = parse(expression)
    except ExpressionError:
        return
    asked = request(
        "go", ["x"], tenant=mine, claims=claims, args=args, resource=Resource("x", "1", theirs, attributes), metadata=attributes
    )
    found = answer(expression, asked)
    assert found is None or found is True or found is False
    plugin = Rbac(Config.model_validate({"roles": {"x": {"allow": [{"action": "go", "when": expression}]}}}))
    assert plugin.authorize(asked, asked.context).effect.value == ("allow" if found else "deny")
    # What is known for all documents holds for this one.
    many = request("go", ["x"], tenant=mine, claims=claims, args=args, resource=Resource("x", "1"), metadata=attributes)
    try:
        early = possible(node)(many)
    except OperandError:
        assert found is not True
    else:
        assert early is None or found is None or found is early


@given(
    st.text(
        alphabet=st.one_of(st.sampled_from(" ()[].,'\"\\=!<>&|-_0123456789abcnotrsig\n\x00\u0663\u0430"), st.characters()),
        max_size=40,
    )
)
@settings(max_examples=400)
def test_any_text_is_a_condition_or_refused_with_a_column_within_it(text: str) -> None:
    try:
        node = parse(text)
    except ExpressionError as refused:
        column = refused.column
    else:
        column = 1
        assert compiled(node) is not None
    assert 1 <= column <= len(text) + 1


@given(
    st.lists(
        st.sampled_from(
            [
                "args.a",
                "principal.id",
                "resource.tenant",
                "==",
                "!=",
                "<",
                "in",
                "not",
                "and",
                "or",
                "(",
                ")",
                "[",
                "]",
                ",",
                "1",
                "'x'",
                "true",
                "contains",
            ]
        ),
        max_size=14,
    ).map(" ".join)
)
@settings(max_examples=400)
def test_any_words_are_a_condition_or_refused(text: str) -> None:
    try:
        node = parse(text)
    except ExpressionError as refused:
        column = refused.column
    else:
        column = 1
        assert answer(text) in {True, False, None}
        assert compiled(node) is not None
    assert 1 <= column <= len(text) + 1


def test_an_answer_takes_time_in_proportion_to_a_list_and_not_to_the_rules() -> None:
    wide = "args.v in [" + ", ".join(str(i) for i in range(700)) + "]"
    assert answer(wide, request("go", args={"v": 699})) is True
    assert answer("args.v contains 5", request("go", args={"v": list(range(100_000))})) is True


def test_the_errors_can_be_pickled() -> None:
    error = ExpressionError(7, "expected a value, found the end")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 (made here)
    assert (copy.column, str(copy)) == (error.column, str(error))
