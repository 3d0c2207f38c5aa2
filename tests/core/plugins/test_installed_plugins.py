"""Plugins by name: real distributions on a path of their own, and every way in which one may not be what the policy means."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import pytest

from bartizan import Guard, PluginLoadError, PolicyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

GOOD = """
from typing import Annotated, Literal
from pathlib import Path
from pydantic import BaseModel, ConfigDict, Field
from bartizan import Action, Finding, hookimpl

class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    depth: int = 1

class Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    word: str = "secret"
    count: int = 1
    ratio: float = 0.5
    loud: bool = False
    names: tuple[str, ...] = ()
    unique: frozenset[str] = frozenset()
    inner: Inner = Inner()
    inners: dict[str, Inner] = {}
    many: list[Inner] = []
    path: Path | None = None
    paths: list[Path] = []
    either: Literal["memory"] | Path = "memory"
    text_or_path: str | Path = ""

class Plugin:
    Config = Config
    def __init__(self, config):
        self.config = config
    @hookimpl
    def pre_prompt(self, prompt, context):
        at = prompt.segments[0].text.find(self.config.word)
        return [] if at < 0 else [Finding("WORD", Action.REDACT, segment=0, start=at, end=at + len(self.config.word))]
"""
PLAIN = """
from bartizan import hookimpl
class Plugin:
    @hookimpl
    def pre_prompt(self, prompt, context):
        return None
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Put a distribution with one module and one entry point on sys.path."""
    before = set(sys.modules)

    def make(
        name: str, source: str, *, distribution: str = "", version: str = "1.2", module: str = "", target: str = "Plugin"
    ) -> Path:
        distribution = distribution or f"dist-{name}"
        module = module or f"probe_{distribution.replace('-', '_')}_{name}"
        site = tmp_path / f"site-{distribution}-{version}"
        site.mkdir(exist_ok=True)
        (site / f"{module}.py").write_text(source, encoding="utf-8")
        info = site / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n", encoding="utf-8")
        with (info / "entry_points.txt").open("a", encoding="utf-8") as file:
            file.write(f"[bartizan]\n{name} = {module}:{target}\n")
        monkeypatch.syspath_prepend(str(site))
        importlib.invalidate_caches()
        return site

    yield make
    for module in set(sys.modules) - before:
        if module.startswith("probe_"):
            del sys.modules[module]


def refused(message: str, *plugins: str, config: Any = None) -> str:
    with pytest.raises(PolicyError, match=message) as caught:
        Guard(plugins=list(plugins), config=config)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_an_installed_plugin_is_loaded_by_name_and_configured(install: Any) -> None:
    install("probe", GOOD)
    assert Guard(plugins=["probe"]).pre_prompt("a secret").text == "a <WORD>"
    guard = Guard(plugins=["probe"], config={"probe": {"word": "other"}})
    assert guard.pre_prompt("a secret other").text == "a secret <WORD>"
    (member,) = guard.engine.members
    assert (member.name, member.distribution, member.version) == ("probe", "dist-probe", "1.2")


def test_names_and_instances_mix(install: Any) -> None:
    from support.doubles import scanning

    install("probe", PLAIN)
    assert Guard(plugins=["probe", scanning("a")]).pre_prompt("a").text == "<WORD>"


def test_none_is_imported_before_it_is_loaded(install: Any) -> None:
    install("bomb", "raise SystemError('imported')")
    install("probe", PLAIN)
    Guard(plugins=["probe"])
    refused("'bomb' can't be loaded: .*SystemError", "bomb")


def test_one_that_is_missing(install: Any) -> None:
    install("probe", PLAIN)
    refused("'probee' is not installed: did you mean 'probe'", "probee")
    refused("'zzz' is not installed: installed are .*probe", "zzz")


def test_one_that_two_distributions_claim(install: Any) -> None:
    install("probe", PLAIN, distribution="dist-one")
    Guard(plugins=["probe"])
    install("probe", PLAIN, distribution="dist-two")
    said = refused("'probe' is claimed by dist-one .* and dist-two .*: uninstall all but one", "probe")
    assert "probe_dist_one_probe:Plugin" in said
    install("other", PLAIN)
    Guard(plugins=["other"])


def test_one_that_two_distributions_claim_with_the_same_target(install: Any) -> None:
    install("probe", PLAIN, distribution="dist-one", module="probe_same")
    install("probe", PLAIN, distribution="dist-two", module="probe_same")
    refused("claimed by", "probe")


def test_one_that_a_distribution_claims_twice_with_two_targets(install: Any) -> None:
    install("probe", PLAIN, module="probe_first")
    install("probe", PLAIN, module="probe_second")
    refused("claimed by", "probe")


def test_a_built_in_name_cannot_be_taken_over(install: Any) -> None:
    install("redaction", PLAIN, distribution="aaa-evil")
    refused("'redaction' is claimed by aaa-evil .* and bartizan", "redaction")
    with pytest.raises(PluginLoadError, match="claimed by"):
        Guard()


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (
            "raise ValueError('no such setting')",
            "Plugin",
            "can't be loaded: importing probe_dist_probe_probe:.* raised ValueError",
        ),
        (
            "import no_such_module_at_all",
            "Plugin",
            "can't be loaded: importing probe_dist_probe_probe:.* raised ModuleNotFoundError",
        ),
        ("def (", "Plugin", "can't be loaded: importing probe_dist_probe_probe:.* raised SyntaxError"),
        (PLAIN, "Plugni", "can't be loaded: importing probe_dist_probe_probe:.* raised AttributeError"),
        ("Plugin = 5", "Plugin", "names a int, not a class"),
        (PLAIN + "Plugin = Plugin()", "Plugin", "names a Plugin, not a class"),
        (PLAIN + "def make(): return Plugin()", "make", "names a function, not a class"),
        ("class Plugin: pass", "Plugin", "offers nothing"),
        (
            "class Plugin:\n    def __init__(self): raise ValueError('secret-in-init')",
            "Plugin",
            "raised ValueError when it was made",
        ),
        ("class Plugin:\n    def __init__(self, config): pass", "Plugin", "raised TypeError when it was made"),
        ("class Plugin:\n    Config = dict", "Plugin", "no pydantic BaseModel"),
        ("class Plugin:\n    class Config:\n        x = 1", "Plugin", "no pydantic BaseModel"),
    ],
    ids=str,
)
def test_one_that_cannot_be_made_refuses_the_start(install: Any, source: str, target: str, message: str) -> None:
    install("probe", source, target=target)
    assert "secret-in" not in refused(message, "probe")


@pytest.mark.parametrize("key", ["mode", "on_error", "timeout_s", "style", "actions", "rules", "distribution"])
@pytest.mark.parametrize("how", ["{key}: str = ''", "other: str = Field('', alias='{key}')"])
def test_a_config_may_not_use_the_frameworks_keys(install: Any, key: str, how: str) -> None:
    field = how.format(key=key)
    install("probe", f"from pydantic import BaseModel, Field\nclass Plugin:\n    class Config(BaseModel):\n        {field}\n")
    refused(f"Config with '{key}', which the framework reads", "probe")


class TestPins:
    @pytest.mark.parametrize("pin", ["dist-probe", "dist_probe", "Dist-Probe", "dist-probe==1.2", "dist-probe == 1.2"])
    def test_one_that_holds(self, install: Any, pin: str) -> None:
        install("probe", PLAIN)
        Guard(plugins=["probe"], config={"probe": {"distribution": pin}})

    @pytest.mark.parametrize(
        "pin", ["other", "dist-probe==1.3", "dist-probe==1.20", "dist-probe>=1.2", "dist-probe==", "", "==1.2", "dist"]
    )
    def test_one_that_does_not(self, install: Any, pin: str) -> None:
        install("probe", "raise SystemError('imported before the pin was checked')")
        refused("comes from dist-probe 1.2, but the policy pins", "probe", config={"probe": {"distribution": pin}})

    def test_an_instance_cannot_be_pinned(self) -> None:
        from support.doubles import scanning

        with pytest.raises(PolicyError, match="given as an instance"):
            Guard(plugins=[scanning("a")], config={"scans": {"distribution": "dist-probe"}})


class TestConfig:
    @pytest.mark.parametrize(
        ("table", "message"),
        [
            ({"wrod": "x"}, r"plugins\.probe\.wrod: unknown key: did you mean 'word'"),
            ({"zzz": "x"}, r"plugins\.probe\.zzz: unknown key: known are .*count, "),
            ({"inner": {"deep": 1}}, r"plugins\.probe\.inner\.deep: unknown key: did you mean 'depth'"),
            ({"inners": {"a": {"deep": 1}}}, r"plugins\.probe\.inners\.a\.deep: unknown key"),
            ({"many": [{"depth": 1}, {"deep": 1}]}, r"plugins\.probe\.many\.1\.deep: unknown key"),
            ({"count": "5"}, r"plugins\.probe\.count: .*integer.*found a string"),
            ({"count": True}, r"plugins\.probe\.count: .*found a boolean"),
            ({"count": 5.0}, r"plugins\.probe\.count"),
            ({"count": 5.5}, r"plugins\.probe\.count"),
            ({"count": None}, r"plugins\.probe\.count"),
            ({"count": [5]}, r"plugins\.probe\.count: .*found a list"),
            ({"ratio": "0.5"}, r"plugins\.probe\.ratio"),
            ({"ratio": True}, r"plugins\.probe\.ratio"),
            ({"loud": 1}, r"plugins\.probe\.loud"),
            ({"loud": "true"}, r"plugins\.probe\.loud"),
            ({"word": 5}, r"plugins\.probe\.word"),
            ({"word": True}, r"plugins\.probe\.word"),
            ({"names": "abc"}, r"plugins\.probe\.names"),
            ({"names": [1]}, r"plugins\.probe\.names\.0"),
            ({"inner": 5}, r"plugins\.probe\.inner"),
            ({"inner": {"depth": "1"}}, r"plugins\.probe\.inner\.depth"),
            ({"path": 5}, r"plugins\.probe\.path"),
            ({"count": "5", "names": {"a"}}, r"plugins\.probe\.count"),
            ({"names": {"a"}}, r"plugins\.probe\.names"),
        ],
        ids=str,
    )
    def test_an_unknown_or_mistyped_key_refuses_the_start(self, install: Any, table: Any, message: str) -> None:
        install("probe", GOOD)
        refused(message, "probe", config={"probe": table})

    @pytest.mark.parametrize("loose", ["", "        model_config = {'extra': 'ignore'}\n"])
    def test_also_where_the_plugins_own_config_would_ignore_it(self, install: Any, loose: str) -> None:
        config = f"\nfrom pydantic import BaseModel\nclass Strict(Plugin):\n    class Config(BaseModel):\n{loose}        word: str = ''\n"
        install("probe", PLAIN + config + "    def __init__(self, config): pass\n", target="Strict")
        Guard(plugins=["probe"], config={"probe": {"word": "x"}})
        refused("unknown key: did you mean 'word'", "probe", config={"probe": {"wrod": "x"}})

    def test_a_plugin_without_config_takes_none(self, install: Any) -> None:
        install("probe", PLAIN)
        refused("has no configuration", "probe", config={"probe": {"word": "x"}})
        Guard(plugins=["probe"], config={"probe": {"mode": "monitor"}})

    def test_a_plugin_that_is_configured_but_not_loaded(self, install: Any) -> None:
        install("probe", GOOD)
        refused(
            r"plugins\.prob: is configured, but \[guard\] plugins does not load it: did you mean 'probe'",
            "probe",
            config={"prob": {}},
        )

    def test_a_validators_error_never_quotes_the_value(self, install: Any) -> None:
        source = GOOD.replace(
            "class Plugin:",
            """
