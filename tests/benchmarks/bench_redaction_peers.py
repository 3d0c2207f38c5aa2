"""Redaction beside presidio-analyzer, in one process and on the very same texts.

Run: `pip install presidio-analyzer spacy`, then `pytest tests/benchmarks/bench_redaction_peers.py -s` (the name keeps it out of normal
collection). Presidio runs with patterns only: its own English recognisers but the one for names, over a blank spaCy pipeline, so no
model and no data set is fetched. For recall it also runs with every pattern recogniser that it ships, of all countries.
"""

from __future__ import annotations

import inspect
import logging
import random
import statistics
import time
from functools import cache

import pytest
from support.redaction_corpus import carriers, hard_prose, measure

from bartizan import Guard
from bartizan_redaction import Config, Redaction

RATIO = 100
PER_KIND = 40
PER_FAMILY = 40
# Presidio's names where they are not ours.
ALSO = {
    "PASSPORT": {"DE_PASSPORT", "ES_PASSPORT", "IN_PASSPORT", "IT_PASSPORT", "UK_PASSPORT", "KR_PASSPORT"},
    "DRIVER_LICENSE": {"DE_FUEHRERSCHEIN", "IT_DRIVER_LICENSE", "UK_DRIVING_LICENCE"},
    "DATE_OF_BIRTH": {"DATE_TIME"},
    "URL_CREDENTIALS": {"URL"},
    "DATABASE_URL": {"URL"},
}
WORDY = hard_prose.SENTENCES["English"]
"""Prose full of the words that go with values, without the values."""
ORDINARY = (
    "The river rose in the night and by the morning the lower fields were under water.",
    "We talked for a while about the garden, which nobody had looked after since the summer.",
    "After a long discussion it was agreed that the work should go on as planned.",
    "Most of the visitors come for the old town hall and stay for the bakeries around it.",
    "She read the letter twice, folded it, and put it back where she had found it.",
    "It is not clear why the second group did better than the first, although there are several guesses.",
    "The engine started at once, to everyone's surprise, and ran until the evening.",
    "Could the committee think again about the proposals that were put forward in spring?",
    "There were 14 people in the room, most of them older than I had expected.",
    "By 1850 the village had a school, two mills and a bridge of stone.",
    "If the weather holds, they will reach the coast on Thursday or on Friday.",
    "The recipe asks for more butter than seems right, but the result is worth it.",
    "He played the piece slowly, almost too slowly, and nobody dared to cough.",
    "What the museum shows is only a tenth of what its cellars hold.",
)


@cache
def analyzer(*, everything=False):
    presidio = pytest.importorskip("presidio_analyzer", reason="the peer is not installed: pip install presidio-analyzer spacy")
    spacy = pytest.importorskip("spacy", reason="the peer is not installed: pip install presidio-analyzer spacy")
    from presidio_analyzer import predefined_recognizers
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):
        def __init__(self):
            super().__init__()
            self.nlp = {"en": spacy.blank("en")}

        def load(self):
            """Nothing to load, and nothing to fetch."""

        def is_loaded(self):
            return True

    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    registry = presidio.RecognizerRegistry()
    if everything:
        for name, recognizer in sorted(vars(predefined_recognizers).items()):
            patterns = (
                inspect.isclass(recognizer)
                and issubclass(recognizer, presidio.PatternRecognizer)
                and recognizer is not presidio.PatternRecognizer
            )
            if patterns or name == "PhoneRecognizer":
                registry.add_recognizer(recognizer(supported_language="en"))
    else:
        registry.load_predefined_recognizers(languages=["en"])
        registry.remove_recognizer("SpacyRecognizer")
    return presidio.AnalyzerEngine(registry=registry, nlp_engine=Blank(), supported_languages=["en"])


@cache
def ours():
    guard = Guard(plugins=["redaction"])
    return lambda text: [(found.label, found.start, found.end) for found in guard.pre_prompt(text).findings]


def theirs(*, everything=False, threshold=0.0):
    engine = analyzer(everything=everything)
    names = {label: name for name, labels in ALSO.items() for label in labels}

    def detect(text):
        results = engine.analyze(text, language="en", score_threshold=threshold)
        return [(label, r.start, r.end) for r in results for label in {r.entity_type, names.get(r.entity_type, r.entity_type)}]

    return detect


