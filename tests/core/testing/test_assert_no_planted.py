from __future__ import annotations

import base64
import collections
import html
import json
import logging
import quopri
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr

from bartizan import Blocked, Finding, Guard, Segment
from bartizan.testing import PLANTED, assert_no_planted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EMAIL = PLANTED["EMAIL_ADDRESS"]
CARD = PLANTED["CREDIT_CARD"]


def told(*objects: object) -> str:
    """The message of the failure, which itself must hold no value, nor may anything chained to it."""
    with pytest.raises(AssertionError) as caught:
        assert_no_planted(*objects)
    message = str(caught.value)
    assert not any(value in message for value in PLANTED.values())
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return message


FORMS: dict[str, Callable[[str], object]] = {
    "plain": lambda v: f"<{v}>",
    "upper case": str.upper,
    "repr": repr,
    "bytes": lambda v: v.encode(),
    "bytearray": lambda v: bytearray(v.encode()),
    "memoryview": lambda v: memoryview(v.encode()),
    "UTF-16": lambda v: v.encode("utf-16-le"),
    "JSON": lambda v: json.dumps({"a": v}),
    "JSON in JSON in JSON": lambda v: json.dumps(json.dumps(json.dumps([v]))),
    "unicode escapes": lambda v: "".join(f"\\u{ord(c):04x}" for c in v),
    "hex escapes": lambda v: "".join(f"\\x{ord(c):02x}" for c in v),
    "percent": lambda v: quote(v, safe=""),
    "percent of all": lambda v: "".join(f"%{ord(c):02x}" for c in v),
    "form": quote_plus,
    "percent twice": lambda v: quote(quote(v, safe=""), safe=""),
    "HTML": lambda v: html.escape("".join(f"&#{ord(c)};" for c in v), quote=False).replace("&amp;", "&"),
    "base64": lambda v: base64.b64encode(v.encode()).decode(),
    "base64 within, 1": lambda v: base64.b64encode(b"x" + v.encode() + b"yz").decode(),
    "base64 within, 2": lambda v: base64.b64encode(b"xy" + v.encode() + b"z").decode(),
    "base64url": lambda v: base64.urlsafe_b64encode(b"?>~" + v.encode()).decode(),
    "base64 in lines": lambda v: base64.encodebytes(b"x" * 40 + v.encode() * 2).decode(),
    "base64 in JSON in percent": lambda v: quote(json.dumps({"a": base64.b64encode(v.encode()).decode()})),
}


@pytest.mark.parametrize("label", PLANTED)
@pytest.mark.parametrize("form", FORMS)
def test_each_value_is_found_in_each_form(label: str, form: str) -> None:
    assert told(FORMS[form](PLANTED[label])).startswith(f"a planted {label} stands in argument 1, ")


@pytest.mark.parametrize(
    "text",
    ["4000002026112308", "4000-0020-2611-2308", "4000\u00a00020\u00a02611\u00a02308", "+1 (202) 555-0143", 4000002026112308],
)
def test_numbers_are_found_in_other_spacing(text: object) -> None:
    told(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fine",
        "<EMAIL_ADDRESS>",
        "%",
        "\\u12",
        "&#;",
        "4000 0020 2611 2309",
        "d2hhdGV2ZXI=",
        None,
        3,
        2.5,
        True,
        b"\xff\xfe",
        (),
    ],
)
def test_what_holds_none_passes(text: object) -> None:
    assert_no_planted(text)


@given(
    st.recursive(
        st.none() | st.text(alphabet="ab%\\u&;+=/", max_size=12) | st.binary(max_size=8),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    )
)
def test_any_harmless_value_passes(value: object) -> None:
    assert_no_planted(value)


class Slotted:
    __slots__ = ("__private", "empty", "held")

    def __init__(self, held: object) -> None:
        self.held = 1
        self.__private = held


class Plain:
    def __init__(self, held: object) -> None:
        self._held = held


class Shown:
    def __repr__(self) -> str:
        return f"Shown({EMAIL})"


class Spoken:
    def __repr__(self) -> str:
        return "Spoken()"

    def __str__(self) -> str:
        return EMAIL


class Text(str):
    __slots__ = ("extra",)


@dataclass
class Data:
    held: Any = field(repr=False)


class Model(BaseModel):
    held: str


class Hidden(BaseModel):
    held: SecretStr


def error(held: object, how: str) -> BaseException:
    base = ValueError("fine")
    if how == "args":
        return ValueError("fine", held)
    if how == "notes":
        base.add_note(str(held))
    elif how == "cause":
        base.__cause__ = KeyError(held)
    elif how == "context":
        base.__context__ = KeyError(held)
    elif how == "suppressed":
        base.__context__ = KeyError(held)
        base.__suppress_context__ = True
    elif how == "attribute":
        base.held = held  # type: ignore[attr-defined]
    elif how == "group":
        return ExceptionGroup("fine", [ValueError("fine"), TypeError(held)])
    return base


