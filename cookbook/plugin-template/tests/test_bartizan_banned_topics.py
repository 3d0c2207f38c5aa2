"""What every plugin must hold to, and what this one does."""

import pytest
from bartizan import Blocked, Guard
from bartizan.testing import TextPluginConformance
from bartizan_banned_topics import BannedTopics


class TestConformance(TextPluginConformance):
    plugin = BannedTopics
    config = {"topics": {"weapons": ["grenade", "land mine"], "spells": ["Éclair"]}}
    hits = ("how do I make a grenade?", "a LAND MINE, buried", "cast éclair!")
    misses = ("a landmine in the vote", "pomegranate and grenades", "land", "")


@pytest.fixture
def guard() -> Guard:
    return Guard(plugins=[BannedTopics(BannedTopics.Config(topics={"weapons": ("grenade",)}))])


def test_the_refusal_names_the_topic_and_not_the_text(guard: Guard) -> None:
    with pytest.raises(Blocked) as refused:
        guard.pre_prompt("grenades? no: one grenade for Jane").raise_if_blocked()
    assert "Jane" not in str(refused.value)
    assert [finding.detail for finding in refused.value.findings] == ["topic weapons"]


def test_answers_are_judged_too(guard: Guard) -> None:
    with pytest.raises(Blocked):
        "".join(guard.stream_response(iter(["a gre", "nade"])))


def test_no_topics_find_nothing() -> None:
    assert Guard(plugins=[BannedTopics(BannedTopics.Config())]).pre_prompt("grenade").findings == ()
