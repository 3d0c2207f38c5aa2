"""ChatOpenAI (both APIs) and ChatAnthropic against a local server: no planted value in any request body, none in any answer."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import traceback
from pathlib import Path
from typing import Any, cast

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field

from bartizan import Blocked, Guard
from bartizan.testing import PLANTED, assert_no_planted
from bartizan_langchain import guard_model

EMAIL, CARD, KEY = PLANTED["EMAIL_ADDRESS"], PLANTED["CREDIT_CARD"], PLANTED["AWS_ACCESS_KEY"]
PHONE, TOKEN = PLANTED["PHONE_NUMBER"], PLANTED["GITHUB_TOKEN"]


def _load() -> Any:
    """The server beside this file: tests have no packages."""
    spec = importlib.util.spec_from_file_location("provider_server", Path(__file__).with_name("provider_server.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["provider_server"] = module
    spec.loader.exec_module(module)
    return module


Provider = _load().Provider
CLIENTS: dict[str, Any] = {
    "openai chat": lambda url, **kwargs: ChatOpenAI(
        model="gpt-test",
        base_url=f"{url}/v1",
        api_key="none",
        max_retries=0,
        stream_usage=True,
        use_responses_api=False,
        **kwargs,
    ),
    "openai responses": lambda url, **kwargs: ChatOpenAI(
        model="gpt-test", base_url=f"{url}/v1", api_key="none", max_retries=0, use_responses_api=True, **kwargs
    ),
    "openai responses v1": lambda url, **kwargs: ChatOpenAI(
        model="gpt-test",
        base_url=f"{url}/v1",
        api_key="none",
        max_retries=0,
        use_responses_api=True,
        output_version="v1",
        **kwargs,
    ),
    "anthropic": lambda url, **kwargs: ChatAnthropic(
        model_name="claude-test", base_url=url, api_key="none", max_retries=0, timeout=20, stop=None, **kwargs
    ),
}


def invoke(model: Any, given: Any) -> list[Any]:
    return [model.invoke(given)]


def ainvoke(model: Any, given: Any) -> list[Any]:
    return [asyncio.run(model.ainvoke(given))]


def stream(model: Any, given: Any) -> list[Any]:
    return list(model.stream(given))


def astream(model: Any, given: Any) -> list[Any]:
    async def read() -> list[Any]:
        return [piece async for piece in model.astream(given)]

    return asyncio.run(read())


def v3(model: Any, given: Any) -> list[Any]:
    stream = model.stream_events(given, version="v3")
    return [*stream, stream.output]


WAYS = {"invoke": invoke, "ainvoke": ainvoke, "stream": stream, "astream": astream, "v3": v3}


@tool
def customer(name: str) -> str:
    """Look up a customer."""
    return name


customer.description = f"Look up a customer. Sign in with {KEY}."


class Reply(BaseModel):
    """What to answer."""

    note: str


class Telling(BaseModel):
    """What to answer, with what must not be told."""

    note: str = Field(description=f"The note. Never say {KEY}.")


PICTURE = "iVBORw0KGgo="
CALL: Any = {"name": "customer", "args": {"name": f"{EMAIL} {TOKEN}"}, "id": "call_9", "type": "tool_call"}
PROMPTS: dict[str, list[BaseMessage]] = {
    "prompt": [HumanMessage(f"I am {EMAIL}, card {CARD}, call {PHONE}")],
    "system": [SystemMessage(f"Sign in with {KEY}."), HumanMessage("hello")],
    "history": [HumanMessage(f"I am {EMAIL}"), AIMessage(f"So you are {EMAIL}, with {TOKEN}?"), HumanMessage("yes")],
    "tool call and result": [
        HumanMessage("who is it"),
        AIMessage("", tool_calls=[CALL]),
        ToolMessage(f"It is {EMAIL}, {CARD}", tool_call_id="call_9", artifact={"raw": TOKEN}),
        HumanMessage("go on"),
    ],
    "tool result of blocks": [
        HumanMessage("who is it"),
        AIMessage([{"type": "text", "text": f"let me see {EMAIL}"}], tool_calls=[CALL]),
        ToolMessage([{"type": "text", "text": f"It is {EMAIL}"}], tool_call_id="call_9", status="error"),
        HumanMessage([{"type": "text", "text": f"and {PHONE}"}]),
    ],
    "image": [
        HumanMessage(
            [
                {"type": "text", "text": f"Here is {EMAIL}"},
                {"type": "image_url", "image_url": {"url": f"https://pictures.example/{EMAIL}.png?token={TOKEN}"}},
                {"type": "image", "base64": PICTURE, "mime_type": "image/png", "extras": {"alt": f"a picture of {EMAIL}"}},
            ]
        )
    ],
}


@pytest.fixture(scope="module")
def provider() -> Any:
    with Provider() as made:
        yield made


@pytest.fixture(autouse=True)
def _fresh(provider: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    provider.bodies.clear()
    provider.text, provider.calls, provider.thinking, provider.status = "fine", [], "", 200


@pytest.fixture(scope="module")
def guard() -> Any:
    with Guard() as made:
        yield made


@pytest.fixture(params=CLIENTS)
def raw(request: pytest.FixtureRequest, provider: Any) -> Any:
    return CLIENTS[request.param](provider.url)


def leaks(*things: Any) -> bool:
    try:
        assert_no_planted(*things)
    except AssertionError:
        return True
    return False


def whole(pieces: list[Any]) -> Any:
    out = pieces[0]
    for piece in pieces[1:]:
        out = out + piece
    return out


def together(way: str, pieces: list[Any]) -> Any:
    """What the pieces make, for a value may be split over them; v3 events give that themselves."""
    return pieces if way == "v3" else whole(pieces)


@pytest.mark.filterwarnings("ignore:.*(beta|experimental)")
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
class TestRequests:
    @pytest.mark.parametrize("prompt", PROMPTS)
    @pytest.mark.parametrize("way", WAYS)
    def test_no_body_holds_a_planted_value(self, way: str, prompt: str, raw: Any, provider: Any, guard: Guard) -> None:
        WAYS[way](raw.bind_tools([customer]), PROMPTS[prompt])
        assert leaks(provider.bodies.pop())
        WAYS[way](guard_model(raw, guard).bind_tools([customer]), PROMPTS[prompt])
        (body,) = provider.bodies
        assert_no_planted(body)
        assert b"<EMAIL_ADDRESS>" in body or b"\\u003cEMAIL_ADDRESS" in body or prompt == "system"

    @pytest.mark.parametrize("method", ["function_calling", "json_schema"])
    @pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
    def test_nor_with_structured_output(self, way: str, method: str, raw: Any, provider: Any, guard: Guard) -> None:
        if method == "json_schema":
            provider.text = '{"note": "ok"}'
        else:
            provider.calls = [("Reply", {"note": "ok"})]
        WAYS[way](raw.with_structured_output(Reply, method=method), PROMPTS["prompt"])
        assert leaks(provider.bodies.pop())
        got = WAYS[way](guard_model(raw, guard).with_structured_output(Reply, method=method), PROMPTS["prompt"])
        assert got[-1] == Reply(note="ok")
        assert_no_planted(*provider.bodies)

    @pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
    def test_nor_from_a_schema(self, way: str, raw: Any, provider: Any, guard: Guard) -> None:
        provider.text = '{"note": "ok"}'
        schema = {"title": "Telling", **Telling.model_json_schema()}
        WAYS[way](raw.with_structured_output(schema, method="json_schema"), "hello")
        assert leaks(provider.bodies.pop())
        got = WAYS[way](guard_model(raw, guard).with_structured_output(schema, method="json_schema"), "hello")
        assert got[-1] == {"note": "ok"}
        assert_no_planted(*provider.bodies)
        assert b"<AWS_ACCESS_KEY>" in provider.bodies.pop()

    def test_a_class_as_schema_can_t_be_rewritten_so_it_is_refused(self, raw: Any, provider: Any, guard: Guard) -> None:
        if isinstance(raw, ChatAnthropic):  # which binds it as JSON Schema: redacted, as above
            return
        chain = guard_model(raw, guard).with_structured_output(Telling, method="json_schema")
        with pytest.raises(Blocked, match="schema in response_format") as raised:
            chain.invoke("hello")
        assert provider.bodies == []
        assert_no_planted(raised.value)

    @pytest.mark.parametrize("name", ["instructions", "prediction", "user"])
    def test_nor_from_what_is_bound_to_the_model(self, name: str, raw: Any, provider: Any, guard: Guard) -> None:
        if (
            isinstance(raw, ChatAnthropic)
            or (name == "prediction" and raw.use_responses_api)
            or (name == "instructions" and not raw.use_responses_api)
        ):
            return  # its client takes no such parameter
        text = f"Sign in with {TOKEN}"
        value = {"prediction": {"type": "content", "content": text}}.get(name, text)
        raw.bind(**{name: value}).invoke("hello")
        assert leaks(provider.bodies.pop())
        guard_model(raw, guard).bind(**{name: value}).invoke("hello")
        assert_no_planted(*provider.bodies)
        assert b"<GITHUB_TOKEN>" in provider.bodies.pop()


@pytest.mark.filterwarnings("ignore:.*(beta|experimental)")
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("way", WAYS)
class TestAnswers:
    def test_an_answer_holds_no_planted_value(self, way: str, raw: Any, provider: Any, guard: Guard) -> None:
        provider.text = f"Write to {EMAIL} or pay with {CARD}, the key is {KEY} indeed."
        assert leaks(together(way, WAYS[way](raw, "hello")))
        got = WAYS[way](guard_model(raw, guard), "hello")
        assert_no_planted(got, together(way, got))
        if way != "v3":
            message = whole(got)
            assert message.text == "Write to <EMAIL_ADDRESS> or pay with <CREDIT_CARD>, the key is <AWS_ACCESS_KEY> indeed."
            assert cast("Any", message).usage_metadata["output_tokens"] == 7

    def test_nor_does_its_reasoning(self, way: str, raw: Any, provider: Any, guard: Guard) -> None:
        provider.thinking = f"The user is {EMAIL}, I should look at {TOKEN} first."
        got = WAYS[way](guard_model(raw, guard), "hello")
        assert_no_planted(got, together(way, got))
        shown = leaks(together(way, WAYS[way](raw, "hello")))
        assert "<EMAIL_ADDRESS>" in repr(got) or not shown
        # OpenAI's chat API shows no reasoning; in version 3 events some releases of the clients don't, either.
        assert shown or way == "v3" or (isinstance(raw, ChatOpenAI) and not raw.use_responses_api)

    def test_calls_come_whole_and_a_secret_in_one_refuses(self, way: str, raw: Any, provider: Any, guard: Guard) -> None:
        provider.calls = [("customer", {"name": "Jane"}), ("customer", {"name": f"Joe {EMAIL}"})]
        model = guard_model(raw, guard).bind_tools([customer])
        got = WAYS[way](model, "hello")
        plain = WAYS[way](raw.bind_tools([customer]), "hello")
        message, other = (got[-1], plain[-1]) if way == "v3" else (whole(got), whole(plain))
        assert [call["args"] for call in message.tool_calls] == [call["args"] for call in other.tool_calls]
        assert message.tool_calls[1]["args"] == {"name": f"Joe {EMAIL}"}  # noted: arguments are never quietly rewritten
        provider.calls = [("customer", {"name": f"Joe {TOKEN}"})]
        with pytest.raises(Blocked) as raised:
            WAYS[way](model, "hello")
        assert_no_planted(raised.value)


class TestStructuredAnswers:
    @pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
    @pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
    @pytest.mark.parametrize("include_raw", [False, True])
    def test_what_is_parsed_is_what_was_judged(self, way: str, include_raw: bool, raw: Any, provider: Any, guard: Guard) -> None:
        provider.text = f'{{"note": "ask {EMAIL} with {KEY} now"}}'
        chain = guard_model(raw, guard).with_structured_output(Reply, method="json_schema", include_raw=include_raw)
        assert leaks(WAYS[way](raw.with_structured_output(Reply, method="json_schema", include_raw=include_raw), "hello"))
        got = WAYS[way](chain, "hello")
        assert_no_planted(got)
        last = got[-1]
        if include_raw:
            last = {key: value for one in got for key, value in one.items()}["parsed"]
        assert last == Reply(note="ask <EMAIL_ADDRESS> with <AWS_ACCESS_KEY> now")


class TestErrors:
    @pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream", "astream"])
    def test_a_provider_s_error_quotes_only_what_it_was_given(self, way: str, raw: Any, provider: Any, guard: Guard) -> None:
        provider.status = 400
        provider.text = f"cannot process: {EMAIL}"  # what a proxy in between may have looked up
        with pytest.raises(Exception, match="400") as raised:
            WAYS[way](raw, "hello")
        assert EMAIL in "".join(traceback.format_exception(raised.value))
        with pytest.raises(Exception, match="withheld") as raised:
            WAYS[way](guard_model(raw, guard), "hello")
        assert_no_planted("".join(traceback.format_exception(raised.value)))
