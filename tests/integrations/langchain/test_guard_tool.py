"""guard_tool: authorized, judged on the way in and out, and still the tool that it was."""

from __future__ import annotations

import asyncio
import pickle
import traceback
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig  # noqa: TC002 (the tool's signature is read)
from langchain_core.tools import BaseTool, InjectedToolArg, StructuredTool, Tool, ToolException, tool
from langgraph.types import Command, Send
from pydantic import BaseModel, ValidationError

from bartizan import AccessDenied, ApprovalRequired, BartizanError, Blocked, Decision, Guard, PluginError, Principal, hookimpl
from bartizan_langchain import BartizanCallback, guard_tool

if TYPE_CHECKING:
    from collections.abc import Iterator

EMAIL, SECRET = "jane@acme.test", "SEKRET-" + "48151623"
heard: list[Any] = []
WAYS = {"sync": lambda made, given: made.invoke(given), "async": lambda made, given: asyncio.run(made.ainvoke(given))}
both = pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))


class Desk:
    """Grants, asks and denies by the tool's name; keeps every request."""

    def __init__(self, *denied: str, asks: tuple[str, ...] = ()) -> None:
        self.denied = denied
        self.asks = asks
        self.requests: list[Any] = []

    @hookimpl
    def authorize(self, request: Any, context: Any) -> Decision:
        self.requests.append(request)
        if request.action in self.asks:
            return Decision.ask("a person must look")
        return Decision.deny("not for you") if request.action in self.denied else Decision.ALLOW


def call(name: str, **args: Any) -> dict[str, Any]:
    return {"type": "tool_call", "name": name, "id": "c1", "args": args}


@tool
def plain(to: str, note: str = "") -> str:
    """Write someone."""
    heard.append((to, note))
    return f"sent to {to}, cc {EMAIL}"


@tool
async def native(to: str) -> str:
    """Write someone."""
    heard.append(to)
    return f"sent to {to}, cc {EMAIL}"


class Own(BaseTool):
    name: str = "own"
    description: str = "of its own class"
    answer: Any = f"see {EMAIL}"

    def _run(self, to: str = "") -> Any:
        heard.append(to)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class OwnAsync(Own):
    name: str = "own_async"

    async def _arun(self, to: str = "") -> Any:
        return self._run(to)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    heard.clear()


@pytest.fixture
def desk() -> Desk:
    return Desk("tool:own", asks=("tool:native",))


@pytest.fixture
def asking(planted: Any, desk: Desk) -> Iterator[Guard]:
    with Guard(plugins=[planted(), desk]) as made:
        yield made


