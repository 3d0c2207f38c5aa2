"""A local HTTP server that answers like OpenAI's and Anthropic's, and keeps every request body as it came.

The formats are those of the providers' API references: OpenAI "Chat Completions" and "Responses", Anthropic "Messages", streamed as
server-sent events (WHATWG HTML, section 9.2).
"""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
SIZE = 5
"""Characters of a streamed piece: values are cut."""


class Provider:
    """`bodies` holds what was sent; `text`, `calls` and `thinking` are what is answered, `script` the first answers."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.text = "fine"
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.thinking = ""
        self.status = 200
        self.script: list[tuple[str, list[tuple[str, dict[str, Any]]]]] = []
        self.asked_text: dict[str, Any] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                provider.bodies.append(body)
                asked = json.loads(body)
                if provider.script:
                    provider.text, provider.calls = provider.script.pop(0)
                provider.asked_text = asked.get("text", {"format": {"type": "text"}})
                if provider.status != 200:
                    self._send("application/json", json.dumps({"error": {"message": provider.text, "type": "x"}}).encode())
                elif asked.get("stream"):
                    events = (_event(name, data) for name, data in provider.streamed(self.path))
                    self._send("text/event-stream", b"".join(events))
                else:
                    self._send("application/json", json.dumps(provider.whole(self.path)).encode())

            def _send(self, kind: str, data: bytes) -> None:
                self.send_response(provider.status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def whole(self, path: str) -> dict[str, Any]:
        """An answer that is not streamed."""
        if path.endswith("/messages"):
            return {**_MESSAGE, "content": self._blocks(), "stop_reason": "tool_use" if self.calls else "end_turn"}
        if path.endswith("/responses"):
            return {**_RESPONSE, "text": self.asked_text, "status": "completed", "output": self._items()}
        message: dict[str, Any] = {"role": "assistant", "content": self.text}
        if self.calls:
            message["tool_calls"] = [
                {"id": f"call_{i}", "type": "function", "function": {"name": name, "arguments": json.dumps(args)}}
                for i, (name, args) in enumerate(self.calls)
            ]
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": "tool_calls" if self.calls else "stop",
            "logprobs": self._logprobs(),
        }
        return {**_COMPLETION, "object": "chat.completion", "choices": [choice], "usage": USAGE}

    def streamed(self, path: str) -> Iterator[tuple[str, Any]]:
        """The same as events: (name, data)."""
        if path.endswith("/messages"):
            return self._message_events()
        return self._response_events() if path.endswith("/responses") else self._completion_events()

    def _logprobs(self) -> dict[str, Any]:
        return {"content": [{"token": piece, "logprob": -0.1, "bytes": None, "top_logprobs": []} for piece in _pieces(self.text)]}

    def _blocks(self) -> list[dict[str, Any]]:
        thinking = [{"type": "thinking", "thinking": self.thinking, "signature": "c2ln"}] if self.thinking else []
        calls = [
            {"type": "tool_use", "id": f"toolu_{i}", "name": name, "input": args} for i, (name, args) in enumerate(self.calls)
        ]
        return [*thinking, {"type": "text", "text": self.text}, *calls]

    def _items(self) -> list[dict[str, Any]]:
        part = {"type": "output_text", "text": self.text, "annotations": []}
        items: list[dict[str, Any]] = []
        if self.thinking:
            items.append({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": self.thinking}]})
        items.append({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]})
        for i, (name, args) in enumerate(self.calls):
            head = {"type": "function_call", "id": f"fc_{i}", "call_id": f"call_{i}", "name": name, "status": "completed"}
            items.append({**head, "arguments": json.dumps(args)})
        return items

    def _completion_events(self) -> Iterator[tuple[str, Any]]:
        def chunk(delta: dict[str, Any], end: str | None = None) -> dict[str, Any]:
            choice = {"index": 0, "delta": delta, "finish_reason": end}
            return {**_COMPLETION, "object": "chat.completion.chunk", "choices": [choice]}

        yield "", chunk({"role": "assistant", "content": ""})
        for piece in _pieces(self.text):
            yield "", chunk({"content": piece})
        for i, (name, args) in enumerate(self.calls):
            yield (
                "",
                chunk(
                    {
                        "tool_calls": [
                            {"index": i, "id": f"call_{i}", "type": "function", "function": {"name": name, "arguments": ""}}
                        ]
                    }
                ),
            )
            for piece in _pieces(json.dumps(args)):
                yield "", chunk({"tool_calls": [{"index": i, "function": {"arguments": piece}}]})
        yield "", chunk({}, "tool_calls" if self.calls else "stop")
        yield "", {**_COMPLETION, "object": "chat.completion.chunk", "choices": [], "usage": USAGE}
        yield "", "[DONE]"

    def _message_events(self) -> Iterator[tuple[str, Any]]:
        yield "message_start", {"message": {**_MESSAGE, "content": [], "stop_reason": None}}
        for index, block in enumerate(self._blocks()):
            kind = block["type"]
            field, delta = {
                "text": ("text", "text_delta"),
                "thinking": ("thinking", "thinking_delta"),
                "tool_use": ("input", "input_json_delta"),
            }[kind]
            value = block[field]
            yield "content_block_start", {"index": index, "content_block": {**block, field: {} if kind == "tool_use" else ""}}
            for piece in _pieces(json.dumps(value) if kind == "tool_use" else value):
                name = "partial_json" if kind == "tool_use" else field
                yield "content_block_delta", {"index": index, "delta": {"type": delta, name: piece}}
            yield "content_block_stop", {"index": index}
        yield "message_delta", {"delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 7}}
        yield "message_stop", {}

    def _response_events(self) -> Iterator[tuple[str, Any]]:
        count = 0

        def event(name: str, **data: Any) -> tuple[str, Any]:
            nonlocal count
            count += 1
            return name, {"sequence_number": count, **data}

        yield event("response.created", response={**_RESPONSE, "text": self.asked_text, "status": "in_progress", "output": []})
        for at, item in enumerate(self._items()):
            empty = {"message": {"content": []}, "reasoning": {"summary": []}, "function_call": {"arguments": ""}}[item["type"]]
            yield event("response.output_item.added", output_index=at, item={**item, **empty})
            where = {"item_id": item["id"], "output_index": at}
            if item["type"] == "message":
                blank = {"type": "output_text", "text": "", "annotations": []}
                yield event("response.content_part.added", **where, content_index=0, part=blank)
                for piece in _pieces(self.text):
                    yield event("response.output_text.delta", **where, content_index=0, delta=piece, logprobs=[])
                yield event("response.output_text.done", **where, content_index=0, text=self.text, logprobs=[])
                yield event("response.content_part.done", **where, content_index=0, part=item["content"][0])
            elif item["type"] == "reasoning":
                blank = {"type": "summary_text", "text": ""}
                yield event("response.reasoning_summary_part.added", **where, summary_index=0, part=blank)
                for piece in _pieces(self.thinking):
                    yield event("response.reasoning_summary_text.delta", **where, summary_index=0, delta=piece)
                yield event("response.reasoning_summary_text.done", **where, summary_index=0, text=self.thinking)
            else:
                for piece in _pieces(item["arguments"]):
                    yield event("response.function_call_arguments.delta", **where, delta=piece)
                yield event("response.function_call_arguments.done", **where, arguments=item["arguments"])
            yield event("response.output_item.done", output_index=at, item=item)
        yield event(
            "response.completed", response={**_RESPONSE, "text": self.asked_text, "status": "completed", "output": self._items()}
        )


_COMPLETION = {"id": "chatcmpl-1", "created": 1, "model": "gpt-test", "system_fingerprint": None}
_MESSAGE = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-test", "stop_sequence": None,
    "usage": {"input_tokens": 5, "output_tokens": 7},
}  # fmt: skip
_RESPONSE = {
    "id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-test", "error": None, "incomplete_details": None,
    "instructions": None, "metadata": {}, "parallel_tool_calls": True, "temperature": 1.0, "tool_choice": "auto", "tools": [],
    "top_p": 1.0, "usage": {
        "input_tokens": 5, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 12,
    },
}  # fmt: skip


def _pieces(text: str) -> list[str]:
    return [text[at : at + SIZE] for at in range(0, len(text), SIZE)]


def _event(name: str, data: Any) -> bytes:
    if isinstance(data, dict) and name:
        data = {"type": name, **data}
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()
