"""Every hook is specified, documented and passed exactly the arguments it names; the package's own example plugin runs."""

from __future__ import annotations

import inspect
import re
import textwrap
import types
from typing import Any, get_type_hints

import pytest

import bartizan
from bartizan import Context, Event, Finding, Guard, Prompt
from bartizan._hooks import ARGUMENTS, SPECS, hookimpl

HOOKS = {name: function for spec in SPECS for name, function in vars(spec).items() if not name.startswith("_")}
SIGNATURES = {
    "pre_prompt": "(self, prompt: 'Prompt', context: 'Context') -> 'Iterable[Finding] | None'",
    "post_response": "(self, response: 'Response', context: 'Context') -> 'Iterable[Finding] | None'",
    "authorize": "(self, request: 'AccessRequest', context: 'Context') -> 'Decision | None'",
    "on_train": "(self, job: 'TrainingJob', context: 'Context') -> 'TrainingJob | None'",
    "observe": "(self, event: 'Event') -> 'None'",
}
"""As the design writes them. A hook never gains an argument: plugins already installed would fail to load."""


def test_the_hooks_are_those_of_the_design() -> None:
    assert {name: str(inspect.signature(function)) for name, function in HOOKS.items()} == SIGNATURES


def test_the_engine_passes_the_arguments_that_the_specs_name() -> None:
    assert {name: tuple(inspect.signature(function).parameters)[1:] for name, function in HOOKS.items()} == ARGUMENTS


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_says_what_it_does_and_is_a_marked_specification(name: str) -> None:
    doc = inspect.getdoc(HOOKS[name])
    assert doc is not None
    assert len(doc.split()) >= 5
    assert getattr(HOOKS[name], "bartizan_spec", None) is not None


def test_every_type_a_hook_names_is_public() -> None:
    named = {word for signature in SIGNATURES.values() for word in re.findall(r"[A-Z]\w+", signature)} - {"Iterable", "None"}
    assert named <= set(bartizan.__all__)


def test_the_public_names_exist_and_are_sorted() -> None:
    assert list(bartizan.__all__) == sorted(bartizan.__all__)
    for name in bartizan.__all__:
        assert getattr(bartizan, name) is not None
    assert bartizan.hookimpl is hookimpl


def example() -> tuple[str, Any]:
    """The plugin in the package's docstring."""
    doc = bartizan.__doc__ or ""
    blocks = re.findall(r"(?:^ {4}.*\n|^\s*\n)+", doc, re.MULTILINE)
    source = textwrap.dedent(max(blocks, key=len)).strip()
    module = types.ModuleType("example")
    exec(compile(source, "docstring", "exec"), module.__dict__)  # noqa: S102 (our own documentation)
    (kind,) = (value for value in vars(module).values() if isinstance(value, type) and value.__module__ == "example")
    return source, kind


def test_the_docstrings_plugin_has_under_ten_lines_and_runs() -> None:
    source, kind = example()
    assert source.count("\n") + 1 < 10
    guard = Guard(plugins=[kind()])
    verdict = guard.pre_prompt(["Who knows of Bluebird?", "Nobody."])
    assert [s.text for s in verdict.segments] == ["Who knows of <CODENAME>?", "Nobody."]
    assert [(f.label, f.segment, f.start, f.end) for f in verdict.findings] == [("CODENAME", 0, 13, 21)]


def test_the_docstrings_call_is_valid() -> None:
    _, kind = example()
    assert f'Guard(plugins=["redaction", {kind.__name__}()])' in (bartizan.__doc__ or "")
    guard = Guard(plugins=["redaction", kind()])
    assert [m.name for m in guard.engine.members] == ["redaction", kind.__name__]


def test_hooks_get_the_very_types_they_name() -> None:
    seen: list[Any] = []

    class Probe:
        @hookimpl
        def pre_prompt(self, prompt: Prompt, context: Context) -> list[Finding]:
            seen.extend([prompt, context])
            return []

        @hookimpl
        def observe(self, event: Event) -> None:
            seen.append(event)

    Guard(plugins=[Probe()]).pre_prompt("x")
    assert [type(one) for one in seen] == [Prompt, Context, Event]
    assert get_type_hints(Probe.observe)["event"] is Event
