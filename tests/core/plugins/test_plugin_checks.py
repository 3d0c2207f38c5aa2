"""What a plugin must be before a guard takes it: every breach is one sentence that names the plugin and says what to do."""

from __future__ import annotations

import enum
import re
import types
from typing import Any

import pluggy
import pytest
from support.doubles import ALICE, REDACT, Words, guarded, plugin

from bartizan import Decision, Finding, Guard, PluginError, PluginLoadError, PolicyError, hookimpl


def refused(one: Any, message: str) -> None:
    with pytest.raises(PluginLoadError, match=message) as caught:
        Guard(plugins=[one])
    assert isinstance(caught.value, PolicyError)
    assert isinstance(caught.value, PluginError)
    assert caught.value.plugin in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def bare(**namespace: Any) -> Any:
    return type("Probe", (), namespace)()


def nothing() -> Any:
    """A function made anew: a mark stays on the function it was put on."""

    def judge(self: Any, prompt: Any, context: Any) -> None:
        return None

    return judge


class TestHooks:
    @pytest.mark.parametrize("hook", ["pre_prompt", "post_response", "authorize", "on_train", "observe"])
    def test_an_unmarked_hook(self, hook: str) -> None:
        refused(bare(**{hook: lambda self, *args: None}), f"method {hook} without @hookimpl")
        refused(bare(**{hook: lambda self, *args: None}, scanners=(Words("a"),)), f"method {hook} without @hookimpl")

    def test_an_unmarked_hook_beside_a_marked_one(self) -> None:
        refused(bare(pre_prompt=hookimpl(nothing()), post_response=nothing()), "method post_response without @hookimpl")

    def test_an_inherited_unmarked_hook(self) -> None:
        base = type("Base", (), {"authorize": lambda self, request, context: None})
        refused(type("Probe", (base,), {"scanners": (Words("a"),)})(), "method authorize without @hookimpl")

    @pytest.mark.parametrize("wrap", [staticmethod, classmethod])
    def test_an_unmarked_static_or_class_method(self, wrap: Any) -> None:
        refused(bare(pre_prompt=wrap(nothing()), scanners=(Words("a"),)), "without @hookimpl")

    def test_an_unmarked_hook_set_on_the_instance_or_in_a_module(self) -> None:
        one = bare(scanners=(Words("a"),))
        one.pre_prompt = lambda prompt, context: None
        refused(one, "method pre_prompt without @hookimpl")
        module = types.ModuleType("module_plugin")
        module.pre_prompt = lambda prompt, context: None  # type: ignore[attr-defined]
        module.scanners = (Words("a"),)  # type: ignore[attr-defined]
        refused(module, "method pre_prompt without @hookimpl")

    @pytest.mark.parametrize(
        ("name", "right"),
        [
            ("pre_promt", "pre_prompt"),
            ("preprompt", "pre_prompt"),
            ("pre_prompts", "pre_prompt"),
            ("post_respons", "post_response"),
            ("post_reponse", "post_response"),
            ("authorise", "authorize"),
            ("on_trains", "on_train"),
            ("observed", "observe"),
        ],
    )
    @pytest.mark.parametrize("marked", [False, True])
    def test_a_near_miss(self, name: str, right: str, marked: bool) -> None:
        function = hookimpl(nothing()) if marked else nothing()
        refused(bare(**{name: function}, scanners=(Words("a"),)), f"method {name}: did you mean {right}")
        refused(bare(**{name: function}, pre_prompt=hookimpl(nothing())), f"method {name}: did you mean {right}")

    @pytest.mark.parametrize("optional", [False, True])
    def test_an_unknown_hook(self, optional: bool) -> None:
        mark = pluggy.HookimplMarker("bartizan")(optionalhook=optional)
        refused(
            bare(before_tool=mark(nothing()), scanners=(Words("a"),)), "marks before_tool as a hook, but the hooks are pre_prompt"
        )

    def test_an_unknown_hook_by_another_name(self) -> None:
        mark = pluggy.HookimplMarker("bartizan")(specname="before_tool")
        refused(bare(judge=mark(nothing())), "marks before_tool as a hook")

    def test_a_hook_under_another_method_name_is_fine(self) -> None:
        mark = pluggy.HookimplMarker("bartizan")(specname="pre_prompt")
        one = bare(judge=mark(lambda self, prompt, context: [Finding("A", REDACT)]))
        assert Guard(plugins=[one]).pre_prompt("text").text == "<A>"

    def test_private_methods_and_attributes_may_be_called_anything(self) -> None:
        one = bare(scanners=(Words("a"),), _pre_prompt=nothing(), observer="x", pre_prompts=["x"], authorized=True)
        assert Guard(plugins=[one]).pre_prompt("a").text == "<WORD>"

    @pytest.mark.parametrize(
        "function",
        [
            lambda self, prompts, context: None,
            lambda self, prompt, ctx: None,
            lambda self, prompt, context, extra: None,
            lambda self, response, context: None,
        ],
    )
    def test_wrong_arguments(self, function: Any) -> None:
        refused(bare(pre_prompt=hookimpl(function)), "hook that does not fit")

    def test_fewer_arguments_in_any_order_are_fine(self) -> None:
        seen: list[Any] = []
        one = plugin("one", authorize=lambda self, context, request: Decision.allow(f"{request.action} {context.principal.id}"))
        two = plugin("two", pre_prompt=lambda self, context: seen.append(context))
        three = plugin("three", pre_prompt=lambda self: seen.append("called"))
        guard = guarded(one, two, three)
        assert guard.session(ALICE).authorize("deploy").reason == "deploy alice"
        guard.pre_prompt("x")
        assert seen[0].principal is None
        assert seen[1] == "called"

    @pytest.mark.parametrize("options", [{"wrapper": True}, {"hookwrapper": True}])
    def test_a_wrapper(self, options: Any) -> None:
        def pre_prompt(self: Any, prompt: Any, context: Any) -> Any:
            yield

        refused(bare(pre_prompt=pluggy.HookimplMarker("bartizan")(**options)(pre_prompt)), "as a wrapper")

    @pytest.mark.parametrize("hook", ["authorize", "on_train", "observe"])
    def test_a_generator_where_nobody_would_read_it(self, hook: str) -> None:
        arguments = {"authorize": "request, context", "on_train": "job, context", "observe": "event"}[hook]
        namespace: dict[str, Any] = {}
        exec(f"def {hook}(self, {arguments}):\n    yield None", namespace)  # noqa: S102 (written right here)
        refused(bare(**{hook: hookimpl(namespace[hook])}), "as a generator")

    def test_an_asynchronous_generator(self) -> None:
        async def pre_prompt(self: Any, prompt: Any, context: Any) -> Any:
            yield Finding("A", REDACT)

        refused(bare(pre_prompt=hookimpl(pre_prompt)), "as an asynchronous generator")

    def test_marks_of_another_project_are_not_ours(self) -> None:
        refused(bare(pre_prompt=pluggy.HookimplMarker("pytest")(nothing())), "without @hookimpl")

    def test_a_class_instead_of_an_instance(self) -> None:
        kind = type(plugin(pre_prompt=nothing()))
        refused(kind, "is the class Probe: pass an instance")

    def test_given_twice(self) -> None:
        one = plugin(pre_prompt=nothing())
        for plugins in ([one, one], [one, plugin(pre_prompt=nothing())], ["redaction", "redaction"]):
            with pytest.raises(PluginLoadError, match="given twice"):
                Guard(plugins=plugins)
        with pytest.raises(PolicyError, match="twice"):
            Guard.from_dict({"guard": {"plugins": ["redaction", "redaction"]}})

    def test_two_of_a_class_under_two_names_are_two(self) -> None:
        assert len(Guard(plugins=[plugin("one", pre_prompt=nothing()), plugin("two", pre_prompt=nothing())]).engine.members) == 2

    @pytest.mark.parametrize(
        "one", [object(), 5, {"pre_prompt": nothing()}, None, lambda: None, bare(), bare(scanners=()), b"redaction"], ids=repr
    )
    def test_what_offers_nothing(self, one: Any) -> None:
        refused(one, "offers nothing()|class")

    def test_a_guard_takes_a_list(self) -> None:
        with pytest.raises(PolicyError, match=re.escape("['redaction']")):
            Guard(plugins="redaction")


