"""install: nothing in the process goes round it; and the runner that installs it for a program as it is."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.messages import HumanMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langchain_core.tracers import context as tracers

from bartizan import AccessDenied, BartizanError, Blocked, Decision, Guard, Principal, Refused, hookimpl
from bartizan_langchain import BartizanCallback, _install, guard_model, guard_retriever, guard_tool, install

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EMAIL = "jane@acme.test"
PROMPT = ChatPromptTemplate.from_messages([("user", "{q}")])


class Desk:
    def __init__(self) -> None:
        self.actions: list[str] = []

    @hookimpl
    def authorize(self, request: Any, context: Any) -> Decision:
        self.actions.append(request.action)
        return Decision.deny("not that one") if request.action == "tool:wipe" else Decision.ALLOW


@tool
def wipe(what: str) -> str:
    """Wipe."""
    return "wiped"


@tool
def look(what: str) -> str:
    """Look."""
    return f"see {EMAIL}"


class Store(BaseRetriever):
    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        return [Document("FORBIDDEN" if query == "bad" else f"see {EMAIL}")]


@pytest.fixture(autouse=True)
def _uninstalled() -> Iterator[None]:
    hooks = list(tracers._configure_hooks)
    yield
    tracers._configure_hooks[:] = hooks
    _install._installed.clear()


class TestInstalled:
    @pytest.mark.parametrize(
        "run",
        [
            lambda chain: chain.invoke({"q": "FORBIDDEN"}),
            lambda chain: asyncio.run(chain.ainvoke({"q": "FORBIDDEN"})),
            lambda chain: list(chain.stream({"q": "FORBIDDEN"})),
            lambda chain: chain.batch([{"q": "FORBIDDEN"}, {"q": "FORBIDDEN"}]),
            lambda chain: chain.invoke({"q": "FORBIDDEN"}, {"callbacks": []}),
        ],
        ids=["invoke", "ainvoke", "stream", "batch", "no-callbacks"],
    )
    def test_a_forbidden_prompt_reaches_no_model(self, guard: Guard, scripted: Any, run: Any) -> None:
        model = scripted()
        install(guard)
        with pytest.raises(Blocked):
            run(PROMPT | model)
        assert model.heard == []

    def test_not_in_a_raw_thread_or_without_inherited_callbacks_either(self, guard: Guard, scripted: Any) -> None:
        model, caught = scripted(), []
        install(guard)

        def inner(_: Any) -> Any:
            return model.invoke("FORBIDDEN", {"callbacks": []})

        def run() -> None:
            try:
                RunnableLambda(inner).invoke(1)
            except Refused as refused:
                caught.append(refused)

        thread = Thread(target=run)
        thread.start()
        thread.join()
        assert (len(caught), model.heard) == (1, [])

    def test_a_raw_fallback_of_a_guarded_chain_is_closed(self, guard: Guard, scripted: Any) -> None:
        raw = scripted("leaked")
        chain = (PROMPT | guard_model(scripted(), guard)).with_fallbacks([PROMPT | raw])
        assert chain.invoke({"q": "FORBIDDEN"}).content == "leaked"  # what only install can close
        raw.heard.clear()
        install(guard)
        with pytest.raises(Blocked):
            chain.invoke({"q": "FORBIDDEN"})
        assert raw.heard == []

    def test_tools_and_retrievers_are_authorized(self, planted: Any) -> None:
        desk = Desk()
        with Guard(plugins=[planted(), desk]) as guard:
            install(guard)
            with guard.session(Principal("alice")):
                with pytest.raises(AccessDenied):
                    wipe.invoke({"what": "all"})
                look.invoke({"what": "x"})
                with pytest.raises(Blocked):
                    Store().invoke("bad")
            with pytest.raises(AccessDenied, match="nobody"):
                look.invoke({"what": "x"})
        assert desk.actions == ["tool:wipe", "tool:look", "retrieve"]

    def test_what_the_same_guard_guards_is_left_to_it(self, planted: Any, scripted: Any) -> None:
        desk = Desk()
        with Guard(plugins=[planted(), desk]) as guard:
            install(guard)
            given = [HumanMessage([{"type": "text", "text": f"I am {EMAIL}"}])]
            model = guard_model(scripted(f"write {EMAIL}"), guard)
            with guard.session(Principal("alice")):
                assert model.invoke(given).content == "write <EMAIL_ADDRESS>"
                assert "".join(chunk.text for chunk in model.stream(given)) == "write <EMAIL_ADDRESS>"
                assert guard_tool(look, guard).invoke({"what": "x"}) == "see <EMAIL_ADDRESS>"
                assert guard_retriever(Store(), guard).invoke("x")[0].page_content == "see <EMAIL_ADDRESS>"
        assert desk.actions == ["tool:look", "retrieve", "retrieve"]
        assert EMAIL in str(given)

    def test_twice_is_once_and_another_guard_is_refused(self, guard: Guard, planted: Any) -> None:
        before = len(tracers._configure_hooks)
        install(guard)
        install(guard)
        assert len(tracers._configure_hooks) == before + 1
        with Guard(plugins=[planted()]) as other, pytest.raises(BartizanError, match="another guard"):
            install(other)
        with pytest.raises(TypeError, match="Guard"):
            install("guard")  # type: ignore[arg-type]

    def test_the_apps_own_callbacks_stay(self, guard: Guard, scripted: Any) -> None:
        seen: list[str] = []

        class Own(BaseCallbackHandler):
            def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
                seen.append("start")

        install(guard)
        scripted().invoke("hello", {"callbacks": [Own(), BartizanCallback(guard)]})
        assert seen == ["start"]

    def test_a_closed_guard_refuses_everything(self, guard: Guard, scripted: Any) -> None:
        model = scripted()
        install(guard)
        guard.close()
        with pytest.raises(BartizanError):
            model.invoke("hello")
        assert model.heard == []


APP = """
import sys
from helper import NAME
from langchain_core.language_models import FakeListChatModel

