"""Refuses banned topics: a prompt or an answer in which one of a topic's words stands.

[plugins.banned_topics]
topics = { weapons = ["grenade", "land mine"] }
"""

import re
from collections.abc import Iterable

from bartizan import Action, Context, Finding, Prompt, Response, Segment, hookimpl
from pydantic import BaseModel, ConfigDict, field_validator

__all__ = ["BannedTopics"]


class BannedTopics:
    """Finds the topics' words; the engine does the rest (refuse, record, stream)."""

    labels = frozenset({"BANNED_TOPIC"})

    class Config(BaseModel):
        """Settings of `[plugins.banned_topics]`.

        Attributes:
            topics: the words of each topic. A word counts where no letter or digit stands beside it, whatever its case.
        """

        model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

        topics: dict[str, tuple[str, ...]] = {}

        @field_validator("topics")
        @classmethod
        def _no_blank_words(cls, topics: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
            for topic, words in topics.items():
                if not words or any(not word.strip() for word in words):
                    raise ValueError(f"topic {topic!r} needs words that are not blank")
            return topics

    def __init__(self, config: Config) -> None:
        self._topics = [(topic, _any_of(words)) for topic, words in config.topics.items()]

    @hookimpl
    def pre_prompt(self, prompt: Prompt, context: Context) -> Iterable[Finding]:
        """Everything that a model is about to be given."""
        return self._judge(prompt.segments)

    @hookimpl
    def post_response(self, response: Response, context: Context) -> Iterable[Finding]:
        """Everything that a model answered. A hook needs the whole answer: streams wait for their end (a scanner would not)."""
        return self._judge(response.segments)

    def _judge(self, segments: tuple[Segment, ...]) -> list[Finding]:
        return [
            # The detail goes into messages and the audit: it names the topic, which is the policy's, never the text.
            Finding("BANNED_TOPIC", Action.BLOCK, segment=index, start=found.start(), end=found.end(), detail=f"topic {topic}")
            for index, segment in enumerate(segments)
            for topic, words in self._topics
            for found in words.finditer(segment.text)
        ]


def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, longest_first))})(?![^\W_])", re.IGNORECASE)
