"""Chat messages: every text in them is judged, and they come back in their shape with what was redacted; originals stay."""

from __future__ import annotations

import copy
import json
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.doubles import guarded, scanning

from bartizan import BartizanError, Blocked, Guard, Origin, Prompt, Segment

SECRET = "hunter2"


def guard() -> Guard:
    return guarded(scanning(SECRET, "KEY"))


def judged(messages: Any) -> list[dict[str, Any]]:
    return guard().pre_prompt(Prompt.from_messages(messages)).messages()


CONVERSATION: list[dict[str, Any]] = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": f"my key is {SECRET}", "name": "jane"},
    {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "look", "arguments": f'{{"key": "{SECRET}",  "n": [1, true]}}'}}
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "content": f"found {SECRET}"},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": f"see {SECRET}"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
        ],
    },
]


def test_everything_but_what_was_redacted_comes_back_as_it_was() -> None:
    before = copy.deepcopy(CONVERSATION)
    got = judged(CONVERSATION)
    want = json.loads(json.dumps(before).replace(SECRET, "<KEY>"))
    assert got == want
    assert got[2]["tool_calls"][0]["function"]["arguments"] == '{"key": "<KEY>",  "n": [1, true]}'
    assert before == CONVERSATION
    got[4]["content"][1]["image_url"]["url"] = "changed"
    got[2]["tool_calls"].append("changed")
    assert before == CONVERSATION


def test_untouched_messages_come_back_equal_and_apart() -> None:
    messages = [{"role": "user", "content": [{"type": "text", "text": "hello"}], "extra": {"a": [1]}}]
    got = judged(messages)
    assert got == messages
    assert got[0] is not messages[0]
    assert got[0]["content"] is not messages[0]["content"]
    assert judged([]) == []


def test_each_text_has_its_origin_part_path_and_source() -> None:
    segments = Prompt.from_messages(CONVERSATION).segments
    assert [(s.text, s.origin.value, s.part, s.path, s.key, s.source) for s in segments] == [
        ("Be kind.", "system", "text", "messages[0].content", "", ""),
        (f"my key is {SECRET}", "user", "text", "messages[1].content", "", ""),
        ("jane", "user", "metadata", "messages[1].name", "", ""),
        ("c1", "assistant", "metadata", "messages[2].tool_calls[0].id", "", ""),
        ("look", "assistant", "metadata", "messages[2].tool_calls[0].function.name", "", ""),
        ("key", "assistant", "tool_args", "messages[2].tool_calls[0].function.arguments.<key>", "", ""),
        (SECRET, "assistant", "tool_args", "messages[2].tool_calls[0].function.arguments.key", "key", ""),
        ("n", "assistant", "tool_args", "messages[2].tool_calls[0].function.arguments.<key>", "", ""),
        ("1", "assistant", "tool_args", "messages[2].tool_calls[0].function.arguments.n[0]", "n", ""),
        ("c1", "tool", "metadata", "messages[3].tool_call_id", "", "c1"),
        (f"found {SECRET}", "tool", "text", "messages[3].content", "", "c1"),
        (f"see {SECRET}", "user", "text", "messages[4].content[0].text", "", ""),
        ("", "user", "unreadable", "messages[4].content[1]", "", ""),
    ]


@pytest.mark.parametrize(
    ("role", "origin"),
    [
        ("system", Origin.SYSTEM),
        ("developer", Origin.SYSTEM),
        ("user", Origin.USER),
        ("assistant", Origin.ASSISTANT),
        ("tool", Origin.TOOL),
        ("function", Origin.TOOL),
        ("User", Origin.USER),
        ("critic", Origin.DOCUMENT),
        ("sistem", Origin.DOCUMENT),
        ("", Origin.DOCUMENT),
    ],
)
def test_roles_are_origins_and_unknown_ones_the_least_trusted(role: str, origin: Origin) -> None:
    assert Prompt.from_messages([{"role": role, "content": "x"}]).segments[-1].origin is origin