class Here: pass

if __name__ == "__main__":
    import __main__
    assert __main__.Here is Here and "pickle" not in __file__
    print(NAME, sys.argv[1:], __file__.endswith("app.py"), __name__)
    try:
        print(FakeListChatModel(responses=["fine"]).invoke(sys.argv[2]).content)
    except Exception as refused:
        print(type(refused).__name__)
    sys.exit(int(sys.argv[1]))
"""
POLICY = '[guard]\nplugins = ["redaction"]\n[plugins.redaction]\nactions = { secrets = "block" }\n'


class TestRunner:
    @pytest.fixture
    def app(self, tmp_path: Path) -> Path:
        folder = tmp_path / "app"
        folder.mkdir()
        (folder / "app.py").write_text(APP, "utf-8")
        (folder / "helper.py").write_text("NAME = 'helped'\n", "utf-8")
        (tmp_path / "bartizan.toml").write_text(POLICY, "utf-8")
        (tmp_path / "bad.toml").write_text('[guard]\nplugin = ["redaction"]\n', "utf-8")
        return tmp_path

    def run(self, folder: Path, *args: str, policy: str | None = "bartizan.toml") -> subprocess.CompletedProcess[str]:
        import os

        env = {key: value for key, value in os.environ.items() if key != "BARTIZAN_POLICY"}
        if policy is not None:
            env["BARTIZAN_POLICY"] = policy
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "bartizan_langchain", *args],
            capture_output=True, check=False, cwd=folder, encoding="utf-8", env=env, timeout=60,
        )  # fmt: skip

    def test_the_program_runs_as_it_would_and_guarded(self, app: Path) -> None:
        secret = "AK" + "IAIOSFODNN7EXAMPLE"
        done = self.run(app, "app/app.py", "7", f"the key is {secret}")
        assert done.stdout.splitlines()[1:] == ["Blocked"]
        assert "True __main__" in done.stdout
        assert done.stdout.startswith("helped ['7', ")
        assert done.returncode == 7
        assert secret not in done.stderr  # LangChain logs that a handler raised

    def test_what_is_allowed_passes(self, app: Path) -> None:
        done = self.run(app, "app/app.py", "0", "--hello")
        assert (done.returncode, done.stdout.splitlines()[1]) == (0, "fine")

    @pytest.mark.parametrize(
        ("args", "policy", "said"),
        [
            (("app/app.py", "0", "x"), None, "BARTIZAN_POLICY"),
            (("app/app.py", "0", "x"), "", "BARTIZAN_POLICY"),
            (("app/app.py", "0", "x"), "missing.toml", "missing.toml"),
            (("app/app.py", "0", "x"), "bad.toml", "plugin"),
            (("nothing.py",), "bartizan.toml", "no such program"),
            ((), "bartizan.toml", "usage"),
        ],
    )
    def test_anything_amiss_is_one_sentence_and_exit_2(self, app: Path, args: Any, policy: str | None, said: str) -> None:
        done = self.run(app, *args, policy=policy)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