class TestResults:
    @both
    @pytest.mark.parametrize(
        "made",
        [
            plain,
            native,
            Own(),
            OwnAsync(),
            StructuredTool.from_function(lambda to: f"{to} {EMAIL}", name="st", description="d"),
            Tool(name="one", description="d", func=lambda to: f"{to} {EMAIL}"),
        ],
        ids=lambda made: made.name,
    )
    def test_what_a_tool_returns_is_redacted(self, guard: Guard, made: BaseTool, way: Any) -> None:
        if made.name == "native":
            way = WAYS["async"]  # it has no other
        guarded = guard_tool(made, guard)
        assert isinstance(guarded, type(made))
        given = "bob" if made.name == "one" else {"to": "bob"}
        assert EMAIL not in way(guarded, given)
        out = way(guarded, call(made.name, to="bob"))
        assert isinstance(out, ToolMessage)
        assert EMAIL not in str(out)
        assert "<EMAIL_ADDRESS>" in out.text

    @both
    @pytest.mark.parametrize("kind", [Own, OwnAsync])
    @pytest.mark.parametrize(
        "answer",
        [
            {"rows": [{"mail": EMAIL}], EMAIL: 1},
            [{"type": "text", "text": f"x {EMAIL}"}],
            ToolMessage(f"x {EMAIL}", tool_call_id="c1", artifact={"a": EMAIL}),
            [ToolMessage(f"x {EMAIL}", tool_call_id="c1")],
            Command(update={"messages": [ToolMessage(f"x {EMAIL}", tool_call_id="c1")], "seen": EMAIL}),
        ],
        ids=["data", "blocks", "message", "messages", "command"],
    )
    def test_of_any_shape(self, guard: Guard, kind: Any, answer: Any, way: Any) -> None:
        out = way(guard_tool(kind(answer=answer), guard), call("own", to="bob"))
        assert EMAIL not in repr(out)
        assert "<EMAIL_ADDRESS>" in repr(out)
        assert EMAIL in repr(answer)

    @both
    def test_an_artifact_too(self, guard: Guard, way: Any) -> None:
        made = Own(answer=(f"see {EMAIL}", {"raw": EMAIL}), response_format="content_and_artifact")
        out = way(guard_tool(made, guard), call("own"))
        assert (out.content, out.artifact) == ("see <EMAIL_ADDRESS>", {"raw": "<EMAIL_ADDRESS>"})

    @both
    def test_a_forbidden_one_is_refused(self, guard: Guard, way: Any) -> None:
        with pytest.raises(Blocked):
            way(guard_tool(Own(answer="FORBIDDEN"), guard), {"to": "bob"})

    def test_what_cannot_be_read_is_refused(self, guard: Guard) -> None:
        with pytest.raises(Blocked):
            guard_tool(Own(answer=Command(goto=[Send("n", EMAIL)])), guard).invoke(call("own"))

    @both
    def test_handlers_see_the_judged_result(self, guard: Guard, way: Any) -> None:
        seen: list[Any] = []

        class Watch(BaseCallbackHandler):
            def on_tool_end(self, output: Any, **kwargs: Any) -> None:
                seen.append(str(output))

        way(guard_tool(Own(callbacks=[Watch()]), guard), call("own"))
        assert len(seen) == 1
        assert EMAIL not in seen[0]

    def test_the_origin_is_tool_and_the_source_names_it(self, guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
        given: list[Any] = []
        judge = guard.pre_prompt
        monkeypatch.setattr(guard, "pre_prompt", lambda segments: given.extend(segments) or judge(segments))
        guard_tool(plain, guard).invoke({"to": "bob"})
        assert [(one.origin.value, one.source) for one in given] == [("tool", "plain")]


class TestArguments:
    @both
    def test_a_secret_refuses_and_the_tool_does_not_run(self, guard: Guard, way: Any) -> None:
        with pytest.raises(Blocked) as refused:
            way(guard_tool(plain, guard), call("plain", to=SECRET))
        assert heard == []
        assert SECRET not in "".join(traceback.format_exception(refused.value))

    @both
    def test_personal_data_is_noted_and_passes(self, guard: Guard, way: Any) -> None:
        way(guard_tool(plain, guard), call("plain", to=EMAIL))
        assert heard == [(EMAIL, "")]

    @both
    @pytest.mark.parametrize("made", [plain, Tool(name="plain", description="d", func=lambda to: heard.append((to, "")))])
    def test_pseudonyms_are_restored(self, planted: Any, made: Any, way: Any) -> None:
        with (
            Guard.from_dict({"guard": {"plugins": ["redaction"]}, "plugins": {"redaction": {"style": "pseudonym"}}}) as guard,
            guard.session(Principal("alice"), id="s"),
        ):
            hidden = guard.pre_prompt("jane@example.com").text
            assert "jane" not in hidden
            out = way(guard_tool(made, guard), hidden if made is not plain else call("plain", to=hidden))
            assert heard == [("jane@example.com", "")]
            assert "jane@example.com" not in str(out)

    def test_all_this_holds_for_natively_asynchronous_tools(self) -> None:
        key = "AK" + "IAIOSFODNN7EXAMPLE"
        config = {"redaction": {"style": "pseudonym"}}
        with Guard(plugins=["redaction"], config=config) as guard, guard.session(Principal("alice"), id="s"):
            guarded = guard_tool(native, guard)
            hidden = guard.pre_prompt("jane@example.com").text
            asyncio.run(guarded.ainvoke(call("native", to=hidden)))
            asyncio.run(guarded.ainvoke(call("native", to="joe@example.com")))
            with pytest.raises(Blocked):
                asyncio.run(guarded.ainvoke(call("native", to=key)))
            one = guard_tool(Tool(name="one", description="d", func=None, coroutine=native.coroutine), guard)
            asyncio.run(one.ainvoke(hidden))
        assert heard == ["jane@example.com", "joe@example.com", "jane@example.com"]

    @both
    def test_injected_arguments_are_the_applications(self, planted: Any, way: Any) -> None:
        desk = Desk()

        @tool
        def save(text: str, token: Annotated[str, InjectedToolArg]) -> str:
            """Save."""
            heard.append(token)
            return "saved"

        with Guard(plugins=[planted(), desk]) as guard, guard.session(Principal("alice")):
            way(guard_tool(save, guard), call("save", text="x", token=SECRET))
        assert heard == [SECRET]
        assert [dict(request.args) for request in desk.requests] == [{"text": "x"}]


class TestAuthorization:
    @both
    def test_a_denied_tool_does_not_run(self, asking: Guard, way: Any) -> None:
        with asking.session(Principal("alice")), pytest.raises(AccessDenied, match="not for you"):
            way(guard_tool(Own(), asking), {"to": EMAIL})
        assert heard == []

    @both
    def test_without_an_identity_every_tool_is_denied(self, asking: Guard, way: Any) -> None:
        with pytest.raises(AccessDenied, match="nobody is identified"):
            way(guard_tool(plain, asking), {"to": "bob"})
        assert heard == []

    def test_what_needs_approval_says_so_and_holds_the_request(self, asking: Guard) -> None:
        with asking.session(Principal("alice")), pytest.raises(ApprovalRequired) as need:
            asyncio.run(guard_tool(native, asking).ainvoke(call("native", to="bob")))
        assert dict(need.value.request.args) == {"to": "bob"}
        assert need.value.request.call_id == "c1"

    @both
    def test_the_tools_own_handler_makes_a_text_of_a_refusal(self, asking: Guard, way: Any) -> None:
        with asking.session(Principal("alice")):
            out = way(guard_tool(Own(handle_tool_error=True), asking), call("own", to=EMAIL))
        assert (out.status, "not for you" in out.content, EMAIL in str(out)) == ("error", True, False)
        assert heard == []

    @both
    def test_the_request_holds_what_was_written_and_what_is_known(self, way: Any) -> None:
        desk = Desk()
        config = {"redaction": {"style": "pseudonym"}}
        with Guard(plugins=["redaction", desk], config=config) as guard, guard.session(Principal("alice"), id="s"):
            hidden = guard.pre_prompt("jane@example.com").text
            made = plain.model_copy(update={"metadata": {"readOnlyHint": True}})
            way(guard_tool(made, guard), call("plain", to=hidden))
        request = desk.requests[0]
        assert request.action == "tool:plain"
        assert dict(request.args) == {"to": "jane@example.com"}
        assert dict(request.args_written) == {"to": hidden}
        assert dict(request.annotations) == {"readOnlyHint": True}
        assert len(desk.requests) == 1

    @both
    def test_an_authorizer_that_fails_refuses(self, way: Any) -> None:
        class Broken:
            @hookimpl
            def authorize(self, request: Any, context: Any) -> Decision:
                raise RuntimeError(EMAIL)

        with Guard(plugins=[Broken()]) as guard, guard.session(Principal("alice")), pytest.raises(PluginError) as refused:
            way(guard_tool(plain, guard), {"to": "bob"})
        assert EMAIL not in "".join(traceback.format_exception(refused.value))
        assert heard == []

    @both
    def test_a_callback_of_the_same_guard_does_not_ask_again(self, asking: Guard, desk: Desk, way: Any) -> None:
        callback = BartizanCallback(asking)
        with asking.session(Principal("alice")):
            made = guard_tool(Tool(name="t", description="d", func=lambda to: "x", callbacks=[callback]), asking)
            way(made, "bob")
            way(made, call("t", to="bob"))
        assert len(desk.requests) == 2


class TestErrors:
    @both
    @pytest.mark.parametrize("kind", [Own, OwnAsync])
    @pytest.mark.parametrize("error", [ValueError(f"no {EMAIL}"), ToolException(f"no {EMAIL}"), KeyError(SECRET)])
    def test_an_error_that_quotes_data_is_withheld(self, guard: Guard, kind: Any, error: Exception, way: Any) -> None:
        with pytest.raises(ToolException, match="withheld: it holds") as raised:
            way(guard_tool(kind(answer=error), guard), {"to": "bob"})
        assert raised.value.__cause__ is None
        assert EMAIL not in "".join(traceback.format_exception(raised.value))
        assert SECRET not in "".join(traceback.format_exception(raised.value))

    @both
    def test_so_is_one_that_came_from_such_an_error(self, guard: Guard, way: Any) -> None:
        error = ValueError("clean")
        error.__cause__ = KeyError(EMAIL)
        with pytest.raises(ToolException, match="withheld"):
            way(guard_tool(Own(answer=error), guard), {"to": "bob"})

    @both
    def test_a_clean_error_is_the_tools_own(self, guard: Guard, way: Any) -> None:
        error = KeyError("no such row")
        with pytest.raises(KeyError) as raised:
            way(guard_tool(Own(answer=error), guard), {"to": "bob"})
        assert raised.value is error

    @both
    @pytest.mark.parametrize("handler", [True, lambda error: f"sorry: {error}"])
    def test_text_made_of_an_error_is_judged(self, guard: Guard, handler: Any, way: Any) -> None:
        made = Own(answer=ToolException(f"no {EMAIL}"), handle_tool_error=handler)
        out = way(guard_tool(made, guard), call("own"))
        assert "<EMAIL_ADDRESS>" in out.content
        assert EMAIL not in str(out)

    @both
    def test_a_forbidden_text_of_an_error_is_withheld(self, guard: Guard, way: Any) -> None:
        out = way(guard_tool(Own(answer=ToolException("FORBIDDEN and nothing else"), handle_tool_error=True), guard), call("own"))
        assert out.content.startswith("the tool failed; its text is withheld: ")
        assert "and nothing else" not in out.content

    @both
    def test_arguments_that_do_not_fit_are_not_quoted(self, guard: Guard, way: Any) -> None:
        with pytest.raises(ValidationError) as raised:
            way(guard_tool(plain, guard), {"note": EMAIL})
        assert EMAIL not in "".join(traceback.format_exception(raised.value))
        assert raised.value.errors()[0]["loc"] == ("to",)

    @both
    def test_nor_in_the_text_that_a_handler_makes(self, guard: Guard, way: Any) -> None:
        made = plain.model_copy(update={"handle_validation_error": str})
        out = way(guard_tool(made, guard), call("plain", note=EMAIL))
        assert "to" in out.content
        assert EMAIL not in out.content

    @both
    @pytest.mark.parametrize("handler", [True, lambda error: f"sorry: {error}"])
    def test_handlers_set_later_see_nothing_raw(self, guard: Guard, handler: Any, way: Any) -> None:
        made = guard_tool(Own(answer=ToolException(f"no {EMAIL}")), guard)
        made.handle_tool_error = handler
        assert EMAIL not in str(way(made, call("own")))
        fitting = guard_tool(plain, guard)
        fitting.handle_validation_error = str
        assert EMAIL not in str(way(fitting, call("plain", note=EMAIL)))


class TestFaithfulness:
    def test_it_stays_the_tool_that_it_was(self, guard: Guard) -> None:
        guarded = guard_tool(plain, guard)
        assert guarded is not plain
        assert guarded.args_schema is plain.args_schema
        assert guarded.tool_call_schema.model_json_schema() == plain.tool_call_schema.model_json_schema()
        assert (guarded.name, guarded.description, type(guarded).__name__) == ("plain", plain.description, "StructuredTool")
        assert EMAIL in plain.invoke({"to": "bob"})

    def test_guarding_again_changes_nothing_and_another_guard_judges_too(self, guard: Guard, asking: Guard) -> None:
        guarded = guard_tool(Own(), guard)
        assert guard_tool(guarded, guard) is guarded
        twice = guard_tool(guarded, asking)
        with asking.session(Principal("alice")), pytest.raises(AccessDenied):
            asyncio.run(twice.ainvoke({"to": "bob"}))
        assert heard == []

    def test_it_takes_only_tools_and_guards(self, guard: Guard) -> None:
        with pytest.raises(TypeError, match="BaseTool"):
            guard_tool(lambda: 1, guard)
        with pytest.raises(TypeError, match="Guard"):
            guard_tool(plain, object())  # type: ignore[type-var]

    def test_pickling_says_what_to_do(self, guard: Guard) -> None:
        with pytest.raises(pickle.PicklingError, match="guard_tool"):
            pickle.dumps(guard_tool(Own(), guard))

    def test_a_frozen_tool_is_guarded_too(self, guard: Guard) -> None:
        class Frozen(Own, frozen=True):
            name: str = "frozen"

        made = guard_tool(Frozen(answer=ToolException(EMAIL), handle_tool_error=True), guard)
        assert "<EMAIL_ADDRESS>" in made.invoke(call("frozen")).content

    def test_configuration_still_arrives(self, guard: Guard) -> None:
        @tool
        def configured(to: str, config: RunnableConfig) -> str:
            """Read the configuration."""
            return str(config["configurable"]["place"])

        assert guard_tool(configured, guard).invoke({"to": "x"}, {"configurable": {"place": "here"}}) == "here"

    def test_a_schema_of_pydantic_gets_its_types(self, guard: Guard) -> None:
        class Shape(BaseModel):
            to: int

        made = StructuredTool.from_function(lambda to: heard.append(to) or "", name="s", description="d", args_schema=Shape)
        guard_tool(made, guard).invoke({"to": "5"})
        assert heard == [5]


class TestClosed:
    def test_a_tool_that_runs_by_another_way_is_refused(self, guard: Guard) -> None:
        class Own2(Own):
            def run(self, tool_input: Any, *args: Any, **kwargs: Any) -> Any:
                return f"see {EMAIL}"

        with pytest.raises(BartizanError, match="its own run calls no method"):
            guard_tool(Own2(), guard)

    def test_one_that_calls_its_parent_is_guarded(self, guard: Guard) -> None:
        class Own3(Own):
            def run(self, tool_input: Any, *args: Any, **kwargs: Any) -> Any:
                return super().run(tool_input, *args, **kwargs)

        assert guard_tool(Own3(), guard).invoke({"to": "bob"}) == "see <EMAIL_ADDRESS>"

    @pytest.mark.parametrize("name", ["run", "arun"])
    def test_a_release_that_takes_other_ways_is_refused(self, guard: Guard, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.setattr(BaseTool, name, lambda self, tool_input: self._run(tool_input))
        with pytest.raises(BartizanError, match=f"BaseTool.{name} does not call _"):
            guard_tool(plain, guard)
