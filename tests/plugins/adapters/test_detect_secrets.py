from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from bartizan import Guard, PolicyError
from bartizan.testing import TextPluginConformance
from bartizan_adapters import DetectSecrets

if TYPE_CHECKING:
    from collections.abc import Iterator

AWS = "AK" + "IA" + "Q3EGRZNK7WMLD2PB"


@pytest.fixture
def guard() -> Iterator[Guard]:
    with Guard(plugins=["detect_secrets"]) as one:
        yield one


def test_a_secret_is_redacted_wherever_it_stands(guard: Guard) -> None:
    text = f"first\r\nkey {AWS}, again {AWS}\n\u00e9\U0001f600 {AWS}\x0c{AWS}\u2028{AWS}"
    assert guard.pre_prompt(text).text == text.replace(AWS, "<AWS_ACCESS_KEY>")


def test_answers_are_judged(guard: Guard) -> None:
    assert "".join(guard.stream_response(iter(["key ", AWS[:9], AWS[9:]]))) == "key <AWS_ACCESS_KEY>"


def test_hashes_are_left_alone_unless_entropy_is_asked_for(guard: Guard) -> None:
    text = "commit = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'"
    assert guard.pre_prompt(text).findings == ()
    config = {"detect_secrets": {"detectors": ["Hex High Entropy String"]}}
    with Guard(plugins=["detect_secrets"], config=config) as strict:
        assert [f.label for f in strict.pre_prompt(text).findings] == ["HEX_HIGH_ENTROPY_STRING"]


def test_an_unknown_detector_is_refused_with_those_there_are() -> None:
    with pytest.raises(PolicyError, match=r"no detector 'AWS': known are .*AWS Access Key"):
        Guard(plugins=["detect_secrets"], config={"detect_secrets": {"detectors": ["AWS"]}})


class TestConformance(TextPluginConformance):
    plugin = DetectSecrets
    config: ClassVar[dict[str, Any]] = {"detectors": ["AWS Access Key", "GitHub Token"]}
    hits = (f"the key {AWS} here", "gh" + "p_" + "a1B2c3" * 6)
    misses = ("AKIA", "a hash 9f86d081884c7d65", "")
    rounds = 40