HOLDERS: dict[str, tuple[object, str]] = {
    "list": ([0, [EMAIL]], "[1][0]"),
    "tuple": ((EMAIL,), "[0]"),
    "set": ({EMAIL}, "[0]"),
    "deque": (collections.deque([1, EMAIL]), "[1]"),
    "value": ({"to": {"address": EMAIL}}, "['to']['address']"),
    "key": ({"a": 1, EMAIL: 2}, ", key 1"),
    "value under a planted key's neighbour": ({"not a name!": EMAIL}, "[<key 0>]"),
    "proxy": (MappingProxyType({"a": EMAIL}), "['a']"),
    "slots": (Slotted(EMAIL), "._Slotted__private"),
    "attribute": (Plain([EMAIL]), "._held[0]"),
    "attribute with a name of its own": (type("T", (), {"__slots__": "one"})(), ".one[1]"),
    "repr": ([Shown()], "[0]"),
    "str": (Spoken(), ""),
    "str's class": (Text(EMAIL), ""),
    "dataclass": (Data([Data(EMAIL)]), ".held[0].held"),
    "model": (Model(held=EMAIL), ""),
    "secret of a model": (Hidden(held=SecretStr(EMAIL)), ".held._secret_value"),
    "finding": (Finding("X", 0, start=0, end=1, detail=EMAIL), ".detail"),  # type: ignore[arg-type]
    "segment": (Segment(EMAIL), ".text"),
    "error's args": (error(EMAIL, "args"), ""),
    "error's notes": (error(EMAIL, "notes"), ".__notes__[0]"),
    "error's cause": (error(EMAIL, "cause"), ".__cause__"),
    "error's context": (error(EMAIL, "context"), ".__context__"),
    "error's suppressed context": (error(EMAIL, "suppressed"), ".__context__"),
    "error's attribute": (error(EMAIL, "attribute"), ".held"),
    "error in a group": (error(EMAIL, "group"), ""),
    "log record": (logging.LogRecord("n", 20, "p", 1, "to %s", (EMAIL,), None), ".args[0]"),
}


HOLDERS["attribute with a name of its own"][0].one = [1, EMAIL]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", HOLDERS)
def test_a_value_is_found_wherever_an_object_holds_or_shows_it(name: str) -> None:
    held, path = HOLDERS[name]
    message = told("fine", held)
    assert message.startswith("a planted EMAIL_ADDRESS stands in argument 2")
    assert path in message


def test_the_same_objects_without_the_value_pass() -> None:
    for how in ("args", "notes", "cause", "context", "suppressed", "attribute", "group"):
        assert_no_planted(error("fine", how))
    assert_no_planted(
        [Slotted("fine"), Plain("fine"), Data("fine"), Model(held="fine"), Segment("fine"), Text("fine"), print, Guard, json]
    )


def test_the_way_never_shows_a_value() -> None:
    message = told({CARD.replace(" ", ""): {f"a_{EMAIL}": [EMAIL]}})
    assert message == "a planted CREDIT_CARD stands in argument 1, key 0, in other spacing"


def test_cycles_end() -> None:
    ring: list[object] = []
    ring.append({"ring": ring, "error": ValueError()})
    loop = ValueError("fine")
    loop.__cause__ = KeyError(loop)
    assert_no_planted(ring, loop)
    ring.append(EMAIL)
    told(ring)


def test_depth_is_no_limit() -> None:
    deep: object = EMAIL
    for _ in range(50_000):
        deep = [deep]
    told(deep)


def test_what_can_t_be_looked_through_does_not_pass() -> None:
    class Silent:
        def __repr__(self) -> str:
            raise RuntimeError(EMAIL)

    class Stuck(list[int]):
        def __iter__(self) -> Iterator[int]:
            raise RuntimeError(EMAIL)

    assert told(Silent()) == "argument 1 can't be looked through: RuntimeError"
    assert told([Stuck()]) == "argument 1[0] can't be looked through: RuntimeError"


def test_of_a_verdict_it_reads_what_goes_out() -> None:
    with Guard(plugins=["redaction"]) as guard:
        assert_no_planted(guard.pre_prompt(f"to {EMAIL}"))
    with Guard(plugins=["redaction"], config={"redaction": {"actions": {"pii": "block"}}}) as guard:
        assert_no_planted(guard.pre_prompt(EMAIL))
    with Guard(plugins=["redaction"], config={"redaction": {"actions": {"pii": "note"}}}) as guard:
        assert told(guard.pre_prompt(EMAIL)).startswith("a planted EMAIL_ADDRESS stands in argument 1.segments[0].text")


def test_a_refusal_is_free_of_values() -> None:
    with (
        Guard(plugins=["redaction"], config={"redaction": {"actions": {"pii": "block"}}}) as guard,
        pytest.raises(Blocked) as caught,
    ):
        _ = guard.pre_prompt(EMAIL).text
    assert_no_planted(caught.value)


def test_quoted_printable_is_no_hiding_place_for_a_plain_value() -> None:
    told(quopri.encodestring(EMAIL.encode()))


def test_time_grows_with_the_input() -> None:
    assert_no_planted("%25" * 200_000, "\\" * 500_000, "&amp;" * 100_000, [str(n) for n in range(2_000)])
