"""Yelp's detect-secrets as a plugin: its detectors, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict

from bartizan import Action, Finding, MissingExtra, PluginLoadError, Prompt, Response, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bartizan import Segment

_NAME: Final = "detect_secrets"
_ENTROPY = frozenset({"Base64 High Entropy String", "Hex High Entropy String"})
_NO_SECRET = frozenset({"Public IP (ipv4)"})


class DetectSecrets:
    """Finds what detect-secrets' detectors find, and asks for it to be redacted.

    Detectors are asked directly: its filters (allow-listing comments, verification over the network) belong to files, not to texts.
    A detector sees one line, so secrets over several lines are found by their first.
    """

    class Config(BaseModel):
        """Settings of `[plugins.detect_secrets]`.

        Attributes:
            detectors: names as detect-secrets gives them, such as "AWS Access Key"; empty for all but those that judge by entropy
                alone, which take hashes and identifiers for secrets.
        """

        model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

        detectors: tuple[str, ...] = ()

    def __init__(self, config: Config) -> None:
        known = _detectors()
        for name in config.detectors:
            if name not in known:
                raise PluginLoadError(_NAME, f"has no detector {name!r}: known are {', '.join(sorted(known))}")
        chosen = config.detectors or tuple(name for name in known if name not in _ENTROPY | _NO_SECRET)
        self._detectors = [(_label(name), known[name]()) for name in chosen]
        self.labels: frozenset[str] = frozenset(label for label, _ in self._detectors)

    @hookimpl
    def pre_prompt(self, prompt: Prompt) -> Iterable[Finding]:
        """Everything that a model is about to be given."""
        return list(self._judge(prompt.segments))

    @hookimpl
    def post_response(self, response: Response) -> Iterable[Finding]:
        """Everything that a model answered."""
        return list(self._judge(response.segments))

    def _judge(self, segments: tuple[Segment, ...]) -> Iterator[Finding]:
        for index, segment in enumerate(segments):
            at = 0
            for line in segment.text.splitlines(keepends=True):
                for label, detector in self._detectors:
                    for start, end in _places(line, set(detector.analyze_string(line.rstrip("\r\n")))):
                        yield Finding(label, Action.REDACT, segment=index, start=at + start, end=at + end)
                at += len(line)


def _places(line: str, secrets: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where the secrets stand in the line: detect-secrets says only what it found."""
    for secret in secrets:
        start = line.find(secret) if secret else -1
        while start >= 0:
            yield start, start + len(secret)
            start = line.find(secret, start + len(secret))


def _label(name: str) -> str:
    """`AWS Access Key` as the name of a label."""
    return "".join(character if character.isalnum() else "_" for character in name.upper()).strip("_")


def _detectors() -> dict[str, Any]:
    try:
        from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    except ImportError:
        tool = "the detect_secrets plugin"
        raise MissingExtra(tool, "detect-secrets") from None
    return dict(get_mapping_from_secret_type_to_class())
