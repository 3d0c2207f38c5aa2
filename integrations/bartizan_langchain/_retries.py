"""Retries around a guarded model: a refusal is final, every other failure is retried as it was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableBinding

from bartizan import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def final_refusals(cls: Any) -> dict[str, Any]:
    """The methods of a RunnableRetry class that no longer retries a refusal: the same input would be refused again.

    Streams are not retried by LangChain at all. A retry that was put around a whole chain is out of a model's reach.
    """
    if not all(hasattr(cls, name) for name in ("_kwargs_retrying", "_batch", "_abatch")):
        return {}  # another release's: it retries refusals, and each attempt is refused
    retrying, batch, abatch = cls._kwargs_retrying, cls._batch, cls._abatch

    def kwargs_retrying(self: Any) -> dict[str, Any]:
        kwargs: dict[str, Any] = retrying.fget(self)
        return {**kwargs, "retry": _unless_refused(kwargs)}

    # Refusals count as done, or one of them would end the others' retries. LangChain looks for the parameters by their names.
    def _batch(self: Any, inputs: list[Any], run_manager: Any, config: Any, **kwargs: Any) -> list[Any]:
        return _opened(batch(_settling(self), inputs, run_manager, config, **kwargs))

    async def _abatch(self: Any, inputs: list[Any], run_manager: Any, config: Any, **kwargs: Any) -> list[Any]:
        return _opened(await abatch(_settling(self), inputs, run_manager, config, **kwargs))

    return {"_kwargs_retrying": property(kwargs_retrying), "_batch": _batch, "_abatch": _abatch}


class _Settled:
    """A refusal among the results of a batch, as a result."""

    __slots__ = ("refused",)

    def __init__(self, refused: Refused) -> None:
        self.refused = refused


class _Settling(RunnableBinding[Any, Any]):
    """Gives refusals in a batch as results."""

    def batch(self, *args: Any, **kwargs: Any) -> list[Any]:
        return [_Settled(one) if isinstance(one, Refused) else one for one in super().batch(*args, **kwargs)]

    async def abatch(self, *args: Any, **kwargs: Any) -> list[Any]:
        return [_Settled(one) if isinstance(one, Refused) else one for one in await super().abatch(*args, **kwargs)]


def _settling(retry: Any) -> Any:
    return retry.model_copy(update={"bound": _Settling(bound=retry.bound)})


def _opened(results: list[Any]) -> list[Any]:
    return [one.refused if isinstance(one, _Settled) else one for one in results]


def _unless_refused(kwargs: Mapping[str, Any]) -> Callable[[Any], bool]:
    """The condition on which tenacity tries again, except after a refusal; without one of its own it retries any Exception."""
    given: Callable[[Any], bool] | None = kwargs.get("retry")

    def again(state: Any) -> bool:
        outcome = state.outcome
        error = outcome.exception() if outcome.failed else None
        if isinstance(error, Refused):
            return False
        return isinstance(error, Exception) if given is None else given(state)

    return again
