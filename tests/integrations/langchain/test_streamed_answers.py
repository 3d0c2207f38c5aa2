"""Streams of every shape: text in any cut, blocks, reasoning, calls of tools, metadata; streamed is what invoke gives."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessageChunk

from bartizan import Blocked, Guard, hookimpl
from bartizan_langchain import guard_model

EMAIL = "jane@acme.test"
SECRET = "SEKRET-" + "48151623"
CALL = {"name": "pay", "args": '{"to": "bob", "amount": 3}', "id": "call_1", "index": 0, "type": "tool_call_chunk"}
USAGE = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}


class Asking:
    """A plugin that needs the whole answer: everything is held until the end."""

    @hookimpl
    def post_response(self, response: Any, context: Any) -> None:
        return None


def read(model: Any, asynchronous: bool = False) -> list[AIMessageChunk]:
    async def gather() -> list[AIMessageChunk]:
        return [chunk async for chunk in model.astream("hello")]

    return asyncio.run(gather()) if asynchronous else list(model.stream("hello"))


def whole(chunks: list[AIMessageChunk]) -> Any:
    out: BaseMessageChunk = chunks[0]
    for chunk in chunks[1:]:
        out = out + chunk
    return out


def calls_in_chunks(call: dict[str, Any], size: int) -> list[AIMessageChunk]:
    args = call["args"]
    head = AIMessageChunk(content="", tool_call_chunks=[{**call, "args": ""}])
    pieces = [args[i : i + size] for i in range(0, len(args), size)]
    return [
        head,
        *(AIMessageChunk(content="", tool_call_chunks=[{**call, "name": None, "id": None, "args": piece}]) for piece in pieces),
    ]


@pytest.fixture(params=[False, True], ids=["released", "held"])
def either(request: pytest.FixtureRequest, planted: Any) -> Guard:
    """A guard that releases text early, and one that must hold it."""
    return Guard(plugins=[planted(), Asking()] if request.param else [planted()])


@pytest.mark.parametrize("asynchronous", [False, True])
class TestText:
    def test_a_value_split_over_chunks_is_redacted(self, asynchronous: bool, either: Guard, scripted: Any) -> None:
        chunks = [AIMessageChunk(content=piece) for piece in ("the key SEK", "RET-4815", "1623 is", " it")]
        assert whole(read(guard_model(scripted(chunks=chunks), either), asynchronous)).content == "the key <SEKRET> is it"

    def test_text_goes_out_as_soon_as_it_is_settled(self, asynchronous: bool, guard: Guard, scripted: Any) -> None:
        chunks = [AIMessageChunk(content=piece) for piece in ("one ", "two ", "thr", "ee ", "end")]
        assert [c.content for c in read(guard_model(scripted(chunks=chunks), guard), asynchronous)][:4] == [
            "one ",
            "two ",
            "",
            "three ",
        ]

    def test_a_block_comes_before_any_character_of_what_is_refused(self, asynchronous: bool, guard: Guard, scripted: Any) -> None:
        model = guard_model(scripted("well, FORBIDDEN words"), guard)
        got: list[str] = []

        async def gather() -> None:
            async for chunk in model.astream("hello"):
                got.append(str(chunk.content))  # noqa: PERF401 (a comprehension would keep nothing of a source that raises)

        with pytest.raises(Blocked):
            _ = asyncio.run(gather()) if asynchronous else got.extend(str(chunk.content) for chunk in model.stream("hello"))
        assert "".join(got) == "well, "

    def test_no_chunk_is_dropped(self, asynchronous: bool, either: Guard, scripted: Any) -> None:
        chunks = [
            AIMessageChunk(content="", response_metadata={"model_provider": "openai"}),
            AIMessageChunk(content="hi "),
            AIMessageChunk(content="there"),
            AIMessageChunk(content="", usage_metadata=USAGE, response_metadata={"model_name": "m-1", "finish_reason": "stop"}),
        ]
        raw = scripted(chunks=chunks)
        given, got = whole(read(raw, asynchronous)), whole(read(guard_model(raw, either), asynchronous))
        assert got.usage_metadata == USAGE
        assert (got.content, got.response_metadata, got.chunk_position) == (given.content, given.response_metadata, "last")

    def test_the_chunk_marked_as_last_stays_the_last(self, asynchronous: bool, either: Guard, scripted: Any) -> None:
        chunks = [AIMessageChunk(content="hello "), AIMessageChunk(content=SECRET, chunk_position="last", usage_metadata=USAGE)]
        got = read(guard_model(scripted(chunks=chunks), either), asynchronous)
        assert [chunk.chunk_position for chunk in got] == [None, "last"]
        assert whole(got).content == "hello <SEKRET>"
        assert whole(got).usage_metadata == USAGE

    def test_a_chunk_after_the_last_one_is_kept(self, asynchronous: bool, either: Guard, scripted: Any) -> None:
        chunks = [AIMessageChunk(content="hi", chunk_position="last"), AIMessageChunk(content="", usage_metadata=USAGE)]
        got = read(guard_model(scripted(chunks=chunks), either), asynchronous)
        assert whole(got).content == "hi"
        assert whole(got).usage_metadata == USAGE
        assert got[-1].chunk_position == "last"


class TestCalls:
    @pytest.mark.parametrize("size", [1, 4, 100])
    @pytest.mark.parametrize("asynchronous", [False, True])
    def test_they_are_held_until_they_are_whole(self, asynchronous: bool, size: int, either: Guard, scripted: Any) -> None:
        raw = scripted(chunks=[AIMessageChunk(content="paying "), *calls_in_chunks(CALL, size)])
        got = read(guard_model(raw, either), asynchronous)
        assert all(not chunk.tool_calls for chunk in got[:-2])
        assert whole(got).tool_calls == whole(read(raw)).tool_calls
        assert whole(got).content == "paying "
        assert [chunk.tool_call_chunks for chunk in got if chunk.tool_call_chunks] == [[CALL]]

    @pytest.mark.parametrize("size", [1, 4, 100])
    def test_a_secret_in_arguments_refuses_the_call(self, size: int, either: Guard, scripted: Any) -> None:
        raw = scripted(chunks=calls_in_chunks({**CALL, "args": f'{{"to": "{SECRET}"}}'}, size))
        assert whole(read(raw)).tool_calls[0]["args"] == {"to": SECRET}
        with pytest.raises(Blocked):
            read(guard_model(raw, either))

    def test_personal_data_in_arguments_is_left_to_the_tool(self, either: Guard, scripted: Any) -> None:
        raw = scripted(chunks=calls_in_chunks({**CALL, "args": f'{{"to": "{EMAIL}"}}'}, 3))
        assert whole(read(guard_model(raw, either))).tool_calls[0]["args"] == {"to": EMAIL}

    def test_a_rule_for_arguments_rewrites_chunk_and_call_alike(self, planted: Any, scripted: Any) -> None:
        rules = {"Planted": {"rules": [{"parts": ["tool_args"], "action": "redact"}]}}
        raw = scripted(chunks=calls_in_chunks({**CALL, "args": f'{{"to": "{EMAIL}"}}'}, 3))
        got = whole(read(guard_model(raw, Guard(plugins=[planted()], config=rules))))
        assert got.tool_calls[0]["args"] == {"to": "<EMAIL_ADDRESS>"}
        assert got.tool_call_chunks[0]["args"] == '{"to": "<EMAIL_ADDRESS>"}'

    def test_two_calls_stay_two(self, either: Guard, scripted: Any) -> None:
        one, two = calls_in_chunks(CALL, 5), calls_in_chunks({**CALL, "id": "call_2", "index": 1, "args": '{"to": "eve"}'}, 5)
        got = whole(read(guard_model(scripted(chunks=[*one, *two]), either)))
        assert [call["args"] for call in got.tool_calls] == [{"to": "bob", "amount": 3}, {"to": "eve"}]

    def test_an_unfinished_call_is_judged_as_it_is(self, either: Guard, scripted: Any) -> None:
        with pytest.raises(Blocked):
            read(guard_model(scripted(chunks=calls_in_chunks({**CALL, "args": f'{{"to": "{SECRET}'}, 4)), either))


def blocks(*contents: list[Any]) -> list[AIMessageChunk]:
    return [AIMessageChunk(content=content) for content in contents]


class TestBlocks:
    @pytest.mark.parametrize(
        "field", [("text", "text"), ("reasoning", "reasoning"), ("thinking", "thinking"), ("refusal", "refusal")]
    )
    def test_running_text_is_redacted_across_chunks_and_merges_by_index(
        self, field: tuple[str, str], either: Guard, scripted: Any
    ) -> None:
        kind, key = field
        pieces = ["it is SEK", "RET-48151623", " or so"]
        raw = scripted(chunks=blocks(*([{"type": kind, key: piece, "index": 0}] for piece in pieces)))
        assert whole(read(guard_model(raw, either))).content == [{"type": kind, key: "it is <SEKRET> or so", "index": 0}]

    def test_blocks_without_an_index_leak_nothing(self, either: Guard, scripted: Any) -> None:
        raw = scripted(chunks=blocks([{"type": "text", "text": "it is SEK"}], ["RET-", {"type": "text", "text": "48151623 ok"}]))
        assert "48151623" not in repr(read(guard_model(raw, either)))
        assert "48151623" in repr(read(raw))

    def test_reasoning_and_text_keep_their_places(self, either: Guard, scripted: Any) -> None:
        raw = scripted(
            chunks=blocks(
                [{"type": "thinking", "thinking": f"hm {EMAIL}", "index": 0}],
                [{"type": "thinking", "thinking": " well", "index": 0}],
                [{"type": "thinking", "signature": "c2ln", "index": 0}],
                [{"type": "text", "text": "so ", "index": 1}],
                [{"type": "text", "text": f"{SECRET}.", "index": 1}],
                [{"type": "tool_use", "id": "t", "name": "pay", "input": {}, "index": 2}],
                [{"type": "input_json_delta", "partial_json": '{"to": "bob"}', "index": 2}],
            )
        )
        given, got = whole(read(raw)).content, whole(read(guard_model(raw, either))).content
        assert [block["type"] for block in got] == [block["type"] for block in given] == ["thinking", "text", "tool_use"]
        assert got[0] == {"type": "thinking", "thinking": "hm <EMAIL_ADDRESS> well", "signature": "c2ln", "index": 0}
        assert got[1]["text"] == "so <SEKRET>."
        assert got[2] == given[2]

    def test_what_follows_a_block_that_waits_waits_too(self, either: Guard, scripted: Any) -> None:
        result = {"type": "web_search_tool_result", "content": [{"title": f"by {EMAIL}"}], "index": 1}
        raw = scripted(
            chunks=blocks(
                [{"type": "text", "text": "see ", "index": 0}], [result], [{"type": "text", "text": "there", "index": 2}]
            )
        )
        got = whole(read(guard_model(raw, either))).content
        assert [block["index"] for block in got] == [0, 1, 2]
        assert got[1]["content"] == [{"title": "by <EMAIL_ADDRESS>"}]

    def test_citations_are_judged(self, either: Guard, scripted: Any) -> None:
        cited = {"type": "text", "text": "so", "citations": [{"cited_text": f"ask {EMAIL}", "url": "https://a.test"}], "index": 0}
        raw = scripted(chunks=blocks([cited], [{"type": "text", "text": " on", "index": 0}]))
        got = whole(read(guard_model(raw, either))).content
        assert got == [
            {
                "type": "text",
                "text": "so on",
                "citations": [{"cited_text": "ask <EMAIL_ADDRESS>", "url": "https://a.test"}],
                "index": 0,
            }
        ]

    def test_an_unknown_block_is_refused(self, either: Guard, scripted: Any) -> None:
        with pytest.raises(Blocked):
            read(guard_model(scripted(chunks=blocks([{"type": "hologram", "index": 0}])), either))


class TestTheRest:
    def test_reasoning_in_additional_kwargs_is_redacted_across_chunks(self, either: Guard, scripted: Any) -> None:
        chunks = [
            AIMessageChunk(content="", additional_kwargs={"reasoning_content": piece})
            for piece in ("hm SEK", "RET-48151623", " ok")
        ]
        got = whole(read(guard_model(scripted(chunks=chunks), either)))
        assert got.additional_kwargs == {"reasoning_content": "hm <SEKRET> ok"}

    def test_a_function_call_in_additional_kwargs_is_held(self, either: Guard, scripted: Any) -> None:
        chunks = [
            AIMessageChunk(content="", additional_kwargs={"function_call": {"name": "pay"}}),
            *(
                AIMessageChunk(content="", additional_kwargs={"function_call": {"arguments": p}})
                for p in ('{"to": "SEK', 'RET-48151623"}')
            ),
        ]
        with pytest.raises(Blocked):
            read(guard_model(scripted(chunks=chunks), either))
        got = whole(read(guard_model(scripted(chunks=chunks[:1]), either)))
        assert got.additional_kwargs == {"function_call": {"name": "pay"}}

    @pytest.mark.parametrize("where", ["message", "chunk"])
    def test_metadata_split_over_chunks_is_judged_whole(self, where: str, either: Guard, scripted: Any) -> None:
        notes = [{"note": "ask jane@ac"}, {"note": "me.test"}]
        chunks = [AIMessageChunk(content="a", response_metadata=note if where == "message" else {}) for note in notes]
        infos = notes if where == "chunk" else [None, None]
        raw = scripted(chunks=chunks, infos=infos)
        assert whole(read(raw)).response_metadata["note"] == f"ask {EMAIL}"
        assert whole(read(guard_model(raw, either))).response_metadata["note"] == "ask <EMAIL_ADDRESS>"

    def test_token_probabilities_go_where_the_answer_is_changed_and_stay_elsewhere(self, either: Guard, scripted: Any) -> None:
        def streamed(pieces: list[str]) -> Any:
            infos = [{"logprobs": {"content": [{"token": piece, "logprob": -0.5}]}} for piece in pieces]
            raw = scripted(chunks=[AIMessageChunk(content=piece) for piece in pieces], infos=infos)
            return whole(read(raw)), whole(read(guard_model(raw, either)))

        _, got = streamed(["key ", "SEKRET-", "48151623", " ok"])
        assert got.content == "key <SEKRET> ok"
        assert "48151623" not in repr(got)
        given, got = streamed(["all ", "is ", "well"])
        assert got.response_metadata == given.response_metadata

    @pytest.mark.parametrize("field", ["id", "name"])
    def test_a_name_and_an_id_are_judged(self, field: str, either: Guard, scripted: Any) -> None:
        chunks = [AIMessageChunk(content="a ", **{field: SECRET}), AIMessageChunk(content="b", **{field: SECRET})]
        got = read(guard_model(scripted(chunks=chunks), either))
        assert SECRET not in repr(got)
        assert whole(got).content == "a b"

    def test_where_a_plugin_needs_the_whole_it_sees_one_response_names_and_ids_included(
        self, planted: Any, scripted: Any
    ) -> None:
        given: list[list[str]] = []

        class Listing:
            @hookimpl
            def post_response(self, response: Any, context: Any) -> None:
                given.append(sorted(segment.text for segment in response.segments))

        chunks = [AIMessageChunk(content=text, id="msg_1", response_metadata={"note": "n"}) for text in ("a ", "b")]
        got = whole(read(guard_model(scripted(chunks=chunks), Guard(plugins=[planted(), Listing()]))))
        assert given == [["a b", "msg_1", "nn", "note"]]
        assert (got.content, got.id, got.response_metadata) == ("a b", "msg_1", {"note": "nn"})

    def test_calls_without_chunks_are_kept(self, either: Guard, scripted: Any) -> None:
        chunk = AIMessageChunk(content="")
        chunk.tool_calls = [{"name": "pay", "args": {"to": "bob"}, "id": "1", "type": "tool_call"}]
        got = whole(read(guard_model(scripted(chunks=[chunk]), either)))
        assert [(call["name"], call["args"]) for call in got.tool_calls] == [("pay", {"to": "bob"})]

    def test_what_the_model_says_stays_as_it_was(self, either: Guard, scripted: Any) -> None:
        raw = scripted(chunks=[*blocks([{"type": "text", "text": SECRET, "index": 0}]), *calls_in_chunks(CALL, 3)])
        first = repr(read(guard_model(raw, either))[0].content)
        assert repr(read(guard_model(raw, either))[0].content) == first
        assert SECRET in repr(raw.chunks)


WORDS = ["hello", "my", "FORBIDDE", EMAIL, SECRET, "SEKRET-48151623x", "jane@acme", ".test", " ", "\n", "ok.", "ü", "-"]


@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=12), sizes=st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_streamed_text_is_what_invoke_gives_however_it_is_cut(words: list[str], sizes: list[int]) -> None:
    import sys

    support = next(module for name, module in list(sys.modules.items()) if name.endswith("langchain.conftest"))
    text = "".join(word + ("" if word.isspace() else " ") * (len(word) % 2) for word in words)
    pieces, at = [], 0
    while at < len(text):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(AIMessageChunk(content=text[at : at + size]))
        at += size
    guard = Guard(plugins=[support.Planted()])
    model = guard_model(support.Streaming(script=[AIMessage(text)], chunks=pieces, heard=[]), guard)
    assert "".join(str(chunk.content) for chunk in model.stream("hello")) == model.invoke("hello").content