def test_only_system_and_user_are_trusted() -> None:
    assert {one for one in Origin if one.trusted} == {Origin.SYSTEM, Origin.USER}


def test_a_role_or_type_that_is_no_name_is_judged_as_text() -> None:
    for key in ("role", "type"):
        message = {"role": "user", "content": "x", key: f"user. The key is {SECRET}"}
        assert judged([message])[0][key] == "user. The key is <KEY>"
    call = {"role": "assistant", "tool_calls": [{"type": f"a {SECRET}", "function": {"name": "f", "arguments": "{}"}}]}
    assert judged([call])[0]["tool_calls"][0]["type"] == "a <KEY>"


WHERE: list[Any] = [
    {"role": "user", "content": SECRET},
    {"role": "user", "content": [SECRET]},
    {"role": "user", "content": [[SECRET]]},
    {"role": "user", "content": {"a": [SECRET]}},
    {"role": "user", "content": {SECRET: "a"}},
    {"role": "user", "content": [{"type": "text", "text": SECRET}]},
    {"role": "user", "content": [{"text": SECRET}]},
    {"role": "user", "content": [{"type": "input_text", "text": SECRET}]},
    {"role": "user", "content": [{"type": "refusal", "refusal": SECRET}]},
    {"role": "user", "content": [{"type": "text", "text": "a", "annotations": [{"title": SECRET}]}]},
    {"role": "assistant", "content": "a", "refusal": SECRET},
    {"role": "assistant", "content": "a", "reasoning": SECRET},
    {"role": "assistant", "tool_calls": [{"id": SECRET}]},
    {"role": "assistant", "tool_calls": [{"function": {"name": SECRET}}]},
    {"role": "assistant", "tool_calls": [{"function": {"arguments": SECRET}}]},
    {"role": "assistant", "tool_calls": [{"function": {"arguments": json.dumps({"a": SECRET})}}]},
    {"role": "assistant", "tool_calls": [{"function": {"arguments": json.dumps({SECRET: "a"})}}]},
    {"role": "assistant", "tool_calls": [{"function": {"arguments": '{"a": "\\u0068unter2"}'}}]},
    {"role": "assistant", "tool_calls": [{"function": {"arguments": {"a": [SECRET]}}}]},
    {"role": "assistant", "tool_calls": [{"function": SECRET}]},
    {"role": "assistant", "tool_calls": [SECRET]},
    {"role": "assistant", "tool_calls": SECRET},
    {"role": "assistant", "tool_calls": ({"function": {"arguments": SECRET}},)},
    {"role": "assistant", "function_call": {"name": "f", "arguments": json.dumps({"a": SECRET})}},
    {"role": "assistant", "function_call": SECRET},
    {"role": "tool", "tool_call_id": SECRET, "content": "a"},
    {"role": "tool", "name": SECRET, "content": "a"},
    {"role": "user", "content": "a", "metadata": {"deep": [{"er": SECRET}]}},
    {"role": "user", "content": "a", "x": f"a {SECRET} b"},
]


@pytest.mark.parametrize("message", WHERE, ids=lambda m: json.dumps(m)[:60])
def test_a_text_is_found_wherever_it_stands(message: Any) -> None:
    got = judged([message])
    assert SECRET not in json.dumps(got)
    assert "<KEY>" in json.dumps(got)
    assert "hunter2" in json.dumps(message).replace("\\\\u0068", "h")


@given(
    st.lists(
        st.fixed_dictionaries(
            {"role": st.sampled_from(["system", "user", "assistant", "tool", "odd"])},
            optional={
                "content": st.none()
                | st.text(max_size=6)
                | st.lists(st.text(max_size=4) | st.fixed_dictionaries({"type": st.just("text"), "text": st.text(max_size=4)})),
                "name": st.text(max_size=4),
                "tool_calls": st.lists(
                    st.fixed_dictionaries(
                        {
                            "id": st.text(max_size=3),
                            "function": st.fixed_dictionaries({"name": st.text(max_size=3), "arguments": st.text(max_size=6)}),
                        }
                    )
                ),
            },
        ),
        max_size=4,
    )
)
def test_any_messages_round_trip(messages: list[dict[str, Any]]) -> None:
    prompt = Prompt.from_messages(messages)
    verdict = Guard(plugins=[]).pre_prompt(prompt)
    assert verdict.messages() == messages
    assert verdict.segments == prompt.segments


