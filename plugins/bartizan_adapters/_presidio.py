"""Microsoft Presidio's analyzer as a plugin: its recognizers, its names of entities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from bartizan import Action, Finding, MissingExtra, PluginLoadError, Prompt, Response, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bartizan import Segment

_NAME: Final = "presidio"


class Presidio:
    """Finds what presidio-analyzer finds, and asks for it to be redacted.

    Presidio gives each of its patterns 60 seconds and goes on without the one that takes longer, so that a hostile text can make it
    miss things; it takes milliseconds for a page. The built-in `redaction` does neither: use this for recognizers that you have.
    """

    class Config(BaseModel):
        """Settings of `[plugins.presidio]`.

        Attributes:
            language: the language of the texts, as Presidio's recognizers name it.
            entities: the entities to look for; empty for all that its recognizers know.
            threshold: the least score that counts, from 0 to 1.
            spacy_model: an installed spaCy pipeline or the path of one, for names and places; without it patterns alone are used.
                Never downloaded.
        """

        model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

        language: str = "en"
        entities: tuple[str, ...] = ()
        threshold: Annotated[float, Field(ge=0, le=1)] = 0.4
        spacy_model: str | None = None

    def __init__(self, config: Config) -> None:
        self._language = config.language
        self._entities = list(config.entities) or None
        self._threshold = config.threshold
        self._analyzer = _analyzer(config.language, config.spacy_model)
        known = frozenset(self._analyzer.get_supported_entities(config.language))
        unknown = sorted(set(config.entities) - known)
        if unknown:
            raise PluginLoadError(_NAME, f"is asked for {unknown[0]!r}, which no recognizer for {config.language!r} finds")
        self.labels: frozenset[str] = frozenset(config.entities) or known

    @hookimpl
    def pre_prompt(self, prompt: Prompt) -> Iterable[Finding]:
        """Everything that a model is about to be given."""
        return self._judge(prompt.segments)

    @hookimpl
    def post_response(self, response: Response) -> Iterable[Finding]:
        """Everything that a model answered."""
        return self._judge(response.segments)

    def _judge(self, segments: tuple[Segment, ...]) -> list[Finding]:
        return [
            Finding(found.entity_type, Action.REDACT, segment=index, start=found.start, end=found.end, score=found.score)
            for index, segment in enumerate(segments)
            for found in self._analyzer.analyze(
                # One `?` for each lone surrogate, which spaCy does not take: places stay as they are.
                segment.text.encode("utf-8", "replace").decode("utf-8"),
                language=self._language,
                entities=self._entities,
                score_threshold=self._threshold,
            )
            if found.start < found.end
        ]


def _analyzer(language: str, model: str | None) -> Any:  # noqa: ANN401 (presidio's own types come with the extra)
    try:
        import spacy
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
    except ImportError:
        tool = "the presidio plugin"
        raise MissingExtra(tool, "presidio") from None
    engine = SpacyNlpEngine(ner_model_configuration=NerModelConfiguration())
    try:
        # Presidio would download a pipeline that is not there: here it is loaded, or refused.
        pipelines: Any = {language: spacy.blank(language) if model is None else spacy.load(model)}
        engine.nlp = pipelines
    except (OSError, ImportError):
        what = f"no language {language!r}" if model is None else f"no spaCy pipeline {model!r}"
        raise PluginLoadError(_NAME, f"finds {what} on this machine: nothing is downloaded, so install it first") from None
    registry = RecognizerRegistry(supported_languages=[language])
    registry.load_predefined_recognizers(languages=[language], nlp_engine=engine)
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[language])
