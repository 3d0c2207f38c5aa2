"""Sinks get every event, no value and no id; and none of them can hold up or refuse a call."""

from __future__ import annotations

import gc
import hmac
import json
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan import Decision, Guard, MissingExtra, Principal, Refused, hookimpl
from bartizan_audit import Audit, AuditError, Config
from bartizan_audit._monitor import MonitorConfig
from bartizan_audit._sinks._config import LoggingConfig, MetricsConfig, OtelConfig, WebhookConfig
from bartizan_audit._tools import Tools

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALICE = Principal("alice@acme.test", ["user"], tenant="acme")


class Grants:
    name = "grants"

    @hookimpl
    def authorize(self, request: Any, context: Any) -> Decision:
        return Decision.ALLOW if request.action == "query" else Decision.deny("not granted")


def calls(guard: Guard, text: str = "mail jane@example.com") -> None:
    session = guard.session(ALICE, id="chat-17")
    session.pre_prompt(text, model="small")
    session.is_allowed("tool:pay", args={"note": text})
    for _ in range(3):
        _ = session.pre_prompt("\u202e" + text).blocked


class Received(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, status: int = 200) -> None:
        self.bodies: list[tuple[dict[str, str], bytes]] = []
        self.status = status
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.bodies.append((dict(self.headers), body))
                self.send_response(server.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"


@pytest.fixture
def received() -> Iterator[Received]:
    server = Received()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    gc.collect()


def test_logging_gets_each_event_as_json_refusals_as_warnings(make_log: Any, caplog: pytest.LogCaptureFixture) -> None:
    log = make_log(logging=LoggingConfig())
    caplog.set_level(logging.INFO, "bartizan.audit.events")
    with log.guard(Grants()) as guard:
        calls(guard)
    lines = [record for record in caplog.records if record.name == "bartizan.audit.events"]
    told = [json.loads(record.getMessage()) for record in lines]
    assert [one["hook"] for one in told] == ["pre_prompt", "authorize", "pre_prompt", "pre_prompt", "pre_prompt"]
    assert [record.levelno for record in lines] == [logging.INFO] + [logging.WARNING] * 4
    assert len({one["who"] for one in told}) == len({one["session"] for one in told}) == 1
    (found,) = Tools(log.config).tail({"principal": ALICE.id}, 1, follow=False, go_on=lambda _: False)
    assert found[0]["who"] == told[0]["who"]  # an operator with the key finds whom a line is about


def test_spans_follow_the_conventions(make_log: Any) -> None:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    log = make_log(otel=OtelConfig())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trace, "get_tracer", provider.get_tracer)
        guard = log.guard(Grants())
    with guard, provider.get_tracer("app").start_as_current_span("request") as request:
        calls(guard)
    prompt, asked, *_ = exporter.get_finished_spans()
    assert prompt.name == "bartizan.pre_prompt"
    assert prompt.parent is not None
    assert prompt.parent.span_id == request.get_span_context().span_id
    attributes = dict(prompt.attributes or {})
    assert attributes["gen_ai.operation.name"] == "chat"
    assert attributes["gen_ai.request.model"] == "small"
    assert attributes["bartizan.outcome"] == "redact"
    assert attributes["gen_ai.conversation.id"] != "chat-17"
    assert [(one.name, (one.attributes or {}).get("bartizan.finding.label")) for one in prompt.events][-1] == (
        "bartizan.finding",
        "EMAIL_ADDRESS",
    )
    tool = dict(asked.attributes or {})
    assert (tool["gen_ai.operation.name"], tool["gen_ai.tool.name"], tool["bartizan.decision"]) == ("execute_tool", "pay", "deny")
    assert prompt.start_time is not None
    assert prompt.end_time is not None
    assert prompt.start_time < prompt.end_time