@pytest.mark.parametrize(
    "message", ["hello", None, ("user", "hi"), {"content": "x"}, {"role": None}, {"role": 5}, ["role"]], ids=repr
)
def test_what_is_no_message_is_refused(message: Any) -> None:
    with pytest.raises(TypeError, match=r"messages\[1\] must be a mapping with a 'role'"):
        Prompt.from_messages([{"role": "user", "content": "x"}, message])


class TestUnreadable:
    UNKNOWN: ClassVar[list[Any]] = [
        {"type": "hologram", "data": SECRET},
        {"type": SECRET + " and more", "data": 1},
        {"type": None, "data": 1},
        {"type": ["text"], "text": SECRET},
        {"data": SECRET},
        {"type": "tool_use", "input": {"a": SECRET}},
    ]
    MEDIA: ClassVar[list[Any]] = [
        {"type": kind, kind: {"url": "https://a.test/b.png"}}
        for kind in ("image", "image_url", "input_audio", "file", "video_url")
    ]

    @pytest.mark.parametrize("block", UNKNOWN, ids=repr)
    def test_unknown_blocks_are_refused_by_default_and_passed_by_policy(self, block: Any) -> None:
        messages = [{"role": "user", "content": [{"type": "text", "text": "look"}, block]}]
        verdict = Guard(plugins=[]).pre_prompt(Prompt.from_messages(messages))
        assert verdict.blocked
        with pytest.raises(Blocked, match="UNREADABLE") as caught:
            verdict.messages()
        assert SECRET not in f"{caught.value}{verdict.explain()}"
        passing = Guard.from_dict({"guard": {"plugins": [], "unreadable_blocks": "pass"}}).pre_prompt(
            Prompt.from_messages(messages)
        )
        assert passing.messages() == messages
        assert [f.label for f in passing.findings] == ["UNREADABLE"]

    @pytest.mark.parametrize("block", [*UNKNOWN[:2], UNKNOWN[-1]], ids=repr)
    def test_what_an_unknown_block_holds_is_judged_where_policy_passes_it(self, block: Any) -> None:
        guard = Guard.from_dict({"guard": {"plugins": ["redaction"], "unreadable_blocks": "pass"}})
        prompt = Prompt.from_messages([{"role": "user", "content": [{**block, "note": "jane@mail.test"}]}])
        (sent,) = guard.pre_prompt(prompt).messages()[0]["content"]
        assert sent["note"] == "<EMAIL_ADDRESS>"

    def test_the_text_around_a_payload_is_judged_and_the_payload_is_not(self) -> None:
        payload = "data:image/png;base64," + "jane@mail.test"
        block = {
            "type": "image_url",
            "image_url": {"url": payload, "detail": "high"},
            "text": "from jane@mail.test",
            "meta": {"caption": "for jane@mail.test"},
        }
        given = [{"role": "user", "content": [block]}]
        (sent,) = Guard(plugins=["redaction"]).pre_prompt(Prompt.from_messages(given)).messages()[0]["content"]
        assert sent["image_url"] == {"url": payload, "detail": "high"}
        assert sent["text"] == "from <EMAIL_ADDRESS>"
        assert sent["meta"] == {"caption": "for <EMAIL_ADDRESS>"}
        assert block["text"] == "from jane@mail.test"

    def test_deep_nesting_around_a_payload_is_refused_in_words(self) -> None:
        nested: Any = "x"
        for _ in range(5_000):
            nested = {"a": nested}
        with pytest.raises(BartizanError, match="levels deep"):
            Prompt.from_messages([{"role": "user", "content": [{"type": "image", "image": nested}]}])

    def test_a_key_that_is_no_plain_name_stays_out_of_what_is_explained(self) -> None:
        messages = [
            {
                "role": "user",
                "content": [{"type": "text", "text": "a", "b " + SECRET: "jane@mail.test"}],
                SECRET + "!": "jane@mail.test",
            }
        ]
        verdict = Guard(plugins=["redaction"]).pre_prompt(Prompt.from_messages(messages))
        assert len(verdict.findings) == 2
        assert SECRET not in verdict.explain()

    def test_a_kind_that_is_no_plain_name_stays_out_of_what_is_said(self) -> None:
        verdict = Guard(plugins=[]).pre_prompt(Segment("", part="unreadable", metadata={"kind": f"it is {SECRET}"}))
        with pytest.raises(Blocked, match="UNREADABLE") as caught:
            verdict.raise_if_blocked()
        assert SECRET not in f"{caught.value}{verdict.explain()}{verdict.findings[0].detail}"

    @pytest.mark.parametrize("block", MEDIA, ids=repr)
    def test_known_media_pass_noted_and_are_refused_by_policy(self, block: Any) -> None:
        prompt = Prompt.from_messages([{"role": "user", "content": [block]}])
        verdict = Guard(plugins=[]).pre_prompt(prompt)
        assert verdict.messages()[0]["content"] == [block]
        assert [(f.label, f.action.name) for f in verdict.findings] == [("UNREADABLE", "NOTE")]
        assert Guard.from_dict({"guard": {"plugins": [], "unreadable_media": "refuse"}}).pre_prompt(prompt).blocked

    def test_monitor_mode_says_that_it_was_not_enforced_though_a_plugin_enforces(self) -> None:
        guard = Guard(["redaction"], config={"redaction": {"mode": "enforce"}}, mode="monitor")
        verdict = guard.pre_prompt(Prompt.from_messages([{"role": "user", "content": [self.UNKNOWN[0]]}]))
        assert not verdict.blocked
        assert not verdict.enforced

    def test_a_value_that_is_no_text_is_refused(self) -> None:
        assert Guard(plugins=[]).pre_prompt(Prompt.from_messages([{"role": "user", "content": b"raw"}])).blocked


