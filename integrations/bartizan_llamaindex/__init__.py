"""Bartizan for LlamaIndex: a guard around models, tools, retrieval and ingestion.

    from bartizan import Guard
    from bartizan_llamaindex import BartizanPostprocessor, guard_llm

    engine = index.as_query_engine(llm=guard_llm(OpenAI(), guard), node_postprocessors=[BartizanPostprocessor(guard)])

`guard_llm` stands before every model call and is the one place that nothing goes round. `GuardedVectorStore` keeps one tenant's
documents from another's where they are found, `BartizanPostprocessor` where they are handed on; agents and bare retrievers need
the first. LlamaIndex itself loads when one of the names is first used: it takes a second or two.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from bartizan import MissingExtra

if find_spec("llama_index") is None or find_spec("llama_index.core") is None:
    raise MissingExtra("bartizan_llamaindex", "llamaindex")  # noqa: EM101 (the feature's name; the error words the message)

if TYPE_CHECKING:
    from bartizan_llamaindex._events import BartizanEvents
    from bartizan_llamaindex._llm import guard_llm
    from bartizan_llamaindex._postprocessor import BartizanPostprocessor
    from bartizan_llamaindex._query_engine import guard_query_engine
    from bartizan_llamaindex._store import GuardedVectorStore
    from bartizan_llamaindex._tool import guard_tool
    from bartizan_llamaindex._transform import BartizanTransform

__all__ = [
    "BartizanEvents",
    "BartizanPostprocessor",
    "BartizanTransform",
    "GuardedVectorStore",
    "guard_llm",
    "guard_query_engine",
    "guard_tool",
]

_HOMES: Final = {
    "BartizanEvents": "_events",
    "BartizanPostprocessor": "_postprocessor",
    "BartizanTransform": "_transform",
    "GuardedVectorStore": "_store",
    "guard_llm": "_llm",
    "guard_query_engine": "_query_engine",
    "guard_tool": "_tool",
}


def __getattr__(name: str) -> object:
    """A public name, when it is first asked for."""
    home = _HOMES.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    found: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = found
    return found
