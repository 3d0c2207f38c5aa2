"""Who is asking: sessions entered and nested, in threads, tasks and generators; what they share and what they never share."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from support.doubles import ALICE, BOB, guarded, plugin, scanning

from bartizan import BartizanError, Guard, Principal, TrainingJob
from bartizan._engine.scope import ScopeStore

if TYPE_CHECKING:
    from collections.abc import Iterator


def asked_by() -> tuple[Guard, list[Any]]:
    seen: list[Any] = []
    one = plugin("who", pre_prompt=lambda self, prompt, context: seen.append((context.principal, context.session_id)))
    return guarded(one), seen


class TestEntering:
    def test_a_guards_verbs_act_for_the_session_that_was_entered(self) -> None:
        guard, seen = asked_by()
        guard.pre_prompt("x")
        with guard.session(ALICE, id="s") as session:
            guard.pre_prompt("x")
            assert session.principal is ALICE
        guard.pre_prompt("x")
        assert seen == [(None, None), (ALICE, "s"), (None, None)]

    def test_nested_the_innermost_counts_and_the_outer_returns(self) -> None:
        guard, seen = asked_by()
        with guard.session(ALICE):
            with guard.session(BOB):
                guard.pre_prompt("x")
            guard.pre_prompt("x")
        assert [who for who, _ in seen] == [BOB, ALICE]

    def test_a_nested_session_without_a_principal_takes_the_identity_away(self) -> None:
        guard, seen = asked_by()
        with guard.session(ALICE), guard.session():
            guard.pre_prompt("x")
        assert seen == [(None, None)]

    def test_a_session_used_without_entering_is_its_own(self) -> None:
        guard, seen = asked_by()
        with guard.session(ALICE):
            guard.session(BOB, id="b").pre_prompt("x")
            guard.pre_prompt("x")
        assert [who for who, _ in seen] == [BOB, ALICE]

    def test_two_guards_do_not_see_each_others_sessions(self) -> None:
        (one, seen_one), (two, seen_two) = asked_by(), asked_by()
        with one.session(ALICE):
            two.pre_prompt("x")
            with two.session(BOB):
                one.pre_prompt("x")
                two.pre_prompt("x")
        assert [who for who, _ in seen_one] == [ALICE]
        assert [who for who, _ in seen_two] == [None, BOB]

    def test_an_exception_leaves_the_session_too(self) -> None:
        guard, seen = asked_by()
        with pytest.raises(KeyError), guard.session(ALICE):
            raise KeyError
        guard.pre_prompt("x")
        assert seen == [(None, None)]

    def test_sessions_may_be_left_in_another_order(self) -> None:
        guard, seen = asked_by()
        first, second = guard.session(ALICE), guard.session(BOB)
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        guard.pre_prompt("x")
        second.__exit__(None, None, None)
        guard.pre_prompt("x")
        assert [who for who, _ in seen] == [BOB, None]

    def test_the_same_session_may_be_entered_again(self) -> None:
        guard, seen = asked_by()
        session = guard.session(ALICE)
        with session:
            with session:
                guard.pre_prompt("x")
            guard.pre_prompt("x")
        guard.pre_prompt("x")
        assert [who for who, _ in seen] == [ALICE, ALICE, None]


class TestThreadsAndTasks:
    def test_a_raw_thread_has_no_identity_unless_the_context_is_carried_over(self) -> None:
        import contextvars

        guard, seen = asked_by()
        with guard.session(ALICE):
            context = contextvars.copy_context()
            for target in (lambda: guard.pre_prompt("x"), lambda: context.run(guard.pre_prompt, "x")):
                thread = threading.Thread(target=target)
                thread.start()
                thread.join()
        assert [who for who, _ in seen] == [None, ALICE]

    def test_tasks_and_to_thread_inherit_and_do_not_mix(self) -> None:
        guard, seen = asked_by()

        async def turn(who: Principal) -> None:
            with guard.session(who):
                await asyncio.sleep(0.01)
                await guard.apre_prompt("x")
                await asyncio.to_thread(guard.pre_prompt, "x")
                await asyncio.create_task(_judge(guard))

        async def both() -> None:
            await asyncio.gather(turn(ALICE), turn(BOB))
            await guard.apre_prompt("x")

        asyncio.run(both())
        who = [one for one, _ in seen]
        assert sorted(one.id for one in who[:-1]) == ["alice"] * 3 + ["bob"] * 3
        assert who[-1] is None

    def test_a_stream_read_by_a_generator_elsewhere_keeps_its_identity(self) -> None:
        seen: list[Any] = []
        guard = guarded(plugin("who", post_response=lambda self, response, context: seen.append(context.principal)))

        def handler() -> Iterator[str]:
            with guard.session(ALICE):
                return guard.stream_response(iter(["a", "b"]))

        stream = handler()
        with guard.session(BOB):
            assert "".join(stream) == "ab"
        assert seen == [ALICE]


async def _judge(guard: Guard) -> Any:
    return await guard.apre_prompt("x")


class TestWhatTheyTake:
    @pytest.mark.parametrize("principal", ["alice", {"id": "alice"}, 5, object()], ids=repr)
    def test_a_principal(self, principal: Any) -> None:
        with pytest.raises(TypeError, match="Principal"):
            Guard(plugins=[]).session(principal)

    @pytest.mark.parametrize("name", ["", 5, b"s", ["s"]], ids=repr)
    def test_an_id(self, name: Any) -> None:
        with pytest.raises(TypeError, match="non-empty str"):
            Guard(plugins=[]).session(ALICE, id=name)

    @pytest.mark.parametrize(
        "given",
        [
            {"id": ""},
            {"id": None},
            {"id": 5},
            {"id": "a", "roles": "admin"},
            {"id": "a", "roles": [1]},
            {"id": "a", "roles": 5},
            {"id": "a", "tenant": ""},
            {"id": "a", "tenant": 5},
        ],
        ids=str,
    )
    def test_a_principal_is_held_to_its_types(self, given: Any) -> None:
        with pytest.raises(TypeError, match="Principal"):
            Principal(**given)


class TestState:
    def test_notes_last_as_long_as_the_session(self) -> None:
        counts: list[int] = []

        def pre_prompt(self: Any, prompt: Any, context: Any) -> None:
            context.state["n"] = context.state.get("n", 0) + 1
            counts.append(context.state["n"])

        guard = guarded(plugin(pre_prompt=pre_prompt))
        guard.pre_prompt("x")
        guard.pre_prompt("x")
        session = guard.session(ALICE, id="s")
        session.pre_prompt("x")
        session.pre_prompt("x")
        guard.session(ALICE, id="s").pre_prompt("x")
        guard.session(ALICE, id="t").pre_prompt("x")
        guard.session(BOB, id="s").pre_prompt("x")
        session.close()
        guard.session(ALICE, id="s").pre_prompt("x")
        assert counts == [1, 1, 1, 2, 3, 1, 1, 1]

    def test_a_context_cannot_be_changed_by_a_plugin(self) -> None:
        failures: list[str] = []

        def pre_prompt(self: Any, prompt: Any, context: Any) -> None:
            for name, value in (("principal", BOB), ("session_id", "x"), ("model", "m"), ("new", 1)):
                try:
                    setattr(context, name, value)
                except AttributeError as error:
                    failures.append(str(error))
            try:
                del context.principal
            except AttributeError as error:
                failures.append(str(error))

        seen: list[Any] = []
        watches = plugin("later", pre_prompt=lambda self, prompt, context: seen.append(context.principal))
        guarded(plugin(pre_prompt=pre_prompt), watches).session(ALICE).pre_prompt("x")
        assert len(failures) == 5
        assert seen == [ALICE]

    def test_model_purpose_and_metadata_reach_the_plugins(self) -> None:
        seen: list[Any] = []

        def pre_prompt(self: Any, prompt: Any, context: Any) -> None:
            seen.append((context.model, context.purpose, dict(context.metadata)))

        guard = guarded(plugin(pre_prompt=pre_prompt))
        guard.pre_prompt("x", model="m", purpose="p", metadata={"a": 1})
        guard.session(ALICE).pre_prompt("x", model="m", purpose="p", metadata={"a": 1})
        asyncio.run(_with_model(guard))
        guard.pre_prompt("x")
        assert seen == [("m", "p", {"a": 1})] * 3 + [(None, None, {})]


async def _with_model(guard: Guard) -> Any:
    return await guard.apre_prompt("x", model="m", purpose="p", metadata={"a": 1})


class TestClosing:
    def test_a_closed_session_refuses_every_verb(self) -> None:
        guard = guarded(scanning("a"))
        for session in (guard.session(ALICE, id="s"), guard.session(ALICE), guard.session()):
            session.close()
            session.close()
            job = TrainingJob([], ["t"], dataset_id="d")
            calls: list[Any] = [
                lambda s=session: s.pre_prompt("a"),
                lambda s=session: s.post_response("a"),
                lambda s=session: s.stream_response(["a"]),
                lambda s=session: s.authorize("deploy"),
                lambda s=session: s.aauthorize("deploy"),
                lambda s=session: s.is_allowed("deploy"),
                lambda s=session: s.ais_allowed("deploy"),
                lambda s=session: s.authorize_all([]),
                lambda s=session: s.restore("a"),
                lambda s=session, j=job: s.on_train(j),
                lambda s=session: asyncio.run(s.apre_prompt("a")),
            ]
            for call in calls:
                with pytest.raises(BartizanError, match="session is closed"):
                    call()
            with session, pytest.raises(BartizanError, match="session is closed"):
                guard.pre_prompt("a")

    def test_leaving_a_session_does_not_close_it(self) -> None:
        guard = guarded(scanning("a"))
        with guard.session(ALICE) as session:
            pass
        assert session.pre_prompt("a").text == "<WORD>"


def pseudonymous() -> Guard:
    mail = scanning(r"[a-z]+@[a-z]+\.test", "EMAIL_ADDRESS", name="mail")
    return Guard(plugins=[mail], config={"mail": {"style": "pseudonym"}})


MAIL = "jane@example.test"


class TestPseudonyms:
    def test_the_same_value_has_the_same_placeholder_over_turns_and_requests(self) -> None:
        guard = pseudonymous()
        first = guard.session(ALICE, id="s").pre_prompt(f"{MAIL} {MAIL}").text
        one, two = first.split()
        assert one == two
        assert MAIL not in first
        assert guard.session(ALICE, id="s").pre_prompt(MAIL).text == one
        with guard.session(ALICE, id="s"):
            assert guard.pre_prompt(MAIL).text == one
            assert guard.pre_prompt("john@example.test").text != one

    def test_it_is_restored_in_the_answer_and_nowhere_else(self) -> None:
        guard = pseudonymous()
        session = guard.session(ALICE, id="s")
        placeholder = session.pre_prompt(MAIL).text
        assert session.post_response(f"Dear {placeholder}!").text == f"Dear {MAIL}!"
        assert session.restore(f"Dear {placeholder}!") == f"Dear {MAIL}!"
        assert session.pre_prompt(placeholder).text == placeholder
        assert guard.post_response(placeholder).text == placeholder
        assert guard.restore(placeholder) == placeholder
        with session:
            assert guard.restore(placeholder) == MAIL

    @pytest.mark.parametrize(
        "other",
        [
            {"principal": BOB, "id": "s"},
            {"principal": Principal("alice", tenant="other"), "id": "s"},
            {"principal": Principal("alice"), "id": "s"},
            {"principal": ALICE, "id": "t"},
            {"principal": ALICE},
            {"id": "s"},
            {},
        ],
        ids=str,
    )
    def test_nobody_else_can_restore_it(self, other: Any) -> None:
        guard = pseudonymous()
        placeholder = guard.session(ALICE, id="s").pre_prompt(MAIL).text
        theirs = guard.session(**other)
        assert theirs.post_response(placeholder).text == placeholder
        assert theirs.restore(placeholder) == placeholder
        assert theirs.pre_prompt(MAIL).text != placeholder
        assert theirs.post_response(placeholder).text == placeholder

    def test_an_id_without_a_principal_shares_nothing(self) -> None:
        guard = pseudonymous()
        one, two = guard.session(id="s"), guard.session(id="s")
        placeholder = one.pre_prompt(MAIL).text
        assert two.restore(placeholder) == placeholder
        assert one.restore(placeholder) == MAIL

    def test_a_principal_without_an_id_shares_nothing(self) -> None:
        guard = pseudonymous()
        placeholder = guard.session(ALICE).pre_prompt(MAIL).text
        assert guard.session(ALICE).restore(placeholder) == placeholder

    def test_another_guard_shares_nothing(self) -> None:
        placeholder = pseudonymous().session(ALICE, id="s").pre_prompt(MAIL).text
        assert pseudonymous().session(ALICE, id="s").restore(placeholder) == placeholder

    def test_a_placeholder_that_a_user_typed_restores_nothing(self) -> None:
        guard = pseudonymous()
        session = guard.session(ALICE, id="s")
        real = session.pre_prompt(MAIL).text
        tag = real.rpartition("_")[2][:-1]
        guesses = [
            "<EMAIL_ADDRESS_1>",
            "<EMAIL_ADDRESS_1_aaaaaaaaaaaa>",
            f"<EMAIL_ADDRESS_2_{tag}>",
            f"<PERSON_1_{tag}>",
            f"<EMAIL_ADDRESS_01_{tag}>",
            real.lower(),
            real[1:-1],
            real[:-1],
            f"EMAIL_ADDRESS_1_{tag}",
        ]
        for guess in guesses:
            assert session.restore(guess) == guess
            assert session.post_response(guess).text == guess

    def test_two_values_never_share_one_placeholder(self) -> None:
        session = pseudonymous().session(ALICE, id="s")
        values = [f"{chr(97 + a)}{chr(97 + b)}@example.test" for a in range(26) for b in range(10)]
        got = session.pre_prompt(" ".join(values)).text.split()
        assert len(set(got)) == len(values)
        assert session.restore(" ".join(got)).split() == values

    def test_threads_agree_on_one_placeholder(self) -> None:
        guard = pseudonymous()
        got: list[str] = []
        ready = threading.Barrier(16)

        def use() -> None:
            session = guard.session(ALICE, id="s")
            ready.wait()
            got.extend(
                session.pre_prompt(f"u{i}@example.test".replace("0", "o").translate(str.maketrans("123456789", "abcdefghi"))).text
                for i in range(10)
            )

        workers = [threading.Thread(target=use) for _ in range(16)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(set(got)) == 10

    def test_a_value_that_only_the_model_wrote_gets_a_label(self) -> None:
        session = pseudonymous().session(ALICE, id="s")
        assert session.post_response(MAIL).text == "<EMAIL_ADDRESS>"
        placeholder = session.pre_prompt(MAIL).text
        assert session.post_response(MAIL).text == placeholder

    def test_closing_the_session_forgets_the_values_for_every_holder(self) -> None:
        guard = pseudonymous()
        session, again = guard.session(ALICE, id="s"), guard.session(ALICE, id="s")
        placeholder = session.pre_prompt(MAIL).text
        session.close()
        assert again.restore(placeholder) == placeholder
        assert guard.session(ALICE, id="s").restore(placeholder) == placeholder

    def test_tool_arguments_are_restored_for_the_request_and_shown_as_written(self) -> None:
        from bartizan import Decision

        seen: list[Any] = []

        def authorize(self: Any, request: Any, context: Any) -> Any:
            seen.append(request)
            return Decision.ALLOW

        mail = scanning(r"[a-z]+@[a-z]+\.test", "EMAIL_ADDRESS", name="mail")
        guard = Guard(plugins=[mail, plugin("rbac", authorize=authorize)], config={"mail": {"style": "pseudonym"}})
        session = guard.session(ALICE, id="s")
        placeholder = session.pre_prompt(MAIL).text
        written = {"to": [placeholder, {"cc": f"x {placeholder}"}], "n": 5, "pair": (placeholder, 1)}
        session.authorize("tool:mail", args=written)
        (request,) = seen
        assert request.args == {"to": [MAIL, {"cc": f"x {MAIL}"}], "n": 5, "pair": (MAIL, 1)}
        assert request.args_written is written
        assert written["to"] == [placeholder, {"cc": f"x {placeholder}"}]

    def test_what_is_found_over_a_placeholder_goes_before_restoring_it(self) -> None:
        mail = scanning(r"[a-z]+@[a-z]+\.test", "EMAIL_ADDRESS", name="mail")
        angry = scanning(r"<EMAIL\w+> now", "ANGRY", name="angry")
        guard = Guard(plugins=[mail, angry], config={"mail": {"style": "pseudonym"}})
        session = guard.session(ALICE, id="s")
        placeholder = session.pre_prompt(MAIL).text
        assert session.post_response(f"{placeholder} now").text == "<ANGRY>"

    def test_a_call_without_a_session_gets_placeholders_that_nobody_restores(self) -> None:
        guard = pseudonymous()
        one, two = guard.pre_prompt(MAIL).text, guard.pre_prompt(MAIL).text
        assert MAIL not in one
        assert one != two
        assert guard.restore(one) == one


class TestScopeStore:
    def test_it_keeps_the_most_recently_used(self) -> None:
        store = ScopeStore(limit=3)
        scopes = {name: store.find((None, "alice", name)) for name in "abc"}
        assert store.find((None, "alice", "a")) is scopes["a"]
        store.find((None, "alice", "d"))
        assert store.find((None, "alice", "a")) is scopes["a"]
        assert store.find((None, "alice", "c")) is scopes["c"]
        assert store.find((None, "alice", "b")) is not scopes["b"]
        assert len(store._scopes) == 3

    def test_the_key_tells_tenant_principal_and_id_apart(self) -> None:
        store = ScopeStore()
        keys = [(None, "a", "b"), ("None", "a", "b"), ("a", "b", "c"), ("a", "bc", ""), ("ab", "c", "")]
        assert len({id(store.find(key)) for key in keys}) == len(keys)

    def test_closing_the_guard_forgets_every_session(self) -> None:
        guard = pseudonymous()
        session = guard.session(ALICE, id="s")
        session.pre_prompt(MAIL)
        vault = session.scope.vault
        assert len(vault) == 1
        guard.close()
        assert len(vault) == 0
