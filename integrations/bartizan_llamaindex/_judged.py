"""Walks judged by a guard: as a prompt before a model, a person or a store sees it, or as a model's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from bartizan_llamaindex._texts import Texts

if TYPE_CHECKING:
    from bartizan import Guard, Session
    from bartizan_llamaindex._texts import Walk

T = TypeVar("T")


def judge_prompt(guard: Guard | Session, walk: Walk[T], model: str | None = None) -> T:
    """What the walk goes over, as it may go into a model's context; the twin of `ajudge_prompt`.

    Raises:
        Blocked: it is refused.
    """
    texts = Texts()
    first = walk(texts)
    return texts.rewritten(guard.pre_prompt(texts.segments, model=model).segments, walk, first) if texts.segments else first


async def ajudge_prompt(guard: Guard | Session, walk: Walk[T], model: str | None = None) -> T:
    """The same, without blocking the event loop."""
    texts = Texts()
    first = walk(texts)
    if not texts.segments:
        return first
    return texts.rewritten((await guard.apre_prompt(texts.segments, model=model)).segments, walk, first)


def judge_answer(guard: Guard | Session, walk: Walk[T], model: str | None = None) -> T:
    """What the walk goes over, as it may leave a model; the twin of `ajudge_answer`.

    Raises:
        Blocked: it is refused.
    """
    texts = Texts()
    first = walk(texts)
    return texts.rewritten(guard.post_response(texts.segments, model=model).segments, walk, first) if texts.segments else first


async def ajudge_answer(guard: Guard | Session, walk: Walk[T], model: str | None = None) -> T:
    """The same, without blocking the event loop."""
    texts = Texts()
    first = walk(texts)
    if not texts.segments:
        return first
    return texts.rewritten((await guard.apost_response(texts.segments, model=model)).segments, walk, first)
