"""`BartizanPostprocessor`: retrieved nodes, authorized and judged before a model or a person gets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from pydantic import PrivateAttr

from bartizan import BartizanError, Guard, RetrievalPolicy
from bartizan_llamaindex._access import RETRIEVE, aallowed, afind_reader, allowed, find_reader, principal_of
from bartizan_llamaindex._classes import check_guard
from bartizan_llamaindex._judged import ajudge_prompt, judge_prompt
from bartizan_llamaindex._nodes import read_scored

if TYPE_CHECKING:
    from bartizan_llamaindex._access import Reader


class BartizanPostprocessor(BaseNodePostprocessor):
    """Keeps the nodes that the principal may read, and judges them with origin DOCUMENT, all in one call.

    Where the policy has a `[retrieval]` table, nodes must name the principal's tenant and ACL; where the guard has an authorizer,
    `retrieve` is asked for `Resource("document", id)` of each, with the tenant and attributes of its metadata. Nobody identified is
    then nobody allowed. Redacted nodes are copies: text, metadata (keys too), templates, ids and relationships. Images and whatever
    else can't be read is refused, unless the policy passes unreadable blocks.

    Where nothing is left of what was found, one empty node stands for it: context chat engines take an empty list for leave to
    use what they were given earlier, unprocessed.

    Put it first and last among the postprocessors: some fetch further nodes. It does not run for a bare retriever, for
    `synthesize(query, nodes)`, and for tools of agents that retrieve themselves: there `GuardedVectorStore` and `guard_llm` stand.

    Raises:
        TypeError: `guard` is no Guard.
    """

    _guard: Guard = PrivateAttr()
    _policy: RetrievalPolicy | None = PrivateAttr(default=None)
    _stand_in: bool = PrivateAttr(default=True)

    def __init__(self, guard: Guard, **kwargs: Any) -> None:
        check_guard(guard, "BartizanPostprocessor", "as its argument")
        super().__init__(**kwargs)
        self._guard = guard
        self._policy = guard.retrieval

    @classmethod
    def within(cls, guard: Guard, policy: RetrievalPolicy | None) -> BartizanPostprocessor:
        """One of a query engine's own, which takes an empty list as it is meant; `policy` holds even if the guard's has no table."""
        made = cls(guard)
        made._policy, made._stand_in = policy, False
        return made

    @classmethod
    def class_name(cls) -> str:
        """Its name in serialised forms."""
        return "BartizanPostprocessor"

    @property
    def guard(self) -> Guard:
        """The guard that is asked.

        Raises:
            BartizanError: the postprocessor was pickled, and its guard, which holds live plugins, was not.
        """
        guard = (self.__pydantic_private__ or {}).get("_guard")
        if not isinstance(guard, Guard):
            message = "this BartizanPostprocessor has lost its guard, which can't be pickled: make it anew where it is used"
            raise BartizanError(message)
        return guard

    def _postprocess_nodes(
        self,
        nodes: list[NodeWithScore],
        query_bundle: QueryBundle | None = None,  # noqa: ARG002 (the host's signature)
    ) -> list[NodeWithScore]:
        guard = self.guard
        kept = nodes
        if self._asks(guard):
            kept = allowed(guard, self._reader(guard), nodes)
        judged = judge_prompt(guard, lambda texts: read_scored(texts, kept))
        return self._left(nodes, judged)

    async def _apostprocess_nodes(
        self,
        nodes: list[NodeWithScore],
        query_bundle: QueryBundle | None = None,  # noqa: ARG002 (the host's signature)
    ) -> list[NodeWithScore]:
        guard = self.guard
        kept = nodes
        if self._asks(guard):
            kept = await aallowed(guard, await self._areader(guard), nodes)
        judged = await ajudge_prompt(guard, lambda texts: read_scored(texts, kept))
        return self._left(nodes, judged)

    def _asks(self, guard: Guard) -> bool:
        return self._policy is not None or guard.has_authorizer

    def _reader(self, guard: Guard) -> Reader | None:
        if self._policy is not None:
            return find_reader(guard, self._policy)
        if principal_of(guard) is None:
            guard.authorize(RETRIEVE)  # denies: nobody is identified
        return None

    async def _areader(self, guard: Guard) -> Reader | None:
        if self._policy is not None:
            return await afind_reader(guard, self._policy)
        if principal_of(guard) is None:
            await guard.aauthorize(RETRIEVE)
        return None

    def _left(self, found: list[NodeWithScore], judged: list[NodeWithScore]) -> list[NodeWithScore]:
        return [NodeWithScore(node=TextNode(text=""), score=0.0)] if found and not judged and self._stand_in else judged
