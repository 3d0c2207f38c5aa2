"""What a plugin that implements `authorize` must hold to."""

from __future__ import annotations

import asyncio
import copy
import random
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final

from bartizan._errors import AccessDenied, PluginError
from bartizan._values.access import Effect, Principal, Resource
from bartizan.testing._conformance.loaded import CANARY, Conformance, breaking, in_threads, refusal_of, skip, watched
from bartizan.testing._record import capture_events

if TYPE_CHECKING:
    from bartizan._guard import Guard

    Question = tuple[Principal | None, str, Resource | None, dict[str, Any]]

UNHEARD_OF: Final = "conformance:an-action-that-no-policy-names"
_PLANTED: Final = "an-argument-planted-by-the-conformance-kit"
_VALUES: Final[tuple[Any, ...]] = (
    *(0, -1, 10**30, 0.5, float("nan"), float("inf"), True, False, None, "", "500", _PLANTED, "\ud800", "\u202e"),
    *([], [1, [2]], {}, {"amount": 1}, {"deep": {"er": [None]}}, (1, 2)),
)
_NAMES: Final = ("amount", "to", "path", "query", "id", "", "principal.id", "__class__", "\u00e9")
_ACTIONS: Final = (
    "query",
    "train",
    "deploy",
    "monitor",
    "retrieve",
    "tool:search",
    "tool:pay",
    "tool:",
    "model:x",
    "*",
    UNHEARD_OF,
)
_ROLES: Final = ("user", "admin", "analyst", "*", "", "root")


class AuthorizerConformance(Conformance):
    """Subclass it in a test module, and name the plugin.

        class TestMine(AuthorizerConformance):
            plugin = Mine
            config = {"opens": "09:00"}                # as in [plugins.mine]
            actions = ("tool:pay",)                    # what it has an opinion on

    Attributes:
        plugin: the class that the entry point names.
        config: its table in a policy.
        actions: further actions to ask it about.
        roles: further roles to ask it with.
        rounds: how many requests each check makes.
    """

    actions: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[str, ...]] = ()
    rounds: ClassVar[int] = 200

    def test_it_answers_any_request_with_a_decision_or_nothing(self) -> None:
        """No request makes it fail: what it can't judge it denies. A bool, a str or a coroutine is no answer."""
        with self.guard() as guard, capture_events(guard) as events:
            for question in self._questions(1):
                refused = refusal_of(partial(_ask, guard, question))
                assert not isinstance(refused, PluginError), f"it fails on a request for {question[1]!r}: {refused}"
            decided = sum(event.decision is not None for event in events)
            assert decided >= self.rounds // 2, f"only {decided} of {self.rounds} requests came to a decision"

    def test_an_action_never_heard_of_is_not_allowed(self) -> None:
        """A plugin that only restricts returns None where it has no objection; ALLOW would grant what nobody granted."""
        with self.guard() as guard:
            for principal, _, resource, args in self._questions(2):
                allowed = _effect(guard, (principal, UNHEARD_OF, resource, args)) is Effect.ALLOW
                assert not allowed, (
                    f"{UNHEARD_OF!r} is allowed: return None where the plugin has no objection, not Decision.ALLOW"
                )

    def test_sync_async_together_and_threads_give_one_answer(self) -> None:
        """`aauthorize`, and threads that share the guard."""
        with self.guard() as guard:
            if not self.member(guard).deterministic:
                skip("the plugin says that it may change its mind (deterministic = False)")
            questions = self._questions(4)
            alone = [_effect(guard, question) for question in questions]

            async def at_once() -> list[Effect]:
                return list(await asyncio.gather(*(_aeffect(guard, question) for question in questions)))

            assert asyncio.run(at_once()) == alone, "aauthorize decides otherwise than authorize"
            assert in_threads(lambda question: _effect(guard, question), questions) == alone, "threads decide otherwise"

    def test_the_request_is_left_as_it_is(self) -> None:
        """Arguments are the tool's: whoever decides does not change them."""
        with self.guard() as guard:
            for question in self._questions(5):
                before = copy.deepcopy(question[3])
                _effect(guard, question)
                assert repr(question[3]) == repr(before), "the plugin changes the arguments of the request"

    def test_no_argument_is_told(self) -> None:
        """Not by reasons, refusals or events, nor by what the plugin itself logs or prints."""
        with self.guard() as guard, capture_events(guard) as events:
            for principal, action, resource, args in self._questions(6):
                question = (principal, action, resource, {**args, "to": _PLANTED})
                with watched() as shown:
                    refused = refusal_of(partial(_ask, guard, question))
                shown += [str(refused), repr(events)]
                assert not any(_PLANTED in one for one in shown), f"a decision on {action!r} tells an argument"
                events.clear()

    def test_if_it_fails_the_request_is_refused(self) -> None:
        """It is made to raise: nothing is permitted, and what was raised is not repeated."""
        with breaking(self.plugin, "authorize"), self.guard() as guard:
            for question in self._questions(7):
                if question[0] is not None:
                    refused = refusal_of(partial(_ask, guard, question))
                    assert refused is not None, f"{question[1]!r} is permitted though the authorizer raises"
                    assert CANARY not in str(refused), "the refusal repeats the exception's text"

    def _questions(self, seed: int) -> list[Question]:
        """Requests of all shapes: any principal, action, resource and arguments."""
        rng = random.Random(seed)
        actions, roles = (*self.actions, *self.actions, *_ACTIONS), (*self.roles, *self.roles, *_ROLES)
        out: list[Question] = []
        for number in range(self.rounds):
            tenant = rng.choice(("a", "b", None))
            claims = {rng.choice(_NAMES): rng.choice(_VALUES)}
            principal = Principal(f"p{number % 7}", rng.sample(roles, rng.randint(0, 3)), tenant, claims)
            resource = Resource("document", str(number), rng.choice(("a", "b", None)), {rng.choice(_NAMES): rng.choice(_VALUES)})
            args = {rng.choice(_NAMES): rng.choice(_VALUES) for _ in range(rng.randint(0, 3))}
            out.append((principal, rng.choice(actions), rng.choice((resource, None)), args))
        return out


def _ask(guard: Guard, question: Question) -> None:
    principal, action, resource, args = question
    guard.session(principal).authorize(action, resource, args=args)


def _effect(guard: Guard, question: Question) -> Effect:
    return _said(refusal_of(lambda: _ask(guard, question)))


async def _aeffect(guard: Guard, question: Question) -> Effect:
    from bartizan._errors import BartizanError

    principal, action, resource, args = question
    try:
        await guard.session(principal).aauthorize(action, resource, args=args)
    except BartizanError as refused:
        return _said(refused)
    return Effect.ALLOW


def _said(refused: object) -> Effect:
    if refused is None:
        return Effect.ALLOW
    return Effect.DENY if isinstance(refused, AccessDenied | PluginError) else Effect.ASK