from pydantic import field_validator
class Strict(Config):
    @field_validator("word")
    @classmethod
    def check(cls, value):
        if value == "hunter2":
            raise ValueError("must not be a common word")
        if value == "crash":
            raise RuntimeError(value + " hunter2")
        return value

class Plugin:""",
        ).replace("    Config = Config", "    Config = Strict")
        install("probe", source)
        assert "hunter2" not in refused("must not be a common word", "probe", config={"probe": {"word": "hunter2"}})
        assert "hunter2" not in refused("RuntimeError while it was checked", "probe", config={"probe": {"word": "crash"}})

    def test_right_types_are_taken(self, install: Any) -> None:
        install("probe", GOOD)
        table = {
            "count": 3,
            "ratio": 1,
            "loud": True,
            "names": ["a"],
            "unique": ["a", "b"],
            "inner": {"depth": 2},
            "inners": {"x": {"depth": 3}},
            "many": [{"depth": 4}],
        }
        (member,) = Guard(plugins=["probe"], config={"probe": table}).engine.members
        config = member.instance.config  # type: ignore[attr-defined]
        assert (config.count, config.ratio, config.names, config.unique) == (3, 1.0, ("a",), frozenset({"a", "b"}))
        assert (config.inner.depth, config.inners["x"].depth, config.many[0].depth) == (2, 3, 4)

    def test_a_config_may_hold_python_objects_beside_plain_values(self, install: Any) -> None:
        install("probe", GOOD.replace('    word: str = "secret"', '    kind: type | None = None\n    word: str = "secret"'))
        plain = {
            "count": 3,
            "ratio": 1,
            "names": ["a"],
            "unique": ["a"],
            "inner": {"depth": 2},
            "many": [{"depth": 4}],
            "path": "x",
        }
        table = {"kind": dict, **plain}
        guard = Guard(plugins=["probe"], config={"probe": table})
        config = guard.engine.members[0].instance.config  # type: ignore[attr-defined]
        assert (config.kind, config.count, config.ratio, config.names, config.unique) == (dict, 3, 1.0, ("a",), frozenset({"a"}))
        assert (config.inner.depth, config.many[0].depth, config.path.name) == (2, 4, "x")
        assert len(guard.digest) == 64
        for wrong in ({"count": "3"}, {"names": "a"}, {"loud": 1}, {"kind": "dict"}, {"inner": {"deep": 1}}):
            refused(rf"plugins\.probe\.{next(iter(wrong))}", "probe", config={"probe": {**table, **wrong}})

    def test_paths_start_from_the_file_that_says_them(self, install: Any, tmp_path: Path) -> None:
        install("probe", GOOD)
        base, top = tmp_path / "base", tmp_path / "top"
        base.mkdir()
        top.mkdir()
        (base / "base.toml").write_text(
            '[plugins.probe]\npath = "a.txt"\npaths = ["b.txt"]\neither = "memory"\ntext_or_path = "x"\n', "utf-8"
        )
        absolute = (tmp_path / "c.txt").as_posix()
        (top / "top.toml").write_text(
            f'extends = "../base/base.toml"\n[guard]\nplugins = ["probe"]\n[plugins.probe]\npaths = ["d.txt", "{absolute}"]\n',
            "utf-8",
        )
        (member,) = Guard.from_file(top / "top.toml").engine.members
        config = member.instance.config  # type: ignore[attr-defined]
        assert config.path.resolve() == (base / "a.txt").resolve()
        assert [p.resolve() for p in config.paths] == [(top / "d.txt").resolve(), (tmp_path / "c.txt").resolve()]
        assert config.either == "memory"
        assert config.text_or_path == "x"
        (member,) = Guard.from_dict(
            {"guard": {"plugins": ["probe"]}, "plugins": {"probe": {"path": "e.txt"}}}, base=base
        ).engine.members
        assert member.instance.config.path == base / "e.txt"  # type: ignore[attr-defined]


class TestDigest:
    def test_it_changes_with_whatever_changes_the_judgement_and_with_nothing_else(self, install: Any) -> None:
        install("probe", GOOD)
        install("plain", PLAIN)
        base: dict[str, Any] = {"guard": {"plugins": ["probe"]}, "plugins": {"probe": {"word": "a", "unique": ["x", "y", "z"]}}}

        def digest(**changes: Any) -> str:
            return Guard.from_dict({**base, **changes}).digest

        same = [digest(), digest(), digest(guard={"plugins": ["probe"], "mode": "enforce"})]
        probe = base["plugins"]["probe"]
        other = [
            digest(guard={"plugins": ["probe"], "mode": "monitor"}),
            digest(guard={"plugins": ["probe"], "on_error": "continue"}),
            digest(guard={"plugins": ["probe"], "timeout_s": 4.0}),
            digest(guard={"plugins": ["probe"], "unreadable_blocks": "pass"}),
            digest(guard={"plugins": ["probe", "plain"]}),
            digest(guard={"plugins": ["plain", "probe"]}),
            digest(plugins={"probe": {**probe, "word": "b"}}),
            digest(plugins={"probe": {**probe, "count": 2}}),
            digest(plugins={"probe": {**probe, "mode": "monitor"}}),
            digest(plugins={"probe": {**probe, "actions": {"WORD": "note"}}}),
            digest(plugins={"probe": {**probe, "rules": [{"labels": ["WORD"], "action": "note"}]}}),
        ]
        assert len(set(same)) == 1
        assert len({same[0], *other}) == len(other) + 1

    def test_another_version_or_distribution_is_another_digest(self, install: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        policy = {"guard": {"plugins": ["probe"]}}
        seen = set()
        for distribution, version in (("dist-probe", "1.2"), ("dist-probe", "1.3"), ("dist-other", "1.3")):
            with monkeypatch.context() as patch:
                patch.syspath_prepend(
                    str(
                        install(
                            "probe",
                            PLAIN,
                            distribution=distribution,
                            version=version,
                            module=f"probe_{distribution[5:]}{version[-1]}",
                        )
                    )
                )
                patch.setattr(
                    sys, "path", [p for p in sys.path if "site-dist" not in p or p.endswith(f"{distribution}-{version}")]
                )
                seen.add(Guard.from_dict(policy).digest)
        assert len(seen) == 3

    def test_it_is_the_same_in_every_process(self, install: Any, tmp_path: Path) -> None:
        import os
        import subprocess

        site = install("probe", GOOD)
        program = (
            "from bartizan import Guard\n"
            "print(Guard.from_dict({'guard': {'plugins': ['probe']}, 'plugins': {'probe': {'unique': list('abcdefgh')}}}).digest)"
        )
        found = set()
        for seed in ("1", "2", "3"):
            path = os.pathsep.join([str(site), *(p for p in sys.path if p)])
            run = subprocess.run(
                [sys.executable, "-c", program],
                env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path},
                capture_output=True,
                text=True,
                check=True,
            )
            found.add(run.stdout.strip())
        assert len(found) == 1
        assert len(found.pop()) == 64