class TestEnabledHooks:
    def test_only_these_run(self) -> None:
        def one(enabled: Any) -> Any:
            found = [Finding("A", REDACT, segment=0)]
            return plugin(
                attributes={"enabled_hooks": enabled},
                pre_prompt=lambda self, prompt, context: found,
                post_response=lambda self, response, context: found,
            )

        guard = Guard(plugins=[one(frozenset({"pre_prompt"}))])
        assert guard.pre_prompt("x").text == "<A>"
        assert guard.post_response("x").text == "x"
        assert not guard.open_stream().holds
        assert Guard(plugins=[one(["post_response"])]).open_stream().holds
        for wrong in ("pre_prompt", {"pre_promt"}, {"authorize"}, 5, [["pre_prompt"]]):
            refused(one(wrong), "enabled_hooks that it does not implement")
        refused(one(frozenset()), "offers nothing()")


class TestScanners:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"scan": None}, "without a scan"),
            ({"scan": "text"}, "without a scan"),
            ({"max_span": 0}, "max_span"),
            ({"max_span": -1}, "max_span"),
            ({"max_span": 65_537}, "max_span"),
            ({"max_span": 10.0}, "max_span"),
            ({"max_span": True}, "max_span"),
            ({"max_span": None}, "max_span"),
            ({"lookaround": -1}, "lookaround"),
            ({"lookaround": "0"}, "lookaround"),
            ({"lookaround": False}, "lookaround"),
            ({"pointwise": 0}, "pointwise"),
            ({"pointwise": None}, "pointwise"),
            ({"pending": 5}, "pending"),
            ({"hooks": "pre_prompt"}, "hooks"),
            ({"hooks": frozenset()}, "hooks"),
            ({"hooks": {"authorize"}}, "hooks"),
            ({"hooks": {"pre_prompt", "pre_promt"}}, "hooks"),
            ({"hooks": 5}, "hooks"),
            ({"hooks": [["pre_prompt"]]}, "hooks"),
        ],
        ids=str,
    )
    def test_one_that_breaks_the_contract_refuses(self, change: dict[str, Any], message: str) -> None:
        scanner = Words("a")
        for name, value in change.items():
            setattr(scanner, name, value)
        refused(plugin(scanners=[Words("b"), scanner]), f"scanner Words .*{message}")

    def test_an_asynchronous_scan_refuses(self) -> None:
        class Later(Words):
            async def scan(self, text: str, start: int = 0) -> Any:  # type: ignore[override]
                return []

        refused(plugin(scanners=[Later("a")]), "scan is asynchronous")

    @pytest.mark.parametrize("missing", ["max_span", "lookaround", "pointwise"])
    def test_every_attribute_is_needed(self, missing: str) -> None:
        kept = {name: value for name, value in {"max_span": 5, "lookaround": 0, "pointwise": True}.items() if name != missing}
        refused(plugin(scanners=[bare(scan=lambda self, text, start=0: [], **kept)]), missing)

    @pytest.mark.parametrize("scanners", [Words("a"), "words", {Words("a")}, 5, (5,), ("a",)], ids=lambda s: type(s).__name__)
    def test_they_come_in_a_tuple(self, scanners: Any) -> None:
        refused(bare(scanners=scanners), "scanner")

    def test_a_scanner_serves_the_hooks_it_names(self) -> None:
        words = Words("a")
        words.hooks = frozenset({"post_response"})  # type: ignore[attr-defined]
        guard = guarded(plugin(scanners=[words]))
        assert guard.pre_prompt("a").text == "a"
        assert guard.post_response("a").text == "<WORD>"