def test_metrics_count_and_label_nobody(make_log: Any) -> None:
    from prometheus_client import REGISTRY, generate_latest

    def value(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    log = make_log(metrics=MetricsConfig())
    with log.guard(Grants()) as guard:
        before = value("bartizan_findings_total", plugin="redaction", label="EMAIL_ADDRESS", action="redact")
        denied = value("bartizan_decisions_total", kind="tool", effect="deny")
        calls(guard)
        assert value("bartizan_findings_total", plugin="redaction", label="EMAIL_ADDRESS", action="redact") > before
        assert value("bartizan_decisions_total", kind="tool", effect="deny") == denied + 1
        assert value("bartizan_plugin_runs_total", plugin="validation", status="ran") > 0
        assert value("bartizan_hook_seconds_count", hook="pre_prompt") > 0
    page = generate_latest().decode("utf-8")
    who = {
        one["who"] for one in next(iter(Tools(log.config).tail({"principal": ALICE.id}, 9, follow=False, go_on=lambda _: False)))
    }
    for hidden in (ALICE.id, "acme", "chat-17", "tool:pay", "small", *who):
        assert hidden not in page


@pytest.mark.parametrize("send", ["alerts", "refusals", "all"])
def test_a_webhook_gets_what_it_asks_for_signed(
    make_log: Any, received: Received, monkeypatch: pytest.MonkeyPatch, send: Any
) -> None:
    monkeypatch.setenv("HOOK_SECRET", "s3cret of the hook")
    log = make_log(
        webhook=WebhookConfig(url=received.url, send=send, secret_env="HOOK_SECRET"), monitor=MonitorConfig(refusals=3)
    )
    with log.guard(Grants()) as guard:
        calls(guard)
    bodies = [json.loads(body) for _, body in received.bodies]
    kinds = [one["kind"] for one in bodies]
    assert kinds.count("alert") == 1
    assert kinds.count("event") == {"alerts": 0, "refusals": 4, "all": 5}[send]
    alert = next(one for one in bodies if one["kind"] == "alert")
    assert (alert["alert"], len(alert["who"])) == ("repeated_refusals", 16)
    for headers, body in received.bodies:
        expected = hmac.digest(b"s3cret of the hook", body, "sha256").hex()
        assert headers["X-Bartizan-Signature"] == f"sha256={expected}"


def test_a_webhook_that_hangs_or_fails_holds_nothing_up(make_log: Any, caplog: pytest.LogCaptureFixture) -> None:
    log = make_log(webhook=WebhookConfig(url="http://127.0.0.1:9/closed", send="all", queue=2, timeout_s=0.2))
    audit = Audit(log.config)
    with Guard(plugins=[audit]) as guard:
        guard.pre_prompt("first")
        began = time.monotonic()
        for _ in range(50):
            guard.pre_prompt("hello")
        assert time.monotonic() - began < 3
        (sink,) = audit._outputs._sinks
        assert sink.dropped > 30
    assert log.verify().records == 51
    assert "could not be delivered" in caplog.text or "dropped" in caplog.text


def test_a_webhook_follows_no_redirect(make_log: Any, received: Received) -> None:
    received.status = 307
    with make_log(webhook=WebhookConfig(url=received.url, send="all")).guard() as guard:
        guard.pre_prompt("hello")
    assert received.bodies
    assert all(headers["Content-Type"] == "application/json" for headers, _ in received.bodies)


def test_a_webhook_without_its_secret_is_refused_at_the_start(make_log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOOK_SECRET", raising=False)
    log = make_log(webhook=WebhookConfig(url="https://example.com/", secret_env="HOOK_SECRET"))
    with pytest.raises(AuditError, match="HOOK_SECRET is not set"):
        Audit(log.config)


def test_a_sink_that_fails_refuses_nothing_and_says_no_more_than_its_error_s_name(
    make_log: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from bartizan_audit._sinks._logging import LoggingSink

    def fails(self: Any, *args: Any) -> None:
        message = "quotes jane@example.com"
        raise ValueError(message)

    monkeypatch.setattr(LoggingSink, "event", fails)
    with make_log(logging=LoggingConfig()).guard() as guard:
        assert guard.pre_prompt("hello").text == "hello"
    assert "LoggingSink failed with ValueError" in caplog.text
    assert "jane" not in caplog.text


@pytest.mark.parametrize(
    ("module", "table", "extra"),
    [("opentelemetry", {"otel": OtelConfig()}, "otel"), ("prometheus_client", {"metrics": MetricsConfig()}, "metrics")],
)
def test_a_missing_extra_is_one_sentence(
    make_log: Any, monkeypatch: pytest.MonkeyPatch, module: str, table: dict[str, Any], extra: str
) -> None:
    import sys

    from bartizan_audit._sinks import _metrics

    monkeypatch.setattr(_metrics, "_metrics", _metrics._metrics.__wrapped__)  # what is registered already stays
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=rf"pip install 'bartizan\[{extra}\]'"):
        Audit(make_log(**table).config)


@settings(max_examples=12)
@given(planted=st.from_regex(r"\A[a-z]{6,10}\.[a-z]{6,10}@[a-z]{6,10}\.example\Z"))
def test_what_was_planted_reaches_no_sink_no_log_and_no_exception(planted: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    folder: Path = tmp_path_factory.mktemp("planted")
    server, exporter, provider, lines = Received(), InMemorySpanExporter(), TracerProvider(), []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    class Keeps(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.getMessage()} {record.exc_info}")

    keeps, root = Keeps(), logging.getLogger()
    root.addHandler(keeps)
    root.setLevel(logging.INFO)
    config = Config(
        path=folder / "audit.db",
        durability="normal",
        text="redacted",
        monitor=MonitorConfig(refusals=2, near_duplicates=1),
        logging=LoggingConfig(),
        otel=OtelConfig(),
        metrics=MetricsConfig(),
        webhook=WebhookConfig(url=server.url, send="all"),
    )
    told = []
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(trace, "get_tracer", provider.get_tracer)
            guard = Guard(plugins=["validation", "redaction", Grants(), Audit(config)])
        with guard:
            calls(guard, f"write to {planted} now")
            calls(guard, f"write to {planted} today")
            try:
                guard.session(ALICE).authorize("tool:pay", args={"to": planted})
            except Refused as error:
                told.append(f"{error!r} {error} {error.__cause__!r} {error.__context__!r}")
    finally:
        root.removeHandler(keeps)
        root.setLevel(logging.WARNING)
        server.shutdown()
        thread.join()
        server.server_close()
    from prometheus_client import generate_latest

    assert told
    assert len(server.bodies) > 5
    assert len(exporter.get_finished_spans()) > 5
    everything = [
        *told,
        *lines,
        *(body.decode() for _, body in server.bodies),
        *(span.to_json() for span in exporter.get_finished_spans()),
        generate_latest().decode(),
        *(json.dumps(one) for page in Tools(config).tail({}, 99, follow=False, go_on=lambda _: False) for one in page),
        *(file.read_bytes().decode("latin-1") for file in folder.iterdir()),
    ]
    assert [one[:80] for one in everything if planted in one or planted.partition("@")[0] in one] == []
