"""The moderation adapter against a real HTTP server on this machine."""

from __future__ import annotations

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from bartizan import Action, Blocked, Guard, Origin, PluginError, PolicyError, Segment
from bartizan.testing import TextPluginConformance
from bartizan_adapters import Moderation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Answer = Callable[[dict[str, Any]], tuple[int, Any]]


def scored(body: dict[str, Any]) -> tuple[int, Any]:
    """Flags what is rude, as a moderation endpoint would."""
    return 200, {
        "results": [
            {
                "flagged": "idiot" in text.lower(),
                "categories": {"harassment": "idiot" in text.lower(), "self-harm/intent": False},
                "category_scores": {"harassment": 0.9 if "idiot" in text.lower() else 0.01, "self-harm/intent": 0.3},
            }
            for text in body["input"]
        ]
    }


class Endpoint:
    """A server whose answers a test chooses, and what it was sent."""

    def __init__(self) -> None:
        self.answer: Answer = scored
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                endpoint.bodies.append(body)
                endpoint.headers.append({name.lower(): value for name, value in self.headers.items()})
                status, said = endpoint.answer(body)
                raw = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(raw)))
                self.send_header("retry-after", "0")
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *args: object) -> None:
                """Not on the test's output."""

        class Server(ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1/moderations"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    one = Endpoint()
    yield one
    one.close()


def guarded(endpoint: Endpoint, **config: Any) -> Guard:
    return Guard(plugins=["moderation"], config={"moderation": {"url": endpoint.url, **config}})


def test_what_the_endpoint_flags_is_refused_by_its_category(endpoint: Endpoint) -> None:
    with guarded(endpoint) as guard, pytest.raises(Blocked) as refused:
        guard.pre_prompt(["be nice", "you IDIOT"]).raise_if_blocked()
    assert [(f.label, f.segment, f.action) for f in refused.value.findings] == [("MODERATION_HARASSMENT", 1, Action.BLOCK)]
    assert endpoint.bodies == [{"input": ["be nice", "you IDIOT"]}]


def test_it_is_one_request_for_all_segments_and_none_for_nothing(endpoint: Endpoint) -> None:
    with guarded(endpoint) as guard:
        guard.pre_prompt(["a", "", "b", Segment("be brief", Origin.SYSTEM)]).raise_if_blocked()
        guard.pre_prompt([" ", Segment("only the application speaks", Origin.SYSTEM)]).raise_if_blocked()
    assert [body["input"] for body in endpoint.bodies] == [["a", "b"]]


def test_answers_are_judged_and_streams_wait_for_their_end(endpoint: Endpoint) -> None:
    with guarded(endpoint) as guard:
        assert "".join(guard.stream_response(iter(["all ", "is well"]))) == "all is well"
        with pytest.raises(Blocked):
            list(guard.stream_response(iter(["you idi", "ot"])))


def test_a_threshold_decides_instead_of_the_endpoint(endpoint: Endpoint) -> None:
    with guarded(endpoint, thresholds={"self-harm/intent": 0.25}) as guard, pytest.raises(Blocked) as refused:
        guard.pre_prompt("you idiot").raise_if_blocked()
    assert [f.label for f in refused.value.findings] == ["MODERATION_SELF_HARM_INTENT"]
    with guarded(endpoint, thresholds={"self-harm/intent": 0.35}) as guard:
        guard.pre_prompt("you idiot").raise_if_blocked()


def test_the_key_is_sent_and_never_shown(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOD_KEY", "a-key-that-nobody-may-see")
    with guarded(endpoint, api_key_env="MOD_KEY", model="omni") as guard:
        guard.pre_prompt("hello").raise_if_blocked()
        assert "a-key" not in repr(guard.engine.members[0].instance)
    assert endpoint.headers[0]["authorization"] == "Bearer a-key-that-nobody-may-see"
    assert endpoint.bodies[0]["model"] == "omni"
    monkeypatch.delenv("MOD_KEY")
    with pytest.raises(PolicyError, match="MOD_KEY, which is not set"):
        guarded(endpoint, api_key_env="MOD_KEY")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_tried_again(endpoint: Endpoint, status: int) -> None:
    endpoint.answer = lambda body: (status, {}) if len(endpoint.bodies) < 3 else scored(body)
    with guarded(endpoint, retries=2) as guard:
        guard.pre_prompt("hello").raise_if_blocked()
    assert len(endpoint.bodies) == 3


SHAPES: list[Any] = [
    {},
    [],
    {"results": []},
    {"results": [{}]},
    {"results": [{"flagged": "false"}]},
    {"results": [{"flagged": 0}]},
    {"results": [{"flagged": False, "category_scores": {"harassment": "low"}}]},
    {"results": [{"flagged": False, "category_scores": {"harassment": float("nan")}}]},
    {"results": [{"flagged": False}, {"flagged": False}]},
    b"<html>",
]


@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
def test_an_answer_that_can_t_be_read_refuses(endpoint: Endpoint, shape: Any) -> None:
    endpoint.answer = lambda body: (200, shape)
    with guarded(endpoint) as guard, pytest.raises(PluginError) as refused:
        guard.pre_prompt("the text itself").raise_if_blocked()
    assert "the text itself" not in str(refused.value)


@pytest.mark.parametrize(("status", "attempts"), [(401, 1), (404, 1), (302, 1), (500, 3)])
def test_a_lasting_failure_refuses(endpoint: Endpoint, status: int, attempts: int) -> None:
    endpoint.answer = lambda body: (status, {})
    with guarded(endpoint, retries=2) as guard, pytest.raises(PluginError):
        guard.pre_prompt("hello").raise_if_blocked()
    assert len(endpoint.bodies) == attempts


def test_a_category_without_a_score_refuses(endpoint: Endpoint) -> None:
    with guarded(endpoint, thresholds={"violence": 0.5}) as guard, pytest.raises(PluginError):
        guard.pre_prompt("hello").raise_if_blocked()


def test_a_server_that_is_not_there_or_is_too_slow_refuses(endpoint: Endpoint) -> None:
    release = threading.Event()
    endpoint.answer = lambda body: (200 if release.wait(5) else 500, {})
    with guarded(endpoint, request_timeout_s=0.1, retries=0) as guard, pytest.raises(PluginError):
        guard.pre_prompt("hello").raise_if_blocked()
    release.set()
    gone = Guard(plugins=["moderation"], config={"moderation": {"url": "http://127.0.0.1:9/", "retries": 1}})
    with gone, pytest.raises(PluginError):
        gone.pre_prompt("hello").raise_if_blocked()


def test_one_client_serves_both_twins_and_several_loops(endpoint: Endpoint) -> None:
    with guarded(endpoint) as guard:
        guard.pre_prompt("one").raise_if_blocked()

        async def many() -> None:
            await asyncio.gather(*(guard.apre_prompt(f"text {number}") for number in range(20)))

        asyncio.run(many())
        asyncio.run(many())
    assert len(endpoint.bodies) == 41


class TestConformance(TextPluginConformance):
    plugin = Moderation
    hits = ("you idiot", "An IDIOT.", "idiot")
    misses = ("you ideal", "")
    rounds = 8
    length = 400

    @pytest.fixture(autouse=True)
    def _at(self, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(type(self), "config", {"url": endpoint.url})