class TestAttributes:
    @pytest.mark.parametrize("groups", [{"pii": "EMAIL"}, {"pii": None}, {"pii": [1]}, {1: {"EMAIL"}}, ["pii"], "pii", None])
    def test_groups_of_another_shape(self, groups: Any) -> None:
        refused(bare(scanners=(Words("a"),), groups=groups), "has groups that are no mapping of names to sets of labels")

    @pytest.mark.parametrize("labels", ["EMAIL", 3, [1], b"EMAIL"])
    def test_labels_of_another_shape(self, labels: Any) -> None:
        refused(bare(scanners=(Words("a"),), labels=labels), "has labels of type")

    @pytest.mark.parametrize("flag", ["required", "deterministic"])
    @pytest.mark.parametrize("value", [0, 1, "no", None])
    def test_flags_that_are_not_said_plainly(self, flag: str, value: Any) -> None:
        refused(bare(scanners=(Words("a"),), **{flag: value}), f"has {flag} of type")

    @pytest.mark.parametrize("attribute", ["scanners", "labels", "groups", "default_rules", "required", "deterministic"])
    def test_attributes_that_can_not_be_read(self, attribute: str) -> None:
        def fail(self: Any) -> None:
            message = "hunter2"
            raise RuntimeError(message)

        one = type("Probe", (), {"pre_prompt": hookimpl(nothing()), attribute: property(fail)})()
        refused(one, f"raised RuntimeError when its {attribute} was read")

    def test_a_label_of_an_enumeration_is_written_by_its_value(self) -> None:
        class Label(str, enum.Enum):  # noqa: UP042 (its members write themselves as Label.CODENAME)
            CODENAME = "CODE"

        one = plugin(pre_prompt=lambda self, prompt: [Finding(Label.CODENAME, REDACT, start=0, end=2)])
        verdict = Guard(plugins=[one]).pre_prompt("hello")
        assert verdict.text == "<CODE>llo"
        assert type(verdict.findings[0].label) is str
