"""No event, exception, log record, repr or explanation holds a planted secret, whatever plugins do to get it out."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import re
import traceback
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.doubles import BLOCK, NOTE, REDACT, plugin

from bartizan import (
    AccessDenied,
    AccessRequest,
    Action,
    BartizanError,
    Blocked,
    Context,
    Decision,
    Event,
    Finding,
    Guard,
    Principal,
    Prompt,
    Resource,
    Response,
    Segment,
    TrainingJob,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET_FORM = re.compile(r"sk-[a-z0-9]{12}")
secrets = st.from_regex(r"sk-[a-z0-9]{12}", fullmatch=True)


def find(text: str) -> list[tuple[int, int]]:
    return [m.span() for m in SECRET_FORM.finditer(text)]


def quote_in_detail(text: str) -> list[Finding]:
    return [Finding("KEY", REDACT, start=a, end=b, detail=f"found '{text[a:b]}', a key") for a, b in find(text)]


def quote_all_in_detail(text: str) -> list[Finding]:
    return [Finding("KEY", REDACT, start=a, end=b, detail=text) for a, b in find(text)]


def quote_in_detail_of_the_whole(text: str) -> list[Finding]:
    return [Finding("KEY", BLOCK, detail=f"holds {text[a:b].upper()}") for a, b in find(text)]


def quote_a_part_in_detail(text: str) -> list[Finding]:
    return [Finding("KEY", BLOCK, start=a, end=b, detail=f"begins with {text[a : b - 4]}") for a, b in find(text)]


def put_it_into_replacement(text: str) -> list[Finding]:
    return [Finding("KEY", REDACT, start=a, end=b, replacement="**" + text[b - 4 : b]) for a, b in find(text)]


def put_it_into_label(text: str) -> list[Finding]:
    return [Finding(f"KEY {text[a:b]}", BLOCK, start=a, end=b) for a, b in find(text)]


def put_it_into_score(text: str) -> list[Finding]:
    return [Finding("KEY", NOTE, start=a, end=b, score=text[a:b]) for a, b in find(text)]  # type: ignore[arg-type]


def put_it_into_action(text: str) -> list[Finding]:
    return [Finding("KEY", text[a:b], start=a, end=b) for a, b in find(text)]  # type: ignore[arg-type]


def put_it_into_span(text: str) -> list[Finding]:
    return [Finding("KEY", NOTE, start=text, end=text) for _ in find(text)]  # type: ignore[arg-type]


def return_it(text: str) -> Any:
    return text


def return_it_listed(text: str) -> Any:
    return [text]


def raise_it(text: str) -> Any:
    raise ValueError(text)


def raise_it_from_another(text: str) -> Any:
    try:
        raise KeyError(text)  # noqa: TRY301 (a cause to be hidden)
    except KeyError as error:
        message = f"could not judge {text}"
        raise RuntimeError(message) from error


def raise_a_refusal_that_quotes(text: str) -> Any:
    raise Blocked(text, [Finding("KEY", BLOCK, detail=text)])


def raise_midway(text: str) -> Any:
    yield from quote_in_detail(text)
    raise ValueError(text)


def raise_it_as_a_note(text: str) -> Any:
    error = ValueError("judging failed")
    error.add_note(text)
    raise error


def block_plainly(text: str) -> list[Finding]:
    return [Finding("KEY", BLOCK, start=a, end=b, detail="a key") for a, b in find(text)]


LEAKS = [
    quote_in_detail,
    quote_all_in_detail,
    quote_in_detail_of_the_whole,
    quote_a_part_in_detail,
    put_it_into_replacement,
    put_it_into_label,
    put_it_into_score,
    put_it_into_action,
    put_it_into_span,
    return_it,
    return_it_listed,
    raise_it,
    raise_it_from_another,
    raise_a_refusal_that_quotes,
    raise_midway,
    raise_it_as_a_note,
    block_plainly,
]


class LeakyScanner:
    max_span = 1_000
    lookaround = 0
    pointwise = True

    def __init__(self, leak: Callable[[str], Any]) -> None:
        self.leak = leak

    def scan(self, text: str, start: int = 0) -> Any:
        return self.leak(text)


def leaky(leak: Callable[[str], Any], kind: str) -> Any:  # noqa: C901 (one plugin per kind of hook)
    def judge(judged: Any) -> list[Finding]:
        out = []
        for index, segment in enumerate(judged.segments):
            answer = leak(segment.text)
            if isinstance(answer, str) or (answer and isinstance(answer, list) and isinstance(answer[0], str)):
                return answer  # type: ignore[return-value]
            for f in answer:
                one = Finding(
                    f.label,
                    f.action,
                    start=f.start,
                    end=f.end,
                    segment=index,
                    score=f.score,
                    replacement=f.replacement,
                    detail=f.detail,
                )
                out.append(one)
        return out

    def pre_prompt(self: Any, prompt: Any, context: Any) -> Any:
        return judge(prompt)

    async def apre_prompt(self: Any, prompt: Any, context: Any) -> Any:
        return judge(prompt)

    def post_response(self: Any, response: Any, context: Any) -> Any:
        return judge(response)

    async def apost_response(self: Any, response: Any, context: Any) -> Any:
        return judge(response)

    def authorize(self: Any, request: Any, context: Any) -> Any:
        text = json.dumps(request.args)
        answer = leak(text)
        if isinstance(answer, str):
            return Decision.deny(f"no: {answer}")
        return Decision.ask(f"is {next(iter(answer), '')} fine?")

    def on_train(self: Any, job: Any, context: Any) -> Any:
        if leak is raise_a_refusal_that_quotes:
            return None  # a trainer's own refusal is shown in its own words
        answer = leak(str(job.dataset))
        return list(answer) or answer

    if kind == "scanner":
        return plugin("leaky", scanners=[LeakyScanner(leak)])
    if kind == "async hook":
        return plugin("leaky", pre_prompt=apre_prompt, post_response=apost_response)
    return plugin("leaky", pre_prompt=pre_prompt, post_response=post_response, authorize=authorize, on_train=on_train)


def everything(value: object, seen: set[int] | None = None) -> list[str]:
    """Every string that can be reached from an event or an error without going through what the caller itself gave."""
    seen = set() if seen is None else seen
    if id(value) in seen or value is None:
        return []
    seen.add(id(value))
    out = [repr(value), str(value)]
    if isinstance(value, BaseException):
        parts: list[object] = [
            value.args,
            value.__cause__,
            value.__context__,
            getattr(value, "__notes__", None),
            getattr(value, "findings", None),
        ]
        out += ["".join(traceback.format_exception(value))]
    elif is_dataclass(value) and not isinstance(value, AccessRequest | type):
        parts = [getattr(value, field.name) for field in fields(value)]
    elif isinstance(value, dict):
        parts = [*value, *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        parts = list(value)
    else:
        parts = []
    return out + [text for part in parts for text in everything(part, seen)]


def calls(guard: Guard, secret: str) -> list[Callable[[], Any]]:
    """Every verb, with the secret in every place a caller may put one."""
    text = f"my key is {secret}, keep it"
    messages = Prompt.from_messages(
        [
            {"role": "user", "content": text, "name": "x"},
            {"role": "tool", "tool_call_id": "c1", "content": {secret: 1, "note": [secret, {"deep": secret}]}},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": json.dumps({secret: secret})}}],
            },
            {"role": "user", "content": [{"type": "text", "text": text}, {"type": secret, "data": secret}]},
        ]
    )
    metadata = {"request": secret, secret: 1}
    segments = [Segment(text, path=f"a.{secret}", key=secret, source=secret, metadata=metadata), Segment(secret)]
    who = Principal("alice", claims={"token": secret})
    session = guard.session(who, id="s")
    job = TrainingJob([{"text": text}], ["text"], dataset_id="d", hyperparameters={"key": secret})

    async def with_await(awaitable: Any) -> Any:
        return await awaitable()

    return [
        lambda: guard.pre_prompt(text, metadata=metadata),
        lambda: session.pre_prompt(messages, metadata=metadata),
        lambda: guard.pre_prompt(segments),
        lambda: session.post_response(segments),
        lambda: asyncio.run(guard.apre_prompt(messages)),
        lambda: asyncio.run(guard.apost_response(segments)),
        lambda: "".join(session.stream_response([text[:15], text[15:]])) and None,
        lambda: session.authorize(
            "tool:pay", Resource("account", "1", attributes={"iban": secret}), args={"to": secret, secret: [secret]}
        ),
        lambda: session.is_allowed("tool:pay", args={"nested": {"to": secret}}),
        lambda: asyncio.run(with_await(lambda: session.aauthorize("tool:pay", args={"to": text}))),
        lambda: session.authorize_all([AccessRequest(who, "tool:pay", None, {"to": secret}, Context(who), {"to": secret})]),
        lambda: guard.on_train(job),
        lambda: guard.engine.train(job, Context()),
    ]


KINDS = ["scanner", "hook", "async hook"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("leak", LEAKS, ids=lambda one: one.__name__)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=secrets)
def test_no_way_of_leaking_works(leak: Callable[[str], Any], kind: str, caplog: pytest.LogCaptureFixture, secret: str) -> None:
    shown: list[str] = []
    for on_error in ("block", "continue"):
        events: list[Event] = []
        caplog.clear()
        with (
            caplog.at_level(logging.INFO),
            caplog.at_level(logging.DEBUG, "bartizan"),
            Guard(plugins=[leaky(leak, kind)], on_error=on_error) as guard,
        ):
            guard.engine.reporter.add(events.append)
            for call in calls(guard, secret):
                try:
                    said = call()
                except BartizanError as error:
                    shown += everything(error)
                    continue
                shown += [repr(said), str(said)]
                if hasattr(said, "explain"):
                    shown += [said.explain(), *everything(said.findings)]
                    try:
                        said.raise_if_blocked()
                    except Blocked as error:
                        shown += everything(error)
            shown.append(repr(guard))
        assert len(events) >= 10
        for event in events:
            shown += everything((event.runs, event.findings, event.decision, event.refused, event.action))
            shown += [repr(event), str(event), repr(event.context)]
        shown += [record.getMessage() + (record.exc_text or "") + repr(record.args) for record in caplog.records]
        assert all(record.exc_info is None for record in caplog.records)
    for text in shown:
        assert secret not in text.casefold()
        assert secret[:-4] not in text.casefold()


def test_the_search_would_notice() -> None:
    inner = KeyError("sk-secret")
    error = RuntimeError("outer")
    error.__context__ = inner
    assert any("sk-secret" in text for text in everything(error))
    assert any("sk-secret" in text for text in everything(Finding("A", NOTE, detail="sk-secret")))
    assert any("sk-secret" in text for text in everything({"a": [Decision.deny("sk-secret")]}))


@pytest.mark.parametrize(
    ("detail", "text", "kept"),
    [
        ("a known test key", "sk-aaaabbbbcccc", True),
        ("more than 20 characters", "the text has more than enough characters in it", True),
        ("digits 4 to 8", "4", False),
        ("matches deny list", "deny", False),
        ("it was 'Deny.'", "deny", False),
        ("over the limit", "limit", False),
    ],
)
def test_a_detail_that_says_nothing_of_the_data_is_kept(detail: str, text: str, kept: bool) -> None:
    def pre_prompt(self: Any, prompt: Any, context: Any) -> Any:
        return [
            Finding(
                "WORD",
                NOTE,
                start=None if kept and " " in text else 0,
                end=None if kept and " " in text else len(text),
                detail=detail,
            )
        ]

    assert Guard(plugins=[plugin(pre_prompt=pre_prompt)]).pre_prompt(text).findings[0].detail == (detail if kept else "")


@pytest.mark.parametrize(
    ("reason", "args", "kept"),
    [
        ("args.amount > 100", {"amount": 500}, True),
        ("no account 4111111111111111", {"account": 4111111111111111}, False),
        ("no account 4111111111111111", {"account": {"number": ["4111111111111111"]}}, False),
        ("tool:search is not granted", {"tool": "search"}, True),
        ("not to bob@evil.test", {"to": "bob@evil.test"}, False),
        ("key 'k-77' is odd", {"k-77": 1}, False),
        ("not for you", {}, True),
    ],
)
def test_a_reason_that_quotes_an_argument_is_not_shown(reason: str, args: Any, kept: bool) -> None:
    guard = Guard(plugins=[plugin(authorize=lambda self, request, context: Decision.deny(reason))])
    with pytest.raises(AccessDenied) as caught:
        guard.session(Principal("alice")).authorize("tool:x", args=args)
    assert (reason in str(caught.value)) is kept
    assert "'tool:x' is denied" in str(caught.value)


def test_every_repr_is_free_of_data() -> None:
    secret = "sk-" + "planted0secret"
    who = Principal(secret, tenant=secret, claims={"a": secret})
    request = AccessRequest(
        who,
        "a",
        Resource("t", secret, tenant=secret, attributes={"x": secret}),
        {"a": secret},
        Context(who, secret, metadata={"a": secret}),
        {},
    )
    session_guard = Guard(plugins=[])
    values = [
        who,
        request,
        request.context,
        request.resource,
        Segment(secret, path=secret, key=secret, source=secret, metadata={secret: secret}),
        Prompt([Segment(secret)]),
        Response((Segment(secret),)),
        Finding("LABEL", Action.NOTE, replacement=secret, detail=secret),
        TrainingJob([secret], [secret], dataset_id=secret, hyperparameters={secret: secret}),
        session_guard.session(who, id=secret),
        session_guard.session(who, id=secret).scope.vault,
        session_guard.pre_prompt(secret),
        session_guard.approve(request, by=who),
        AccessDenied("no", request),
    ]
    session = session_guard.session(who, id=secret)
    session.scope.vault.placeholder("KEY", secret)
    for value in [*values, session.scope.vault]:
        assert secret not in repr(value)
        assert secret not in str(value)
        assert secret not in f"{value!r:>5}"


def test_errors_survive_pickling_as_they_were() -> None:
    request = AccessRequest(Principal("alice"), "deploy", None, {}, Context(Principal("alice"), "s", "m"), {})
    from bartizan import ApprovalRequired, PluginError, PluginLoadError

    for error in (
        Blocked("no", [Finding("A", NOTE, start=0, end=1)]),
        AccessDenied("no", request, 3.0),
        ApprovalRequired("wait", request),
        PluginError("p", "failed"),
        PluginLoadError("p", "is missing"),
    ):
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own)
        assert type(again) is type(error)
        assert str(again) == str(error)
        for name in ("findings", "plugin", "retry_after"):
            assert getattr(again, name, None) == getattr(error, name, None)
