"""`BartizanTransform`: documents judged at ingestion, before they are split, embedded and stored."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from llama_index.core.schema import BaseNode, TransformComponent
from pydantic import PrivateAttr

from bartizan import BartizanError, Guard
from bartizan_llamaindex._classes import check_guard
from bartizan_llamaindex._judged import ajudge_prompt, judge_prompt
from bartizan_llamaindex._nodes import read_node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bartizan_llamaindex._texts import Texts


class BartizanTransform(TransformComponent):
    """The first transformation of an IngestionPipeline: what goes on is redacted, and nothing raw is kept anywhere behind it.

    It changes the documents that it is given, for the pipeline itself puts those very objects into its document store afterwards.
    What must be refused (images among it, unless the policy passes unreadable blocks) refuses the whole batch, and changes nothing.
    `policy_digest` is part of what the pipeline knows the transformation by, so no cache serves what an earlier policy let through;
    and the pipeline's cache is never asked in its place, since the documents would then go into the document store unchanged.

    Raises:
        TypeError: `guard` is no Guard.
    """

    policy_digest: str
    """`Guard.digest`: SHA-256 over the policy in force."""
    _guard: Guard = PrivateAttr()

    def __init__(self, guard: Guard) -> None:
        check_guard(guard, "BartizanTransform", "as its argument")
        super().__init__(policy_digest=guard.digest)  # type: ignore[call-arg]  # pydantic's own constructor
        self._guard = guard

    @classmethod
    def class_name(cls) -> str:
        """Its name in serialised forms."""
        return "BartizanTransform"

    def to_dict(self, **kwargs: Any) -> dict[str, Any]:
        """Its serialised form; `run` is another every time, so that a pipeline's cache never stands in for it."""
        return {**super().to_dict(**kwargs), "run": uuid4().hex}

    def __call__(self, nodes: Any, **kwargs: Any) -> Any:  # noqa: ARG002 (the host's signature)
        """The same documents, redacted in place.

        Raises:
            Blocked: one of them is refused; none has been changed.
        """
        given = list(nodes)
        return _written(given, judge_prompt(self._live(), lambda texts: _read(texts, given)))

    async def acall(self, nodes: Any, **kwargs: Any) -> Any:  # noqa: ARG002 (the host's signature)
        """The same, without blocking the event loop."""
        given = list(nodes)
        return _written(given, await ajudge_prompt(self._live(), lambda texts: _read(texts, given)))

    def _live(self) -> Guard:
        guard = (self.__pydantic_private__ or {}).get("_guard")
        if not isinstance(guard, Guard):
            message = (
                "this BartizanTransform has lost its guard, which can't be pickled: run the pipeline without num_workers, "
                "or transform the documents before it"
            )
            raise BartizanError(message)
        return guard


def _read(texts: Texts, nodes: Sequence[BaseNode]) -> list[BaseNode]:
    return [read_node(texts, node, f"documents[{i}]") for i, node in enumerate(nodes)]


def _written(nodes: list[BaseNode], judged: Sequence[BaseNode]) -> list[BaseNode]:
    """The nodes with what was judged in place.

    Raises:
        BartizanError: the ids of two are the same once redacted: one would take the other's place in a store.
    """
    counts = Counter(new.node_id for new in judged)
    if any(old.node_id != new.node_id and counts[new.node_id] > 1 for old, new in zip(nodes, judged, strict=True)):
        message = "the ids of two documents are the same once redacted: give them ids without personal data or secrets"
        raise BartizanError(message)
    for old, new in zip(nodes, judged, strict=True):
        if new is not old:
            old.__dict__.update(new.__dict__)
    return nodes
