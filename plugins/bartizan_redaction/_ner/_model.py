"""A transformers token-classification model from a local folder: texts to tokens with what the model says of each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bartizan import MissingExtra, PolicyError
from bartizan_redaction._ner._labels import LabelMap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_HEAD: Final = "ForTokenClassification"
_LONGEST: Final = 512
_SHORTEST: Final = 8
_OVERLAP: Final = 4
"""One token in so many of a window is seen again in the next."""


class Token(NamedTuple):
    """A token of a text: its span in characters, the word it is part of, and the probability of each entity, begun or gone on with."""

    start: int
    end: int
    word: int
    begins: tuple[float, ...]
    inside: tuple[float, ...]


class _Window(NamedTuple):
    text: int
    ids: list[int]
    offsets: list[tuple[int, int]]
    words: list[int | None]
    first: bool
    last: bool


class TokenModel:
    """The model, its tokenizer and its labels. Nothing of it changes after loading: threads may share it."""

    def __init__(self, folder: Path, labels: Mapping[str, str], *, device: str, batch_size: int) -> None:
        """Load it.

        Raises:
            PolicyError: the folder holds no model that can do this; MissingExtra: transformers or torch is not installed.
        """
        # Not transformers' pipeline: it cuts long texts off, and its tokenizers are no two threads' at once.
        try:
            import torch
            from transformers import AutoModelForTokenClassification, AutoTokenizer
        except ImportError:
            feature = "plugins.redaction.ner"
            raise MissingExtra(feature, "ner") from None
        _check_head(folder)
        local = {"local_files_only": True, "trust_remote_code": False}
        tokenizer: Any = None
        model: Any = None
        problem = ""
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, **local)
            model, info = AutoModelForTokenClassification.from_pretrained(folder, output_loading_info=True, **local)
            if info["missing_keys"]:
                problem = "has no weights for all of its layers"
            elif not tokenizer.is_fast:
                problem = "has a slow tokenizer, which doesn't say where its tokens stand: save it with its tokenizer.json"
        except Exception as error:  # noqa: BLE001 (whatever a broken folder makes of these libraries)
            problem = f"can't be loaded ({type(error).__name__})"
        if not problem:
            try:
                model = model.to(device).eval()
            except Exception as error:  # noqa: BLE001 (torch has many errors for a device that is not there)
                problem = f"can't be put on device {device!r} ({type(error).__name__})"
        if problem:
            raise _refused(folder, problem)
        self._torch: Any = torch
        self._model: Any = model
        self._device = device
        self._batch_size = batch_size
        self.labels = LabelMap(dict(model.config.id2label), labels)
        self._pad = int(tokenizer.pad_token_id or 0)
        self._backend: Any = _backend(tokenizer, _window_length(tokenizer, model.config))

    def __repr__(self) -> str:
        return f"TokenModel({len(self.labels.entities)} entities)"

    def tokens(self, texts: Sequence[str]) -> list[list[Token]]:
        """The tokens of each text in their order. A token seen in two windows counts as in the one with more text around it."""
        windows = list(self._windows(texts))
        best: list[dict[tuple[int, int], tuple[int, Token]]] = [{} for _ in texts]
        order = sorted(range(len(windows)), key=lambda index: len(windows[index].ids))
        for at in range(0, len(order), self._batch_size):
            batch = [windows[index] for index in order[at : at + self._batch_size]]
            for window, begins, inside in zip(batch, *self._judged(batch), strict=True):
                kept, size = best[window.text], len(window.ids)
                for place, ((start, end), word) in enumerate(zip(window.offsets, window.words, strict=True)):
                    if word is None or start == end:
                        continue
                    around = min(size if window.first else place, size if window.last else size - place)
                    known = kept.get((start, end))
                    if known is None or known[0] < around:
                        kept[start, end] = around, Token(start, end, word, tuple(begins[place]), tuple(inside[place]))
        return [[token for _, (_, token) in sorted(kept.items())] for kept in best]

    def _windows(self, texts: Sequence[str]) -> Iterator[_Window]:
        # Lone surrogates are no text to a tokenizer; a `?` stands for each, so that offsets stay.
        readable = [text.encode("utf-8", "replace").decode() for text in texts]
        for index, encoding in enumerate(self._backend.encode_batch(readable)):
            parts = [encoding, *encoding.overflowing]
            for place, part in enumerate(parts):
                yield _Window(index, part.ids, part.offsets, part.word_ids, place == 0, place == len(parts) - 1)

    def _judged(self, batch: Sequence[_Window]) -> tuple[list[list[list[float]]], list[list[list[float]]]]:
        """For each window, token and entity: the probability that it begins there, and that it goes on there."""
        torch, longest = self._torch, max(len(window.ids) for window in batch)
        ids = [[*window.ids, *[self._pad] * (longest - len(window.ids))] for window in batch]
        mask = [[1] * len(window.ids) + [0] * (longest - len(window.ids)) for window in batch]
        with torch.inference_mode():
            given = {
                "input_ids": torch.tensor(ids, device=self._device),
                "attention_mask": torch.tensor(mask, device=self._device),
            }
            chances = self._model(**given).logits.float().softmax(-1)
            return self._summed(chances, self.labels.begins), self._summed(chances, self.labels.inside)

    def _summed(self, chances: Any, classes: Iterable[tuple[int, ...]]) -> list[list[list[float]]]:  # noqa: ANN401 (a tensor)
        summed = [chances[..., list(indices)].sum(-1) for indices in classes]
        out: list[list[list[float]]] = self._torch.stack(summed, dim=-1).tolist()
        return out


def _check_head(folder: Path) -> None:
    """Refuse a model that would get a head of random weights."""
    problem = ""
    kinds: list[object] = []
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        kinds = config.get("architectures") or [] if isinstance(config, dict) else []
    except (OSError, ValueError) as error:
        problem = f"has a config.json that can't be read ({type(error).__name__})"
    if not problem and not any(isinstance(kind, str) and kind.endswith(_HEAD) for kind in kinds):
        problem = (
            "is no model for token classification: its config.json names no architecture that ends in ForTokenClassification"
        )
    if problem:
        raise _refused(folder, problem)


def _window_length(tokenizer: Any, config: Any) -> int:  # noqa: ANN401 (transformers' own)
    """Tokens in a window, the special ones included. Some models number positions from 2 on, hence two fewer."""
    positions = getattr(config, "max_position_embeddings", None)
    limits = [_LONGEST, tokenizer.model_max_length, positions - 2 if isinstance(positions, int) and positions > 0 else _LONGEST]
    return max(_SHORTEST, min(int(limit) for limit in limits))


def _backend(tokenizer: Any, length: int) -> Any:  # noqa: ANN401 (tokenizers' own)
    """The tokenizer itself, set once: its wrapper sets it anew at every call, which two threads can't do at once."""
    backend = tokenizer.backend_tokenizer
    backend.no_padding()
    backend.enable_truncation(max_length=length, stride=length // _OVERLAP)
    # `[SEP]` in a text is text.
    backend.encode_special_tokens = True
    return backend


def _refused(folder: Path, problem: str) -> PolicyError:
    return PolicyError(f"plugins.redaction.ner.model: {folder} {problem}")
