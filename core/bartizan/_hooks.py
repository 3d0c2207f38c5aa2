"""The hook specifications, grouped by the stage of life they guard, and the marker that plugins put on their hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bartizan._values.access import AccessRequest, Decision
    from bartizan._values.context import Context
    from bartizan._values.events import Event
    from bartizan._values.findings import Finding
    from bartizan._values.texts import Prompt, Response
    from bartizan._values.training import TrainingJob

PROJECT: Final = "bartizan"
hookspec: Final[pluggy.HookspecMarker] = pluggy.HookspecMarker(PROJECT)
hookimpl: Final[pluggy.HookimplMarker] = pluggy.HookimplMarker(PROJECT)
"""Mark a plugin's method as a hook: `@hookimpl` above `def pre_prompt(self, prompt, context)`."""


class TextHooks:
    """Judge texts. Any of them may be `async def`; None means nothing was found."""

    @hookspec
    def pre_prompt(self, prompt: Prompt, context: Context) -> Iterable[Finding] | None:
        """Judge everything a model is about to be given. All plugins run; their findings are merged, the strictest wins."""

    @hookspec
    def post_response(self, response: Response, context: Context) -> Iterable[Finding] | None:
        """Judge what a model answered, before anyone sees it. Implementing it holds every stream until its end."""


class AccessHooks:
    """Decide what may be done."""

    @hookspec
    def authorize(self, request: AccessRequest, context: Context) -> Decision | None:
        """Decide before it is done. All plugins run; deny overrides ask overrides allow; all None is a deny."""


class TrainingHooks:
    """Guard what is learned."""

    @hookspec
    def on_train(self, job: TrainingJob, context: Context) -> TrainingJob | None:
        """Change or refuse a training job. Plugins run in the policy's order, each on the last one's job; None leaves it as it is."""


class ObserverHooks:
    """Watch; change nothing."""

    @hookspec
    def observe(self, event: Event) -> None:
        """See each hook run afterwards. An observer with `required = True` that fails refuses the call."""


SPECS: Final = (TextHooks, AccessHooks, TrainingHooks, ObserverHooks)
ARGUMENTS: Final = {
    "pre_prompt": ("prompt", "context"),
    "post_response": ("response", "context"),
    "authorize": ("request", "context"),
    "on_train": ("job", "context"),
    "observe": ("event",),
}
"""Every hook and its arguments, in the order in which the engine passes them."""
