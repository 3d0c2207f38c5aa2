"""A worker process: builds the scanning plugins of a policy, then answers chunk by chunk until its input ends."""

from __future__ import annotations

import os
import pickle
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bartizan._engine.faults import describe
from bartizan._engine.sanitizer import HOOK, Sanitizer
from bartizan._errors import BartizanError, PolicyError
from bartizan.data._errors import DataError
from bartizan.data._pool import receive, send
from bartizan.data._work import worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from bartizan._policy.source import Source
    from bartizan.data._work import Done, Layout


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a worker needs to judge exactly like its parent."""

    source: Source
    plugins: tuple[str, ...]
    """Those whose scanners serve training: no others are made."""
    digest: str
    """Over the policy and these plugins, as the parent has them."""
    layout: Layout


def main() -> None:
    """Read the recipe, then chunks; write what each comes to."""
    given, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a plugin prints must not get between the answers
    recipe = receive(given)
    if recipe is None:
        return
    judge: Callable[[bytes], Done] | None = None
    while (chunk := receive(given)) is not None:
        answer: Any = None
        try:
            judge = judge or made(pickle.loads(recipe))  # noqa: S301 (our own parent's)
            answer = judge(chunk)
        except BartizanError as error:
            answer = error.with_traceback(None)
            answer.__cause__ = answer.__context__ = None
        except Exception as error:  # noqa: BLE001 (told without its text, which may quote a row)
            answer = DataError(f"sanitising a chunk {describe(error, HOOK)}")
        try:
            send(answers, pickle.dumps(answer))
        except OSError:
            os._exit(1)  # the parent is gone: nobody to answer, and nothing to flush


def made(recipe: Recipe) -> Callable[[bytes], Done]:
    """The recipe's worker.

    Raises:
        PolicyError: the policy does not come to the same here.
    """
    from bartizan._policy.build import build

    built = build(recipe.source, only=recipe.plugins)
    if built.digest != recipe.digest:
        message = (
            "a worker process reads another policy, or other versions of its plugins, than this process: run with --workers 1"
        )
        raise PolicyError(message)
    return worker(recipe.layout, Sanitizer(built.engine.members, built.digest, exact=built.engine.exact))
