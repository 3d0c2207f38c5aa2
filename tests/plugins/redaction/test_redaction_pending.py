"""The quick way of `pending` never lets go of more than the close look does."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from bartizan_redaction import Config, Redaction

if TYPE_CHECKING:
    from bartizan_redaction._pending import Pending

# fmt: off
WORDS = [
    "March", "May", "Thanks", "Jane", "The", "A", "Januar", "Passport", "Swift", "No", "I", "Dear", "the", "a", "i",
    "and,", "so.", "password", "pass", "is", "may", "march", "no", "de", "at", "dot", "jane", "doe", "example", "com",
    "j", "k", "id", "call", "tel.", "it...", "e.g.", "of", ",", ".", "api", "key", "pin",
]
# fmt: on
# What is begun before the new words keeps the close look from letting go of anything: here nothing is.
BEFORE = ["", "My password is ", "mail jane at ", "the key: ", "Dear Jane. ", "token = "]


def test_the_quick_look_lets_go_of_no_more_than_the_close_one() -> None:
    held: Pending = Redaction(Config()).scanners[0].pending.__self__  # type: ignore[attr-defined]
    rng, quick, released = random.Random(1), 0, 0
    for _ in range(3_000):
        before = rng.choice(BEFORE)
        new = "".join(rng.choice(WORDS) + rng.choice([" ", " ", " ", "  ", ""]) for _ in range(rng.randint(1, 9)))
        text = before + new
        for cut in range(len(before), len(text) + 1):
            place = held._quickly(text[:cut], len(before)) if cut > len(before) else None
            if place is None:
                continue
            quick += 1
            released += place > len(before)
            assert place <= held._closely(text[:cut], len(before)), (before, text[len(before) : cut])
    print(f"{quick} quick looks, {released} let something go")
    assert quick > 10_000
    assert released > 5_000
