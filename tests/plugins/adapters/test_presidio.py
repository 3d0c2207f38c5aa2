from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from bartizan import Guard, PolicyError
from bartizan.testing import TextPluginConformance
from bartizan_adapters import Presidio

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("presidio_analyzer")


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    with Guard(plugins=["presidio"], config={"presidio": {"entities": ["EMAIL_ADDRESS", "CREDIT_CARD"]}}) as one:
        yield one


def test_what_presidio_finds_is_redacted_under_its_own_names(guard: Guard) -> None:
    text = "\U0001f600 mail jane@example.com, card 4111 1111 1111 1111"
    assert guard.pre_prompt(text).text == "\U0001f600 mail <EMAIL_ADDRESS>, card <CREDIT_CARD>"


def test_beside_the_built_in_redaction_findings_unite(guard: Guard) -> None:
    config = {"presidio": {"entities": ["EMAIL_ADDRESS"]}}
    with Guard(plugins=["redaction", "presidio"], config=config) as both:
        assert both.pre_prompt("to jane@example.com").text == "to <EMAIL_ADDRESS>"


def test_an_entity_that_nothing_finds_is_refused() -> None:
    with pytest.raises(PolicyError, match="asked for 'SHOE_SIZE', which no recognizer for 'en' finds"):
        Guard(plugins=["presidio"], config={"presidio": {"entities": ["SHOE_SIZE"]}})


def test_a_pipeline_or_a_language_that_is_not_there_is_refused_and_not_downloaded() -> None:
    with pytest.raises(PolicyError, match="no spaCy pipeline 'en_core_web_nowhere' on this machine: nothing is downloaded"):
        Guard(plugins=["presidio"], config={"presidio": {"spacy_model": "en_core_web_nowhere"}})
    with pytest.raises(PolicyError, match="no language 'xx-nowhere'"):
        Guard(plugins=["presidio"], config={"presidio": {"language": "xx-nowhere"}})


class TestConformance(TextPluginConformance):
    plugin = Presidio
    config: ClassVar[dict[str, Any]] = {"entities": ["EMAIL_ADDRESS", "CREDIT_CARD"]}
    hits = ("jane@example.com", "card 4111 1111 1111 1111 here")
    misses = ("jane at example", "4111 1111 1111 1112", "")
    rounds = 10

    def test_time_grows_with_the_length_and_no_faster(self) -> None:
        pytest.skip("some of Presidio's own patterns take more than linear time: docs/adapters.md says so")
