"""Entities of a policy: patterns in RE2, listed values, words before."""

from __future__ import annotations

import pytest

from bartizan_redaction import Config, Custom, Redaction
from bartizan_redaction._custom import may_match_space


def found(custom: Custom, text: str, start: int = 0) -> list[str]:
    scanner = Redaction(Config(entities=(), custom={"X": custom})).scanners[0]
    return [text[finding.start : finding.end] for finding in scanner.scan(text, start)]


def test_pattern_is_found_at_every_place_where_it_matches() -> None:
    assert found(Custom(regex=r"\d{4}"), "123456") == ["1234", "2345", "3456"]
    assert found(Custom(regex="aba"), "ababa") == ["aba", "aba"]
    assert found(Custom(regex=r"\bTCK-\d{6}\b"), "TCK-123456 XTCK-123456 TCK-1234567") == ["TCK-123456"]


def test_edges_see_the_text_around_the_searched_stretch() -> None:
    assert found(Custom(regex="^ab"), "ab ab") == ["ab"]
    assert found(Custom(regex="ab$"), "ab ab") == ["ab"]
    assert found(Custom(regex=r"\bab"), "xab", 1) == []
    assert found(Custom(regex="^ab"), "xab", 1) == []
    far = "-" * 5000
    assert found(Custom(regex=r"ab\b", max_span=2), f"abc{far}ab{far}abc") == ["ab"]


def test_match_longer_than_max_span_is_cut() -> None:
    assert found(Custom(regex="A[0-9]+", max_span=5), "A123456789") == ["A1234"]
    assert found(Custom(regex="A[0-9]+B", max_span=5), "A123456789B A1B") == ["A1B"]


@pytest.mark.parametrize("before", ["", "\u00e9", "\u5bc6\u7801 ", "\U0001f600" * 700, "\ud800 ", "x" * 3000 + "\u00e9"])
def test_offsets_are_in_characters(before: str) -> None:
    text = f"{before} TCK-1 \u00fc TCK-2"
    assert found(Custom(regex=r"TCK-\d"), text) == ["TCK-1", "TCK-2"]
    assert found(Custom(regex=rb"\u00fc".decode("unicode_escape")), text) == ["\u00fc"]


def test_listed_values_ignore_case_and_are_no_parts_of_words() -> None:
    listed = Custom(deny_list=("Project Falcon", "falcon", "a+b"))
    assert found(listed, "the PROJECT falcon; falcons, Falcon. a+b aab") == ["PROJECT falcon", "falcon", "Falcon", "a+b"]


def test_context_word_must_stand_within_the_window_before() -> None:
    badge = Custom(regex=r"E-\d{6}", context_words=("employee", "badge"))
    assert found(badge, "Employee: E-123456") == ["E-123456"]
    assert found(badge, "badge_no E-123456") == ["E-123456"]
    assert found(badge, "E-123456 employee") == []
    assert found(badge, "employees E-123456") == []
    assert found(badge, "badge" + " " * 59 + "E-123456") == ["E-123456"]
    assert found(badge, "badge" + " " * 60 + "E-123456") == []
    assert found(badge, "employee: E-123456", 10) == ["E-123456"]


@pytest.mark.parametrize("pattern", [r"TCK-\d{6}", r"\b[A-Z]{3}_[0-9a-f]{8}\b", "(?:ab|cd)+", r"a\.b", "(?i)abc"])
def test_patterns_without_white_space_are_told_apart(pattern: str) -> None:
    assert not may_match_space(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "a b",
        "a.b",
        r"a\sb",
        r"a\Db",
        "[^a]",
        r"\pL",
        r"[!-~\s]",
        "[\t-z]",
        "[ -z]",
        r"\x20",
        r"a\W",
        "[[:space:]]",
        r"\C",
        "(?s:.)",
        "[+-a]",
    ],
)
def test_patterns_that_may_hold_white_space_are_held_back_in_streams(pattern: str) -> None:
    assert may_match_space(pattern)


def test_stream_holds_no_more_for_a_pattern_without_white_space() -> None:
    text = "the quick brown fox jumps over the lazy dog " * 20
    narrow = Redaction(Config(custom={"X": Custom(regex=r"TCK-\d{6}")})).scanners[0]
    wide = Redaction(Config(custom={"X": Custom(regex="TCK .{6}")})).scanners[0]
    without = Redaction(Config()).scanners[0]
    assert narrow.pending(text, 0) == without.pending(text, 0) >= len(text) - 8
    assert wide.pending(text, 0) == len(text) - 257


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("luhn", "79927398713", "79927398710"),
        ("verhoeff", "2363", "2364"),
        ("damm", "5724", "5725"),
        ("mod97", "079444", "079445"),
        ("mod11-2", "07940", "07941"),
        ("mod11-2", "079X", "0790"),
        ("mod11-10", "07945", "07946"),
        ("mod37-2", "G123489654321Y", "G123489654321Z"),
        ("mod37-36", "A12425GABC1234002M", "A12425GABC1234002N"),
    ],
)
def test_checksum_decides_which_matches_count(name: str, right: str, wrong: str) -> None:
    shape = rf"\b[0-9A-Z]{{{len(right)}}}\b"
    text = f"x: {right}, {wrong}."
    assert found(Custom(regex=shape), text) == [right, wrong]
    assert found(Custom(regex=shape, checksum=name), text) == [right]  # type: ignore[arg-type]


def test_checksum_reads_what_its_kind_counts_and_any_case() -> None:
    assert found(Custom(regex=r"\bM\d{11}\b", checksum="luhn"), "M79927398713 M79927398710") == ["M79927398713"]
    assert found(Custom(regex=r"\bID-[0-9]{3}[0-9X]\b", checksum="mod11-2"), "ID-079X ID-0790") == ["ID-079X"]
    member = Custom(regex=r"M[0-9 -]+", checksum="luhn", deny_list=("M-1",))
    assert found(Custom(regex=r"\b[0-9][0-9 .-]{9,20}[0-9]\b", checksum="luhn"), "799-2739 8713") == ["799-2739 8713"]
    assert found(Custom(regex=r"\b[a-z0-9]{14}\b", checksum="mod37-2"), "g123489654321y") == ["g123489654321y"]
    assert found(member, "M-1") == ["M-1"], "a listed value needs no check digit"