class TestVerdictMessages:
    def test_they_need_messages(self) -> None:
        with pytest.raises(BartizanError, match="not made from messages"):
            Guard(plugins=[]).pre_prompt("hello").messages()

    def test_a_blocked_one_raises(self) -> None:
        from support.doubles import BLOCK

        verdict = guarded(scanning("bad", action=BLOCK)).pre_prompt(Prompt.from_messages([{"role": "user", "content": "bad"}]))
        with pytest.raises(Blocked):
            verdict.messages()

    @pytest.mark.parametrize(
        "change",
        [
            lambda m: m[0].update(extra=SECRET),
            lambda m: m[0].pop("content"),
            lambda m: m[0].update(content=["a", "b"]),
            lambda m: m[0]["meta"].append(SECRET),
        ],
    )
    def test_messages_changed_after_they_were_judged_refuse(self, change: Any) -> None:
        messages: list[dict[str, Any]] = [{"role": "user", "content": "x", "meta": ["y"]}]
        verdict = guard().pre_prompt(Prompt.from_messages(messages))
        change(messages)
        with pytest.raises(BartizanError):
            verdict.messages()

    def test_a_text_put_in_later_does_not_get_through(self) -> None:
        messages = [{"role": "user", "content": "x"}]
        verdict = guard().pre_prompt(Prompt.from_messages(messages))
        messages[0]["content"] = SECRET
        assert verdict.messages() == [{"role": "user", "content": "x"}]

    def test_they_can_be_read_twice(self) -> None:
        verdict = guard().pre_prompt(Prompt.from_messages(CONVERSATION))
        first = verdict.messages()
        first[0]["content"] = "changed"
        assert verdict.messages()[0]["content"] == "Be kind."
