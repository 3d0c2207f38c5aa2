"""What a plugin that implements `observe` must hold to."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bartizan._errors import BartizanError, PluginError
from bartizan._guard import Guard
from bartizan._hooks import hookimpl
from bartizan._values.access import Decision, Principal, Resource
from bartizan._values.findings import Action, Finding
from bartizan._values.training import TrainingJob
from bartizan.testing._conformance.loaded import CANARY, Conformance, breaking, in_threads, refusal_of, watched
from bartizan.testing._planted import PLANTED
from bartizan.testing._search import assert_no_planted

if TYPE_CHECKING:
    from bartizan._values.context import Context
    from bartizan._values.events import Event
    from bartizan._values.texts import Prompt, Response

_FAILED: Final = "observer "
_EMAIL: Final = PLANTED["EMAIL_ADDRESS"]


class _Scene:
    """A plugin that makes events of every kind: it finds a planted value, refuses, allows, asks, and fails."""

    name = "scene"

    @hookimpl
    def pre_prompt(self, prompt: Prompt, context: Context) -> list[Finding]:  # noqa: ARG002 (the hook's signature)
        text = prompt.segments[0].text
        if text == "fail":
            raise RuntimeError(text)
        found = text.find(_EMAIL)
        action = Action.BLOCK if text.startswith("block") else Action.REDACT
        return [Finding("EMAIL_ADDRESS", action, start=found, end=found + len(_EMAIL), segment=0)] if found >= 0 else []

    @hookimpl
    def post_response(self, response: Response, context: Context) -> list[Finding]:  # noqa: ARG002 (the hook's signature)
        found = response.segments[0].text.find(_EMAIL)
        return [Finding("EMAIL_ADDRESS", Action.REDACT, start=found, end=found + len(_EMAIL))] if found >= 0 else []

    @hookimpl
    def authorize(self, request: Any) -> Decision | None:
        return {"read": Decision.ALLOW, "pay": Decision.ask("a person decides"), "drop": Decision.deny("never")}.get(
            request.action
        )

    @hookimpl
    def on_train(self, job: TrainingJob) -> None:
        """Nothing to change."""


class ObserverConformance(Conformance):
    """Subclass it in a test module, and name the plugin.

        class TestMine(ObserverConformance):
            plugin = Mine
            config = {"url": "http://127.0.0.1:9"}     # as in [plugins.mine]

    Override `written` to give whatever the plugin has written anywhere (files, rows, requests), to be searched for planted values.

    Attributes:
        plugin: the class that the entry point names.
        config: its table in a policy.
    """

    def written(self) -> object:
        """What the plugin has written: searched for values that it must not hold."""
        return None

    def test_it_takes_every_event(self) -> None:
        """None makes it fail, none is changed by it, and it keeps no value that was found."""
        with self.guard() as watching:
            plugin = self.member(watching).instance
            events = self._events(plugin)
            assert len({(event.hook, event.refused != "", event.decision) for event in events}) > 5  # noqa: PLR2004 (kinds of events)
            assert_no_planted(events, repr(plugin), vars(plugin) if hasattr(plugin, "__dict__") else None, self.written())

    def test_threads_and_event_loops_may_share_it(self) -> None:
        """Many calls at once, from threads and from an event loop."""
        with self.guard() as watching:
            plugin = self.member(watching).instance
            with Guard(plugins=[_Scene(), plugin]) as guard:

                async def at_once() -> None:
                    await asyncio.gather(*(guard.apre_prompt(f"{number} {_EMAIL}") for number in range(50)))

                with watched() as shown:
                    in_threads(lambda number: guard.pre_prompt(f"{number} {_EMAIL}"), range(50))
                    asyncio.run(at_once())
                _unbroken(shown)

    def test_if_a_required_observer_fails_the_call_is_refused(self) -> None:
        """And if it is not required, the call goes on; either way, what it raised is not repeated."""
        with breaking(self.plugin, "observe"), self.guard() as guard:
            if not self.member(guard).required:
                guard.pre_prompt("hello")
                return
            refused = refusal_of(lambda: guard.pre_prompt("hello"))
            assert isinstance(refused, PluginError), "a required observer fails, and the call goes on"
            assert CANARY not in str(refused), "the refusal repeats the exception's text"

    def _events(self, plugin: object) -> list[Event]:
        """What the plugin sees of one guard's life, in each verb; that it changes nothing shows in what others see."""
        seen: list[tuple[Event, str]] = []
        with Guard(plugins=[_Scene(), plugin]) as guard:
            guard.engine.reporter.add(lambda event: seen.append((event, repr(event))))  # called before the plugin is
            with guard.session(Principal("alice", ["user"], "acme"), id="chat") as chat:
                for text in ("hello", f"mail {_EMAIL}", f"block {_EMAIL}", "fail"):
                    _quietly(
                        lambda text=text: chat.pre_prompt(text, model="m", purpose="p", metadata={"k": "v"}).raise_if_blocked()
                    )
                _quietly(lambda: chat.post_response(f"mail {_EMAIL}"))
                _quietly(lambda: "".join(chat.stream_response(iter(["mail ", _EMAIL]))))
                for action in ("read", "pay", "drop", "unheard"):
                    _quietly(lambda action=action: chat.authorize(action, Resource("row", "1"), args={"to": _EMAIL}))
                _quietly(lambda: chat.on_train(TrainingJob([{"text": "hello"}], ["text"], dataset_id="d")))
            for event, _ in seen[:]:  # each report adds one
                with watched() as shown:
                    failed = refusal_of(partial(guard.engine.reporter.report, event))
                assert failed is None, f"it fails on an event of {event.hook}: {failed}"
                _unbroken(shown)
        assert all(repr(event) == before for event, before in seen), "the plugin changes an event"
        return [event for event, _ in seen]


def _unbroken(shown: list[str]) -> None:
    """A failure of an observer that is not required goes to the log alone."""
    failed = next((line for line in shown if line.startswith(_FAILED)), None)
    assert failed is None, f"it fails: {failed}"


def _quietly(call: Any) -> None:
    """The refusals of the scene are what is observed."""
    try:
        call()
    except BartizanError as refused:
        if isinstance(refused, PluginError) and refused.plugin != "scene":
            message = f"the observer fails: {refused}"
            raise AssertionError(message) from None
