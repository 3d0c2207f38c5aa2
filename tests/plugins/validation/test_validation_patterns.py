# ruff: noqa: RUF001 (look-alikes are what is tested)
"""Denied patterns and allowed scripts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bartizan import Action
from bartizan_validation import DENIED_PATTERN, SCRIPT_NOT_ALLOWED, Config, Validation
from bartizan_validation._scripts import SCRIPTS


def denied(pattern: str, text: str, max_span: int = 256) -> list[tuple[int, int]]:
    scanner = Validation(Config(deny_list=(pattern,), deny_max_span=max_span)).scanners[1]
    found = list(scanner.scan(text))
    assert all(f.label == DENIED_PATTERN and f.action is Action.BLOCK for f in found)
    return [(f.start, f.end) for f in found if f.start is not None and f.end is not None]


class TestDenyList:
    def test_a_pattern_is_found_in_any_case_and_all_of_it(self) -> None:
        assert denied(r"project\s+bluebird", "On Project  BLUEBIRD and project bluebird.") == [(3, 20), (25, 41)]
        assert denied("bluebird", "blackbird") == []

    def test_positions_count_characters(self) -> None:
        assert denied("bird", "ÄÖÜ 漢字 😀 bird") == [(9, 13)]

    def test_a_lone_surrogate_stops_nothing(self) -> None:
        assert denied("bird", "\ud800 bird \udfff") == [(2, 6)]

    def test_assertions_see_what_stands_around(self) -> None:
        assert denied(r"\bbird\b", "birds bird") == [(6, 10)]
        assert denied(r"^bird$", "bird") == [(0, 4)]
        assert denied(r"^bird$", "bird ") == denied(r"^bird$", " bird") == []

    def test_of_matches_the_first_that_is_short_enough_counts(self) -> None:
        assert denied("a.*b", "a1b2b" + "x" * 20 + "b", 8) == [(0, 5)]
        assert denied("a.*b", "a" + "x" * 20 + "b", 8) == []
        assert denied("a.*b", "aa" + "x" * 6 + "b", 8) == [(1, 9)]
        assert denied("a+", "a" * 10, 4) == [(0, 4), (4, 8), (8, 10)]

    def test_the_end_of_the_span_is_not_the_end_of_the_text(self) -> None:
        assert denied("aaaa$", "aaaaaaaa", 4) == [(4, 8)]
        assert denied(r"aaaa\b", "aaaaa", 4) == [(1, 5)]

    def test_the_whole_text_is_searched(self) -> None:
        text = ("x" * 300 + "key") * 40
        assert denied("k.y", text) == [(m.start(), m.end()) for m in re.finditer("key", text)]

    @given(st.text("abc \n", max_size=60), st.sampled_from(["ab+", r"\bab", "b$", "^a", "a[bc]+|c", "(?:a|b)c"]))
    def test_short_matches_are_those_of_a_plain_search(self, text: str, pattern: str) -> None:
        strict = pattern.replace("$", r"\Z")  # Python's $ also matches before a last line feed
        assert denied(pattern, text) == [m.span() for m in re.finditer(strict, text)]

    @pytest.mark.parametrize(
        ("pattern", "reason"),
        [
            ("(", "missing"),
            (r"a(?=b)", "no RE2 pattern"),
            (r"(a)\1", "no RE2 pattern"),
            ("", "empty text"),
            ("a*", "empty text"),
            ("a|", "empty text"),
            (r"\b", "empty text"),
            (r"a?\b", "empty text"),
            ("^", "empty text"),
            ("(?m)$", "empty text"),
            (r"\B", "empty text"),
            (r"\C", "half a character"),
            ("a{2000}", "no RE2 pattern"),
        ],
    )
    def test_a_pattern_that_can_not_be_used_is_refused_with_its_number(self, pattern: str, reason: str) -> None:
        with pytest.raises(ValidationError, match=f"entry 2 .*{reason}"):
            Config(deny_list=("fine", pattern))

    def test_each_pattern_is_a_scanner_for_prompts_and_answers(self) -> None:
        scanners = Validation(Config(deny_list=("a", "b"))).scanners[1:3]
        assert [f.detail for s in scanners for f in s.scan("ab")] == ["deny_list entry 1", "deny_list entry 2"]
        assert all(s.hooks == {"pre_prompt", "post_response"} for s in scanners)  # type: ignore[attr-defined]

    def test_a_plain_phrase_holds_back_no_more_than_its_length(self) -> None:
        scanner = Validation(Config(deny_list=("project bluebird",))).scanners[1]
        assert scanner.max_span == len("project bluebird")


class TestScripts:
    def scan(self, text: str, *allowed: str) -> list[tuple[int, int]]:
        scanner = Validation(Config(allowed_scripts=allowed)).scanners[1]
        found = list(scanner.scan(text))
        assert all(f.label == SCRIPT_NOT_ALLOWED and f.action is Action.BLOCK for f in found)
        return [(f.start, f.end) for f in found if f.start is not None and f.end is not None]

    def test_other_scripts_are_found_and_allowed_ones_are_not(self) -> None:
        assert self.scan("Hello Привет, 你好!", "Latin") == [(6, 12), (14, 16)]
        assert self.scan("Hello Привет, 你好!", "Latin", "Cyrillic", "Han") == []
        assert self.scan("Hello", "Greek") == [(0, 5)]

    def test_what_belongs_to_all_scripts_passes(self) -> None:
        assert self.scan("1, 2 😀 e\u0301 — “x” ≤ €\n", "Latin") == []

    def test_a_look_alike_is_found(self) -> None:
        assert self.scan("pаypal", "Latin") == [(1, 2)]

    def test_unassigned_and_lone_surrogates_do_not_crash(self) -> None:
        assert self.scan("\u0378", "Latin") == [(0, 1)]
        assert self.scan("a\ud800b", "Latin") == []

    @pytest.mark.parametrize(
        ("name", "hint"),
        [("latin", "Latin"), ("Latn", "Latin"), ("Cyrilic", "Cyrillic"), ("Old Turkic", "Old_Turkic"), ("L", ""), ("Any", "")],
    )
    def test_an_unknown_name_is_refused_with_the_nearest(self, name: str, hint: str) -> None:
        with pytest.raises(ValidationError, match=f"no Unicode script: .*{hint}"):
            Config(allowed_scripts=(name,))

    def test_every_name_is_one_that_re2_knows(self) -> None:
        assert len(SCRIPTS) > 150
        Validation(Config(allowed_scripts=tuple(sorted(SCRIPTS))))

    def test_all_scripts_are_allowed_by_default(self) -> None:
        assert SCRIPT_NOT_ALLOWED not in Validation().labels
