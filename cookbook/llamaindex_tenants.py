"""Answers from documents of several tenants: each reader's query finds their own alone, redacted, however it gets there."""

from __future__ import annotations

import asyncio

from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.vector_stores import SimpleVectorStore

from bartizan import AccessDenied, Guard, Principal
from bartizan_llamaindex import GuardedVectorStore, guard_query_engine

POLICY = {
    "guard": {"plugins": ["validation", "redaction"]},
    # Who may read a document stands in its metadata; one that lacks a key is read by nobody.
    "retrieval": {"tenant_key": "tenant", "acl_key": "groups", "acl_type": "list", "acl_from": ["roles"]},
}
DOCUMENTS = [
    Document(text="Refunds take 5 days; ask jane@example.com.", metadata={"tenant": "acme", "groups": ["support", "sales"]}),
    Document(text="Refunds over 500 need the director.", metadata={"tenant": "acme", "groups": ["finance"]}),
    Document(text="Refunds at Umbrella are a secret.", metadata={"tenant": "umbrella", "groups": ["support"]}),
]


class LetterEmbedding(BaseEmbedding):
    """Counts letters: enough to run without a model."""

    def _get_text_embedding(self, text: str) -> list[float]:
        return [1.0 + text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


def main() -> None:
    """One index and one engine for all readers."""
    guard = Guard.from_dict(POLICY)
    store = GuardedVectorStore(SimpleVectorStore(), guard)
    index = VectorStoreIndex.from_documents(
        DOCUMENTS, storage_context=StorageContext.from_defaults(vector_store=store), embed_model=LetterEmbedding()
    )
    engine = guard_query_engine(index, guard, llm=MockLLM(), similarity_top_k=3)
    readers = {
        "sue": Principal("sue", roles=["support"], tenant="acme"),
        "finn": Principal("finn", roles=["finance"], tenant="acme"),
        "wesker": Principal("wesker", roles=["support"], tenant="umbrella"),
        "nobody in particular": Principal("drifter", roles=["support"]),
    }
    for name, reader in readers.items():
        try:
            with guard.session(reader):
                found = engine.query("How do refunds work?")
                again = asyncio.run(engine.aquery("How do refunds work?"))
                bare = index.as_retriever(similarity_top_k=3).retrieve("How do refunds work?")
        except AccessDenied as denied:
            print(f"{name}: REFUSED: {denied.reason}")
        else:
            texts = [source.node.get_content() for source in found.source_nodes]
            print(f"{name}: {texts} ({len(again.source_nodes)} asynchronously, {len(bare)} by a bare retriever)")
    try:
        engine.query("How do refunds work?")
    except AccessDenied as denied:
        print(f"without a session: REFUSED: {denied.reason}")


if __name__ == "__main__":
    main()
