"""`install`: a guard over every chain, model, tool and retriever of this process, for an application that can't be edited."""

from __future__ import annotations

from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, Final

from langchain_core.tracers.context import register_configure_hook

from bartizan import BartizanError, Guard
from bartizan_langchain._callback import BartizanCallback

if TYPE_CHECKING:
    from langchain_core.callbacks import BaseCallbackHandler

_lock: Final = Lock()
_installed: list[tuple[Guard, ContextVar[BaseCallbackHandler | None]]] = []


def install(guard: Guard) -> None:
    """Put a guard over everything that LangChain runs in this process, threads and raw fallbacks included.

    It refuses, authorizes and audits as `BartizanCallback` does, and can't do more: see there for what a callback can't. What is
    guarded by `guard_model`, `guard_tool`, `guard_retriever` or `BartizanMiddleware` with the same guard is left to these. Installing
    the same guard again changes nothing. It lasts as long as the process: once closed, a guard refuses, so everything is refused.

    Raises:
        BartizanError: another guard is installed.
        TypeError: it is no Guard.
    """
    if not isinstance(guard, Guard):
        message = f"install takes a Guard, not {type(guard).__name__}"
        raise TypeError(message)
    with _lock:
        if _installed:
            if _installed[0][0] is guard:
                return
            message = "another guard is installed in this process already: install one, and put what both say into its policy"
            raise BartizanError(message)
        # The default holds in every thread and context; a variable that is set holds only where it was.
        handler = BartizanCallback(guard)
        variable: ContextVar[BaseCallbackHandler | None] = ContextVar("bartizan_installed", default=handler)
        register_configure_hook(variable, inheritable=True)
        _installed.append((guard, variable))