def prose(size, sentences=ORDINARY):
    rng, out, length = random.Random(1), [], 0
    while length < size:
        out.append(rng.choice(sentences))
        length += len(out[-1]) + 1
    return " ".join(out)[:size]


def dense(size):
    rng, out, length = random.Random(2), [], 0
    kinds = [kind for kind in carriers.KINDS if kind.name != "PRIVATE_KEY"]
    while length < size:
        value = rng.choice(kinds).make(rng)
        out.append(f"{rng.choice(ORDINARY)[: max(4, 60 - len(value.text))]} {value.text}")
        length += len(out[-1]) + 1
    return "\n".join(out)[:size]


SHAPES = {
    "clean prose, 100 KB": prose(100_000),
    "prose of telling words, 100 KB": prose(100_000, WORDY),
    "dense text, 20 KB": dense(20_000),
    "prompt, 2 KB": prose(1_900) + " Write to jane.doe@example.org or ring (415) 555-0132.",
    "short message": "Could you summarise the meeting notes from last Tuesday please?",
}


def medians(calls, text, seconds):
    """The median CPU time of each call in seconds, taken in turns (the machine's speed drifts for all alike), five rounds at least.

    CPU time, since both run in one thread and the machine may have other work. A turn lasts 5 ms or one call, so that a call of
    microseconds isn't timed with the caches that the peer has just filled.
    """
    times, numbers = [[] for _ in calls], []
    for call in calls:
        call(text)
        began = time.process_time()
        call(text)
        numbers.append(max(1, int(0.005 / max(time.process_time() - began, 1e-7))))
    until = time.perf_counter() + seconds
    while len(times[0]) < 5 or time.perf_counter() < until:
        for call, kept, number in zip(calls, times, numbers, strict=True):
            began = time.process_time()
            for _ in range(number):
                call(text)
            kept.append((time.process_time() - began) / number)
    return [statistics.median(kept) for kept in times]


@pytest.mark.parametrize("shape", SHAPES)
def bench_a_hundred_times_as_fast_as_presidio(shape):
    """Detection beside detection; the whole guard (policy, origins, events) is printed too."""
    text, peer = SHAPES[shape], analyzer()
    calls = [
        Redaction(Config()).scanners[0].scan,
        Guard(plugins=["redaction"]).pre_prompt,
        lambda t: peer.analyze(t, language="en"),
    ]
    scan, guarded, slow = medians(calls, text, 3)
    mb = len(text.encode()) / 1e6
    for name, taken in (("scanner", scan), ("guard", guarded), ("presidio", slow)):
        print(
            f"\n{shape:<32} {name:<9} {taken * 1e6:>12,.1f} us {mb / taken:>8.2f} MB/s  ratio {slow / taken:>6,.0f} (bar: {RATIO})",
            end="",
        )
    assert slow / scan >= RATIO


def bench_recall_and_hits_side_by_side():
    detectors = {
        "bartizan": ours(),
        "presidio": theirs(),
        "presidio, all patterns": theirs(everything=True),
        "presidio, all, score >= 0.5": theirs(everything=True, threshold=0.5),
    }
    recalls, families = {}, {}
    for name, detect in detectors.items():
        rows = measure.recall(detect, PER_KIND)
        recalls[name] = sum(row.found for row in rows.values()) / sum(row.total for row in rows.values())
        counts = measure.hits(detect, PER_FAMILY)
        families[name] = sum(len(found) for _, found in counts.values()), sum(total for total, _ in counts.values())
        print(f"\n{name}\n{measure.table(rows)}\n{measure.hits_table(counts)}")
    for name in detectors:
        hits, texts = families[name]
        print(f"{name:<28} recall {recalls[name]:.3f}, hits on hard negatives {hits} of {texts}")
    assert recalls["bartizan"] > max(value for name, value in recalls.items() if name != "bartizan")
    assert families["bartizan"][0] < min(hits for name, (hits, _) in families.items() if name != "bartizan")
