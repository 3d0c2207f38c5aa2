"""Provider metadata that can hold no one's text: values of closed lists, counts and ids that LangChain makes itself.

Everything else a provider says about an answer is judged like the answer, `model_name` and `system_fingerprint` included: what
comes from outside is text. The lists are short on purpose; what is missing here costs a segment, never a leak.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_STOPS: Final = frozenset({
    "stop", "length", "tool_calls", "content_filter", "function_call", "end_turn", "max_tokens", "stop_sequence", "tool_use",
    "pause_turn", "refusal", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "completed", "incomplete", "eos", "eos_token",
    "COMPLETE", "complete",
})  # fmt: skip
_PROVIDERS: Final = frozenset({
    "openai", "azure", "azure_openai", "anthropic", "google_genai", "google_vertexai", "google_anthropic_vertex", "bedrock",
    "bedrock_converse", "mistralai", "mistral", "groq", "ollama", "cohere", "fireworks", "together", "deepseek", "xai",
    "huggingface", "perplexity", "nvidia", "ibm", "openrouter",
})  # fmt: skip
_CLOSED: Final[Mapping[str, frozenset[str]]] = {
    "finish_reason": _STOPS,
    "stop_reason": _STOPS,
    "done_reason": _STOPS,
    "status": _STOPS,
    "model_provider": _PROVIDERS,
    "output_version": frozenset({"v0", "v1", "responses/v1"}),
    "service_tier": frozenset({"default", "auto", "flex", "priority", "standard", "scale", "batch"}),
    "object": frozenset({"chat.completion", "chat.completion.chunk", "response"}),
    "role": frozenset({"assistant"}),
    "lc_source": frozenset({"summarization"}),
}
_COUNTS: Final = frozenset({
    "token_usage", "usage", "usage_metadata", "total_cost", "created", "total_duration", "load_duration", "prompt_eval_count",
    "prompt_eval_duration", "eval_count", "eval_duration", "index", "avg_logprobs", "prompt_index", "completion_index",
})  # fmt: skip
_MAX_COUNT: Final = 10**12
"""A longer number could be a card's."""
ECHOES: Final = frozenset({"logprobs", "logprobs_result", "prompt_logprobs"})
"""They repeat the answer token by token: where the answer is changed, they go."""
KNOWN_KEYS: Final = frozenset(
    {*_CLOSED, *_COUNTS, *ECHOES, "model_name", "model", "id", "system_fingerprint", "stop_sequence", "headers"}
)
"""Names of metadata that code writes: they need no judging themselves."""
# RFC 9562; LangChain's own message ids are one, alone or behind these prefixes (langchain_core.utils.utils).
_OWN_ID: Final = re.compile(r"(?:lc_run--|run--|lc_|run-)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?:-[0-9]{1,4})?")


def is_constant(key: object, value: object) -> bool:
    """Whether a piece of metadata holds no text: nothing, a value of a closed list, or numbers where numbers are counts."""
    if value is None or value is True or value is False:
        return True
    if key in _CLOSED and isinstance(value, str):
        return value in _CLOSED[str(key)]
    return key in _COUNTS and only_numbers(value)


def only_numbers(value: object) -> bool:
    """Whether a value is a count, or a mapping of plain names to counts."""
    if value is None:
        return True
    if isinstance(value, int | float):
        return -_MAX_COUNT < value < _MAX_COUNT
    return isinstance(value, dict) and all(
        type(key) is str and key.replace("_", "").isalpha() and only_numbers(item) for key, item in value.items()
    )


def is_own_id(value: object) -> bool:
    """Whether an id is none, or one that LangChain made."""
    return value is None or (isinstance(value, str) and _OWN_ID.fullmatch(value) is not None)
