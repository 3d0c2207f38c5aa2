"""Counting tokens: some classes ask their provider to, and send it the messages. Those go by the guard like any prompt."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from bartizan import Origin, Segment
from bartizan_langchain._judged import Pass, ask, model_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.messages import BaseMessage

    from bartizan import Guard

_TEXTS: Final = ("get_num_tokens", "get_token_ids")


def counting(cls: Any, guard: Guard) -> dict[str, Any]:
    """The overrides of a class's own ways to count; LangChain's, in the base class, counts on the spot."""
    body: dict[str, Any] = {name: _of_text(getattr(cls, name), guard) for name in _TEXTS if _own(cls, name)}
    if _own(cls, "get_num_tokens_from_messages"):
        body["get_num_tokens_from_messages"] = _of_messages(cls.get_num_tokens_from_messages, guard)
    return body


def _own(cls: Any, name: str) -> bool:
    method = getattr(cls, name, None)
    return callable(method) and not str(getattr(method, "__module__", "")).startswith("langchain_core.")


def _of_text(inner: Callable[..., Any], guard: Guard) -> Callable[..., Any]:
    @wraps(inner)
    def count(self: Any, text: str, *args: Any, **kwargs: Any) -> Any:
        judged = guard.pre_prompt(Segment(text, Origin.USER, "text"), model=model_name(self, kwargs))
        return inner(self, judged.segments[0].text, *args, **kwargs)

    return count


def _of_messages(inner: Callable[..., Any], guard: Guard) -> Callable[..., Any]:
    @wraps(inner)
    def count(self: Any, messages: Sequence[BaseMessage], *args: Any, **kwargs: Any) -> Any:
        # The schemas of tools may come by name or by place.
        named = {"tools": args[0], **kwargs} if args else kwargs
        judged, named = ask(guard, Pass(guard), messages, named, model_name(self, kwargs))
        return inner(self, list(judged), *args[1:], **named)

    return count
