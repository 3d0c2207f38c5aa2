"""Names in texts: a model's judgement of tokens becomes spans of words."""

from __future__ import annotations

from hashlib import blake2b
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from bartizan import Action, Finding
from bartizan_redaction._ner._model import TokenModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping, Sequence

    from bartizan_redaction._config import Ner
    from bartizan_redaction._ner._model import Token

_WHY: Final = "the model of this policy takes it for one"
_REMEMBERED: Final = 1_024
_MOST: Final = 65_536
"""The most that a scanner may say of its findings' length and what they hang on."""

Found = tuple[Finding, ...]


class NameFinder:
    """Finds names with a model. Threads may share it."""

    def __init__(self, settings: Ner, allowed: Callable[[str], bool] | None = None) -> None:
        """Load the model.

        Raises:
            PolicyError: it can't be put to this use; MissingExtra: transformers or torch is not installed.
        """
        self._model = TokenModel(settings.model, settings.labels, device=settings.device, batch_size=settings.batch_size)
        self._threshold = settings.threshold
        self._allowed = allowed

    def __repr__(self) -> str:
        return f"NameFinder({len(self.labels)} labels)"

    @property
    def labels(self) -> frozenset[str]:
        """The entities that the model can find."""
        return frozenset(self._model.labels.entities)

    def find(self, texts: Sequence[str], known: MutableMapping[bytes, Found] | None = None) -> list[Found]:
        """The findings in each text, in its order.

        `known` holds what was found before, by a digest of the text: a chat's history is not read anew at each turn.
        """
        seen: MutableMapping[bytes, Found] = {} if known is None else known
        keys = [blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts]
        out = {key: found for key in keys if (found := seen.get(key)) is not None}
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in out}
        if fresh:
            for (key, text), tokens in zip(fresh.items(), self._model.tokens(list(fresh.values())), strict=True):
                out[key] = tuple(self._findings(text, tokens))
            if len(seen) + len(fresh) > _REMEMBERED:
                seen.clear()
            seen.update((key, out[key]) for key in list(fresh)[:_REMEMBERED])
        return [out[key] for key in keys]

    def _findings(self, text: str, tokens: Sequence[Token]) -> Iterator[Finding]:
        """Words that follow each other and are the same entity are one finding, unless the later one begins anew."""
        entity, start, end, scores = -1, 0, 0, [0.0]
        for word in self._words(text, tokens):
            goes_on = word[0] == entity and not word[3] and not text[end : word[1]].strip()
            if goes_on:
                end = word[2]
                scores.append(word[4])
                continue
            yield from self._finding(text, entity, start, end, scores)
            entity, start, end, scores = word[0], word[1], word[2], [word[4]]
        yield from self._finding(text, entity, start, end, scores)

    def _words(self, text: str, tokens: Sequence[Token]) -> Iterator[tuple[int, int, int, bool, float]]:
        """(entity, start, end, whether it begins anew, score) of each word that is one.

        A word's chance is the mean over its tokens, or that of the first one if it is higher: many models learned from that alone.
        """
        for _, group in groupby(tokens, attrgetter("word")):
            # Signs at the edges of a word (`Smith,` is one word to some tokenizers) say nothing about it.
            parts = [token for token in group if any(map(str.isalnum, text[token.start : token.end]))]
            if not parts:
                continue
            each = [[a + b for a, b in zip(part.begins, part.inside, strict=True)] for part in parts]
            chances = [max(column[0], sum(column) / len(column)) for column in zip(*each, strict=True)]
            entity = chances.index(max(chances))
            if chances[entity] >= self._threshold:
                anew = parts[0].begins[entity] > parts[0].inside[entity]
                yield entity, parts[0].start, parts[-1].end, anew, chances[entity]

    def _finding(self, text: str, entity: int, start: int, end: int, scores: Sequence[float]) -> Iterator[Finding]:
        # Some tokenizers count the space before a word in.
        value = text[start:end]
        start += len(value) - len(value.lstrip())
        value = value.strip()
        if entity < 0 or not value or (self._allowed is not None and self._allowed(value)):
            return
        label = self._model.labels.entities[entity]
        score = min(1.0, sum(scores) / len(scores))
        yield Finding(label, Action.REDACT, start=start, end=start + len(value), score=score, detail=_WHY)


class NameScanner:
    """The same for the texts of data sets, which come to scanners, whole ones: what it finds hangs on all of the text."""

    pointwise = True
    max_span: int = _MOST
    lookaround: int = _MOST
    hooks: frozenset[str] = frozenset({"on_train"})

    def __init__(self, names: NameFinder) -> None:
        self._names = names

    def __repr__(self) -> str:
        return f"NameScanner({self._names!r})"

    def scan(self, text: str, start: int = 0) -> list[Finding]:
        """Findings that begin at or after `start`."""
        return [finding for finding in self._names.find([text])[0] if finding.start is not None and finding.start >= start]
