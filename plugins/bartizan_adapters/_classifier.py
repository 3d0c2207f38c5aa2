"""A transformers text-classification model as a plugin: prompt injection, toxicity, whatever it was trained to tell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from bartizan import Action, Finding, MissingExtra, Origin, PluginLoadError, Prompt, Response, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bartizan import Segment

_NAME: Final = "classifier"
_OVERLAP: Final = 4
"""Windows overlap by a quarter, so that what stands at the edge of one stands within another."""


class Classifier:
    """Refuses a text that a model classifies as one of the named labels, in any window of it.

    A model's opinion is no security boundary: it can be talked round, and it takes milliseconds to seconds a text on a CPU.
    """

    class Config(BaseModel):
        """Settings of `[plugins.classifier]`.

        Attributes:
            model: the folder of a saved sequence-classification model with its tokenizer. Never downloaded.
            refuse: the model's labels that refuse a text.
            threshold: the least probability that counts, from 0 to 1.
            batch_size: windows that are judged together.
            max_tokens: the length of a window, in tokens; the model's own limit if that is less.
        """

        model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

        model: Path
        refuse: Annotated[tuple[str, ...], Field(min_length=1)]
        threshold: Annotated[float, Field(gt=0, le=1)] = 0.5
        batch_size: Annotated[int, Field(ge=1, le=256)] = 16
        max_tokens: Annotated[int, Field(ge=8)] = 512

    def __init__(self, config: Config) -> None:
        self._tokenizer, self._model = _loaded(config.model)
        names = {int(index): str(name) for index, name in self._model.config.id2label.items()}
        unknown = sorted(set(config.refuse) - set(names.values()))
        if unknown:
            reason = f"is to refuse {unknown[0]!r}, but its model's labels are {', '.join(sorted(names.values()))}"
            raise PluginLoadError(_NAME, reason)
        self._refused = {index: _label(name) for index, name in names.items() if name in config.refuse}
        self._threshold = config.threshold
        self._batch_size = config.batch_size
        limits = (self._tokenizer.model_max_length, getattr(self._model.config, "max_position_embeddings", None))
        self._window = min([config.max_tokens, *(int(limit) for limit in limits if limit)])
        self.labels: frozenset[str] = frozenset(self._refused.values())

    @hookimpl
    def pre_prompt(self, prompt: Prompt) -> Iterable[Finding]:
        """Everything that a model is about to be given, but for what the application itself says."""
        return self._judge([(index, one) for index, one in enumerate(prompt.segments) if one.origin is not Origin.SYSTEM])

    @hookimpl
    def post_response(self, response: Response) -> Iterable[Finding]:
        """Everything that a model answered."""
        return self._judge(list(enumerate(response.segments)))

    def _judge(self, segments: list[tuple[int, Segment]]) -> list[Finding]:
        import torch

        given = [(index, _encodable(one.text)) for index, one in segments if one.text.strip()]
        if not given:
            return []
        windows = self._tokenizer(
            [text for _, text in given],
            truncation=True,
            max_length=self._window,
            stride=self._window // _OVERLAP,
            return_overflowing_tokens=True,
        )
        owners = windows.pop("overflow_to_sample_mapping")
        worst: dict[tuple[int, str], float] = {}
        for start in range(0, len(owners), self._batch_size):
            part = {name: values[start : start + self._batch_size] for name, values in windows.items()}
            with torch.inference_mode():
                logits = self._model(**self._tokenizer.pad(part, return_tensors="pt")).logits
            for owner, row in zip(owners[start:], logits.softmax(-1).tolist(), strict=False):
                for place, label in self._refused.items():
                    key = given[owner][0], label
                    worst[key] = max(worst.get(key, 0.0), row[place])
        return [
            Finding(label, Action.BLOCK, segment=index, score=score, detail=f"classified so with a probability of {score:.2f}")
            for (index, label), score in worst.items()
            if score >= self._threshold
        ]


def _encodable(text: str) -> str:
    """The text with `?` for each lone surrogate, which no encoding takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _label(name: str) -> str:
    """The model's label as the name of a label: letters, digits and underscores."""
    plain = "".join(character if character.isascii() and character.isalnum() else "_" for character in name.upper())
    return plain if plain[:1].isalpha() else f"CLASS_{plain}"


def _loaded(folder: Path) -> tuple[Any, Any]:
    try:
        import torch  # noqa: F401 (transformers says only later that it is missing)
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
    except ImportError:
        tool = "the classifier plugin"
        raise MissingExtra(tool, "classifier") from None
    if not (folder / "config.json").is_file():
        raise PluginLoadError(_NAME, f"finds no model in {folder}: `model` names a folder with a saved model's config.json")
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModelForSequenceClassification.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        kind = type(error).__name__
        raise PluginLoadError(_NAME, f"can't load the model in {folder} ({kind}): save it and its tokenizer there") from None
    if not tokenizer.is_fast:
        raise PluginLoadError(_NAME, f"needs a fast tokenizer, which {folder} does not hold")
    return tokenizer, model.eval()
