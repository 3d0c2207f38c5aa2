"""What guarding retrieval costs: a query over 100 nodes with MockLLM, unguarded beside `BartizanPostprocessor`.

Bars: at most 1.4 times the unguarded query, at most 8 µs a node. LlamaIndex's own PII postprocessor, which asks a model about every
node, stands beside it: with a MockLLM, so that it shows its own overhead alone, without any model's time.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from llama_index.core import Settings, VectorStoreIndex
from llama_index.core.base.llms.types import CompletionResponse
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.postprocessor import PIINodePostprocessor
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import NodeWithScore, TextNode
from support.paired import paired

from bartizan import Guard
from bartizan_llamaindex import BartizanPostprocessor

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

NODES: Final = 100
SENTENCE: Final = (
    "The warranty of the lamp covers two years of ordinary use in dry rooms, and the repair takes about five working days. "
)


class Masks(MockLLM):
    """Answers as PIINodePostprocessor reads it: the text, and a mapping of nothing."""

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text=f"{SENTENCE}\nOutput Mapping:\n{json.dumps({})}")


def nodes(text: str = SENTENCE) -> list[TextNode]:
    return [
        TextNode(text=f"{text}{i}", metadata={"tenant": "acme", "file_name": "warranty.md", "section": f"part {i // 10}"})
        for i in range(NODES)
    ]


def engine(index: VectorStoreIndex, *postprocessors: Any) -> RetrieverQueryEngine:
    made = index.as_query_engine(similarity_top_k=NODES, llm=MockLLM(max_tokens=8), node_postprocessors=list(postprocessors))
    assert isinstance(made, RetrieverQueryEngine)
    return made


def index(text: str = SENTENCE) -> VectorStoreIndex:
    return VectorStoreIndex(nodes(text), embed_model=MockEmbedding(8))


@pytest.mark.parametrize("text", [SENTENCE, "Clause "], ids=["sentences", "words"])
def test_query_over_100_nodes(benchmark: BenchmarkFixture, text: str) -> None:
    """Of a word each, LlamaIndex has the least to do beside the guard: it splits prompts into tokens."""
    built = index(text)
    raw, guarded = engine(built), engine(built, BartizanPostprocessor(Guard()))
    assert len(guarded.query("how long?").source_nodes) == NODES
    paired(benchmark, lambda: raw.query("how long?"), lambda: guarded.query("how long?"), bar="<= 1.4 x unguarded", rounds=60)


def test_judging_100_nodes(benchmark: BenchmarkFixture) -> None:
    scored = [NodeWithScore(node=node, score=0.5) for node in nodes()]
    ours = BartizanPostprocessor(Guard())
    assert ours.postprocess_nodes(scored) == scored
    paired(
        benchmark,
        lambda: scored,
        lambda: ours.postprocess_nodes(scored),
        bar="<= 8 us a node",
        per=NODES,
        added=True,
        rounds=200,
    )


def test_query_over_100_nodes_with_the_built_in_pii_postprocessor(benchmark: BenchmarkFixture) -> None:
    built = index()
    raw, theirs = engine(built), engine(built, PIINodePostprocessor(llm=Masks()))
    Settings.llm = MockLLM()
    paired(
        benchmark,
        lambda: raw.query("how long?"),
        lambda: theirs.query("how long?"),
        bar="none: LlamaIndex's own, for comparison",
        rounds=10,
    )
