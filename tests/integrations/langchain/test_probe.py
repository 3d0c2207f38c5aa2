"""A LangChain that is not as expected is refused, not guarded by half; and what `__init__` says without it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import BaseTool, tool

from bartizan import BartizanError, Guard
from bartizan_langchain import _probe, guard_model, guard_retriever, guard_tool


def test_the_installed_langchain_is_as_expected() -> None:
    assert _probe.mismatch(BaseChatModel) == ""


@pytest.mark.parametrize("name", sorted({*_probe.PARAMETERS, *_probe.CALLS}))
def test_a_renamed_method_is_seen(name: str) -> None:
    class Changed(BaseChatModel):
        pass

    setattr(Changed, name, None)
    assert name in _probe.mismatch(Changed)


@pytest.mark.parametrize("name", sorted(_probe.PARAMETERS))
def test_other_parameters_are_seen(name: str) -> None:
    class Changed(BaseChatModel):
        pass

    setattr(Changed, name, lambda self, prompts: None)
    assert f"{name} takes other parameters" in _probe.mismatch(Changed)


@pytest.mark.parametrize("name", sorted(_probe.CALLS))
def test_another_way_to_the_model_is_seen(name: str) -> None:
    class Changed(BaseChatModel):
        pass

    def method(self: Any, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
        return self._new_way(messages)

    setattr(Changed, name, method)
    assert f"{name} no longer calls" in _probe.mismatch(Changed)


@pytest.mark.parametrize("name", sorted(_probe.EVENT_CALLS))
def test_another_way_of_events_is_seen(name: str) -> None:
    class Changed(BaseChatModel):
        pass

    setattr(Changed, name, lambda self, messages: self._new_way(messages))
    assert f"{name} no longer calls" in _probe.mismatch(Changed)


def test_a_new_native_source_of_events_is_seen() -> None:
    class Changed(BaseChatModel):
        def _iter_v2_events(self, messages: Any, **kwargs: Any) -> Any:
            native = getattr(self, "_stream_brand_new_events", None)
            return native(messages) if native else self._stream(messages)

    assert "_iter_v2_events may call _stream_brand_new_events" in _probe.mismatch(Changed)


def test_a_new_way_to_show_a_cached_answer_is_seen() -> None:
    class Changed(BaseChatModel):
        def _generate_with_cache(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> Any:
            self._replay_in_a_new_way(messages)
            return self._generate(messages) or self._stream(messages)

    assert "_generate_with_cache calls _replay_in_a_new_way" in _probe.mismatch(Changed)


@pytest.mark.parametrize("name", sorted({*_probe.TOOL_CALLS, *_probe.TOOL_PARAMETERS}))
def test_a_tool_of_another_release_is_refused(name: str, monkeypatch: pytest.MonkeyPatch, guard: Guard) -> None:
    @tool
    def look(what: str) -> str:
        """Look."""
        return what

    guard_tool(look, guard)
    monkeypatch.setattr(BaseTool, name, lambda self, other: None)
    with pytest.raises(BartizanError, match=rf"langchain-core \d+\.\d+.*BaseTool\.{name}"):
        guard_tool(look, guard)


@pytest.mark.parametrize("name", sorted(_probe.RETRIEVER_CALLS))
def test_a_retriever_of_another_release_is_refused(name: str, monkeypatch: pytest.MonkeyPatch, guard: Guard) -> None:
    class Shelf(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> Any:
            return []

    guard_retriever(Shelf(), guard)
    monkeypatch.setattr(BaseRetriever, name, lambda self, other: None)
    with pytest.raises(BartizanError, match=rf"langchain-core \d+\.\d+.*BaseRetriever\.{name}"):
        guard_retriever(Shelf(), guard)


def test_guarding_fails_with_the_method_and_the_version(monkeypatch: pytest.MonkeyPatch, guard: Guard, scripted: Any) -> None:
    monkeypatch.setattr(BaseChatModel, "_generate_with_cache", lambda self, messages: None)
    _probe.check_langchain.cache_clear()
    with pytest.raises(BartizanError, match=r"langchain-core \d+\.\d+.*_generate_with_cache"):
        guard_model(scripted(), guard)
    monkeypatch.undo()
    _probe.check_langchain.cache_clear()
    guard_model(scripted(), guard)


@pytest.mark.parametrize("name", ["invoke", "ainvoke", "stream", "generate"])
def test_a_model_that_answers_by_itself_is_refused(name: str, guard: Guard, scripted: Any) -> None:
    base = type(scripted())
    own = type("Own", (base,), {"__module__": __name__, name: lambda self, *args, **kwargs: AIMessage("mine")})
    with pytest.raises(BartizanError, match=f"Own: its own {name}"):
        guard_model(own(heard=[]), guard)


def test_a_model_that_goes_on_to_its_parent_is_guarded(guard: Guard, scripted: Any) -> None:
    base = type(scripted())

    class Logged(base):  # type: ignore[misc, valid-type]  # a class of the fixture's
        def invoke(self, *args: Any, **kwargs: Any) -> Any:
            return super().invoke(*args, **kwargs)

    model = guard_model(Logged(script=[AIMessage("SEKRET-" + "48151623")], heard=[]), guard)
    assert model.invoke("hello").content == "<SEKRET>"


def test_without_langchain_the_import_names_the_extra() -> None:
    code = "import importlib.util as util; find = util.find_spec\n"
    code += "util.find_spec = lambda name, *rest: None if name == 'langchain_core' else find(name, *rest)\n"
    code += "import bartizan_langchain"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "pip install 'bartizan[langchain]'" in done.stderr.splitlines()[-1]


def test_importing_the_core_does_not_import_this() -> None:
    code = "import bartizan, sys; print('langchain_core' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
