"""Redaction at ingestion: what is split, embedded, cached and stored never held the values in the first place."""

from __future__ import annotations

import json
from typing import Any

from llama_index.core import Document
from llama_index.core.ingestion import IngestionCache, IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.core.storage.kvstore import SimpleKVStore
from llama_index.core.vector_stores import SimpleVectorStore

from bartizan import Blocked, Guard
from bartizan_llamaindex import BartizanTransform

MAIL = "jane@example.com"


def document(text: str) -> Document:
    """A document with a value in its text, in its metadata and in one of its keys."""
    return Document(id_="handbook", text=text, metadata={"author": MAIL, f"read by {MAIL}": "yes"})


def main() -> None:
    """A pipeline that redacts first, and what it leaves behind."""
    guard = Guard()
    kept: Any = SimpleKVStore()
    pipeline = IngestionPipeline(
        transformations=[BartizanTransform(guard), SentenceSplitter(chunk_size=64, chunk_overlap=8)],
        docstore=SimpleDocumentStore(kept),
        vector_store=SimpleVectorStore(),
        cache=IngestionCache(cache=kept, collection="cache"),
    )
    nodes = pipeline.run(documents=[document(f"Refunds take 5 days. Ask {MAIL} about them.")])
    for node in nodes:
        print(f"{node.get_content()!r}, metadata {node.metadata}")
    written = json.dumps(kept.to_dict())
    print(f"document store and cache: {len(written):,} characters, the address in them: {MAIL in written}")

    # Another policy is another transformation, so no cache serves what this one let through.
    stricter = Guard(config={"redaction": {"actions": {"EMAIL_ADDRESS": "block"}}})
    print(f"the policies' digests differ: {BartizanTransform(guard).policy_digest != BartizanTransform(stricter).policy_digest}")
    try:
        BartizanTransform(stricter)([document(f"Ask {MAIL}.")])
    except Blocked as blocked:
        print(f"REFUSED: {blocked.reason}")


if __name__ == "__main__":
    main()
