"""Every recipe runs, from any folder, without keys, warnings being errors; and the messages they read are what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "cookbook").glob("*.py"))
KINDS = {"clean", "personal", "key", "mixed", "invisible", "control"}


def test_there_is_a_recipe() -> None:
    assert RECIPES


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_recipe_runs(recipe: Path, tmp_path: Path) -> None:
    keyless = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_API_BASE"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(recipe)],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        encoding="utf-8",
        env={**keyless, "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        timeout=180,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.strip(), "a recipe shows what happens"


@pytest.fixture(scope="module")
def raw() -> str:
    return (ROOT / "cookbook" / "data" / "support_messages.jsonl").read_text("utf-8")


@pytest.fixture(scope="module")
def messages(raw: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in raw.splitlines()]


def hidden(text: str) -> bool:
    return any(unicodedata.category(character) == "Cf" for character in text)


def test_each_message_has_an_id_of_its_own_a_text_and_a_known_kind(messages: list[dict[str, str]]) -> None:
    assert all(set(message) == {"id", "kind", "text"} and message["text"].strip() for message in messages)
    assert len({message["id"] for message in messages}) == len(messages)
    counts = Counter(message["kind"] for message in messages)
    assert set(counts) == KINDS
    assert counts["clean"] >= 6


def test_only_the_messages_that_say_so_hold_what_a_reader_can_t_see(messages: list[dict[str, str]]) -> None:
    for message in messages:
        control = any(unicodedata.category(character) == "Cc" and character != "\n" for character in message["text"])
        assert hidden(message["text"]) is (message["kind"] == "invisible"), message["id"]
        assert control is (message["kind"] == "control"), message["id"]


def test_the_file_itself_shows_every_invisible_character_as_an_escape(raw: str) -> None:
    assert not hidden(raw)
    assert "\x1b" not in raw


def test_no_key_stands_in_the_file_as_a_scanner_of_repositories_would_see_it(raw: str, messages: list[dict[str, str]]) -> None:
    shape = re.compile(
        "gh" + "p_[A-Za-z0-9]{36}|gl" + "pat-|sk" + "-ant-|xox" + "b-|eyJ[A-Za-z0-9_-]{10,}\\.|BEGIN [A-Z ]*PRIVATE" + " KEY"
    )
    assert not shape.search(raw)
    assert sum(bool(shape.search(message["text"])) for message in messages) >= 4
