"""Policy files: read or refused in one sentence that names the file, merged along extends, each key remembered with its file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import pytest

from bartizan import Guard, PolicyError
from bartizan._policy.source import read_files, read_mapping

if TYPE_CHECKING:
    from pathlib import Path


def refused(message: str, *paths: Any) -> str:
    with pytest.raises(PolicyError, match=message) as caught:
        Guard.from_file(*paths)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    return str(caught.value)


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


class TestReading:
    def test_a_file_that_is_missing(self, tmp_path: Path) -> None:
        assert "policy.toml" in refused("can't be read: No such file", tmp_path / "policy.toml")

    def test_a_directory(self, tmp_path: Path) -> None:
        refused("can't be read", tmp_path)

    def test_a_name_that_no_file_can_have(self) -> None:
        refused("can't be read", "a\0b")

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
    def test_one_that_may_not_be_read(self, tmp_path: Path) -> None:
        path = written(tmp_path / "p.toml", "[guard]\n")
        path.chmod(0)
        refused("can't be read: Permission denied", path)

    @pytest.mark.parametrize("text", ["", "\n", "   \n\t\n", "# only a comment\n", "\n# one\n\n# two", "\r\n"], ids=repr)
    def test_one_that_says_nothing(self, tmp_path: Path, text: str) -> None:
        refused("is empty: name plugins under", written(tmp_path / "p.toml", text))

    @pytest.mark.parametrize(
        "data",
        [
            b"[guard]\nx = '\xff'\n",
            "[guard]\nplugins = []".encode("utf-16"),
            b"\xff\xfe",
            b"\x80",
            "# ü\n[guard]\n".encode("latin-1"),
        ],
        ids=repr,
    )
    def test_one_that_is_not_utf_8(self, tmp_path: Path, data: bytes) -> None:
        path = tmp_path / "p.toml"
        path.write_bytes(data)
        refused("is not UTF-8 at byte", path)

    @pytest.mark.parametrize(
        "text",
        [
            "\ufeff[guard]\n",
            "[guard",
            "guard = ",
            "plugins",
            "[guard]\nmode = monitor\n",
            "[guard]\nmode = 'a'\nmode = 'b'\n",
            "[guard]\n[guard]\n",
            "{}",
            '{"guard": {}}',
            "guard: {}",
            "a = " + "[" * 5_000,
            "\x00",
        ],
        ids=lambda text: repr(text[:20]),
    )
    def test_one_that_is_not_toml(self, tmp_path: Path, text: str) -> None:
        refused(r"p\.toml: is (not TOML|nested)", written(tmp_path / "p.toml", text))

    def test_none_at_all(self) -> None:
        refused("no policy file was named")

    def test_an_empty_mapping(self) -> None:
        with pytest.raises(PolicyError, match="is empty"):
            Guard.from_dict({})


class TestContents:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[gaurd]\nplugins = []\n", r"gaurd: unknown key: did you mean 'guard'"),
            ("[guard]\nplugin = []\n", r"guard\.plugin: unknown key: did you mean 'plugins'"),
            ("[guard]\nmode = 'Monitor'\n", r"guard\.mode: input should be 'enforce' or 'monitor'"),
            ("[guard]\nmode = true\n", r"guard\.mode"),
            ("[guard]\non_error = 'ignore'\n", r"guard\.on_error"),
            ("[guard]\ntimeout_s = '5'\n", r"guard\.timeout_s: .*found a string"),
            ("[guard]\ntimeout_s = 0\n", r"guard\.timeout_s"),
            ("[guard]\ntimeout_s = -1\n", r"guard\.timeout_s"),
            ("[guard]\ntimeout_s = inf\n", r"guard\.timeout_s"),
            ("[guard]\ntimeout_s = nan\n", r"guard\.timeout_s"),
            ("[guard]\ntimeout_s = true\n", r"guard\.timeout_s"),
            ("[guard]\nplugins = 'redaction'\n", r"guard\.plugins"),
            ("[guard]\nplugins = [1]\n", r"guard\.plugins\.0"),
            ("[guard]\nunreadable_media = 'note'\n", r"guard\.unreadable_media"),
            ("guard = 5\n", r"guard: .*found a int"),
            ("plugins = ['redaction']\n", r"plugins: "),
            ("[plugins]\nredaction = 5\n", r"plugins\.redaction: "),
            (
                "[guard]\nplugins = []\n[plugins.redaction]\n",
                r"plugins\.redaction: is configured, but \[guard\] plugins does not load it",
            ),
            ("[keys.x]\nenvv = 'A'\n", r"keys\.x\.envv: unknown key: did you mean 'env'"),
            ("[keys]\nx = 'A'\n", r"keys\.x"),
            ("extends = 5\n", r"extends: must be a file name or a list"),
            ("extends = [5]\n", r"extends: must be a file name or a list"),
            ("extends = {a = 'b'}\n", r"extends: must be a file name or a list"),
        ],
    )
    def test_what_cannot_be_put_in_force_names_file_and_key(self, tmp_path: Path, text: str, message: str) -> None:
        said = refused(message, written(tmp_path / "p.toml", text))
        assert "p.toml: " in said

    @pytest.mark.parametrize(
        "settings", [{"mode": "off"}, {"on_error": "open"}, {"timeout_s": "5"}, {"timeout_s": 0}, {"timeout_s": None}], ids=str
    )
    def test_the_same_holds_for_arguments(self, settings: Any) -> None:
        with pytest.raises(PolicyError, match=rf"guard\.{next(iter(settings))}"):
            Guard(plugins=[], **settings)

    def test_a_file_loads_exactly_what_it_names(self, tmp_path: Path) -> None:
        guard = Guard.from_file(written(tmp_path / "p.toml", '[guard]\nplugins = ["redaction"]\n'))
        assert [m.name for m in guard.engine.members] == ["redaction"]
        both = Guard.from_file(str(written(tmp_path / "q.toml", "[plugins.redaction]\n")))
        assert [m.name for m in both.engine.members] == list(Guard.DEFAULT_PLUGINS)

    def test_a_file_and_the_same_mapping_and_arguments_have_one_digest(self, tmp_path: Path) -> None:
        text = '[guard]\nplugins = ["redaction"]\n[plugins.redaction]\nstyle = "mask"\n'
        one = Guard.from_file(written(tmp_path / "p.toml", text))
        two = Guard.from_dict({"guard": {"plugins": ["redaction"]}, "plugins": {"redaction": {"style": "mask"}}})
        three = Guard(plugins=["redaction"], config={"redaction": {"style": "mask"}})
        assert one.digest == two.digest == three.digest
        assert one.digest != Guard(plugins=["redaction"]).digest


class TestExtends:
    def test_tables_merge_rules_append_and_all_else_is_replaced(self, tmp_path: Path) -> None:
        written(
            tmp_path / "base.toml",
            """
            [guard]
            plugins = ["a", "b"]
            timeout_s = 1.0
            [plugins.a]
            list = [1, 2]
            x = 1
            actions = { ONE = "note", TWO = "note" }
            table = { rules = [1] }
            [[plugins.a.rules]]
            action = "note"
            """,
        )
        written(
            tmp_path / "top.toml",
            """
            extends = "base.toml"
            [guard]
            plugins = ["a"]
            [plugins.a]
            list = [3]
            actions = { TWO = "block" }
            table = { rules = [2] }
            [[plugins.a.rules]]
            action = "block"
            """,
        )
        assert read_files([tmp_path / "top.toml"]).table == {
            "guard": {"plugins": ["a"], "timeout_s": 1.0},
            "plugins": {
                "a": {
                    "list": [3],
                    "x": 1,
                    "actions": {"ONE": "note", "TWO": "block"},
                    "table": {"rules": [1, 2]},
                    "rules": [{"action": "note"}, {"action": "block"}],
                }
            },
        }

    def test_a_table_may_be_replaced_by_a_value_and_the_other_way_round(self, tmp_path: Path) -> None:
        written(tmp_path / "base.toml", "[a]\nx = 1\n[b]\n[c.d]\ny = 1\n")
        written(tmp_path / "top.toml", 'extends = "base.toml"\na = 5\nb = { z = 1 }\n[c]\nd = [1]\n')
        assert read_files([tmp_path / "top.toml"]).table == {"a": 5, "b": {"z": 1}, "c": {"d": [1]}}

    def test_several_parents_and_files_the_later_goes_before(self, tmp_path: Path) -> None:
        for name, number in (("one", 1), ("two", 2), ("three", 3)):
            written(tmp_path / f"{name}.toml", f"{name} = true\nlast = {number}\nrules = [{number}]\n")
        written(tmp_path / "top.toml", 'extends = ["one.toml", "two.toml"]\nrules = [9]\n')
        source = read_files([tmp_path / "top.toml", tmp_path / "three.toml"])
        assert source.table == {"one": True, "two": True, "three": True, "last": 3, "rules": [1, 2, 9, 3]}
        assert read_files([tmp_path / "three.toml", tmp_path / "top.toml"]).table["last"] == 2

    def test_paths_start_from_the_file_that_extends(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        written(tmp_path / "deep" / "er" / "base.toml", 'extends = "../other.toml"\n[guard]\nplugins = []\n')
        written(tmp_path / "deep" / "other.toml", "[guard]\nmode = 'monitor'\n")
        top = written(tmp_path / "top.toml", 'extends = "deep/er/base.toml"\n')
        monkeypatch.chdir(tmp_path / "deep")
        assert Guard.from_file(top).engine.settings.enforced is False
        assert Guard.from_file("../top.toml").engine.settings.enforced is False
        assert Guard.from_dict({"extends": "er/base.toml"}).engine.settings.enforced is False
        assert Guard.from_dict({"extends": "deep/er/base.toml"}, base=tmp_path).engine.settings.enforced is False

    def test_one_that_is_missing_names_who_asked_for_it(self, tmp_path: Path) -> None:
        top = written(tmp_path / "top.toml", 'extends = "missing.toml"\n[guard]\nplugins = []\n')
        assert "named in extends of" in refused(r"missing\.toml: can't be read", top)
        with pytest.raises(PolicyError, match=r"missing\.toml: can't be read"):
            Guard.from_dict({"extends": "missing.toml", "guard": {"plugins": []}}, base=tmp_path)

    def test_one_that_is_empty_or_broken_is_refused_too(self, tmp_path: Path) -> None:
        top = written(tmp_path / "top.toml", 'extends = "base.toml"\n[guard]\nplugins = []\n')
        written(tmp_path / "base.toml", "# nothing\n")
        refused(r"base\.toml: is empty", top)
        written(tmp_path / "base.toml", "[guard\n")
        refused(r"base\.toml: is not TOML", top)

    @pytest.mark.parametrize("size", [1, 2, 3])
    def test_a_circle_is_refused(self, tmp_path: Path, size: int) -> None:
        for number in range(size):
            written(tmp_path / f"p{number}.toml", f'extends = "p{(number + 1) % size}.toml"\n[guard]\nplugins = []\n')
        refused("extends itself, through p0.toml", tmp_path / "p0.toml")

    def test_a_diamond_is_no_circle(self, tmp_path: Path) -> None:
        written(tmp_path / "root.toml", "[guard]\nplugins = []\n")
        for name in ("left", "right"):
            written(tmp_path / f"{name}.toml", 'extends = "root.toml"\n[guard]\nmode = "monitor"\n')
        top = written(tmp_path / "top.toml", 'extends = ["left.toml", "right.toml"]\n')
        assert Guard.from_file(top).engine.settings.enforced is False

    def test_a_chain_that_is_too_long_is_refused(self, tmp_path: Path) -> None:
        for number in range(40):
            written(tmp_path / f"p{number}.toml", f'extends = "p{number + 1}.toml"\n')
        written(tmp_path / "p40.toml", "[guard]\nplugins = []\n")
        refused("more than 32 files deep", tmp_path / "p0.toml")

    def test_the_mapping_given_is_not_changed(self, tmp_path: Path) -> None:
        written(tmp_path / "base.toml", '[guard]\nplugins = ["redaction"]\n[plugins.redaction]\nrules = [{ action = "note" }]\n')
        policy: dict[str, Any] = {"extends": "base.toml", "plugins": {"redaction": {"rules": [{"action": "block"}]}}}
        Guard.from_dict(policy, base=tmp_path)
        assert policy == {"extends": "base.toml", "plugins": {"redaction": {"rules": [{"action": "block"}]}}}


class TestProvenance:
    def test_each_error_names_the_file_that_said_it(self, tmp_path: Path) -> None:
        written(tmp_path / "base.toml", '[guard]\nplugins = ["redaction"]\n[plugins.redaction]\nfrom_base = 1\n')
        top = written(tmp_path / "top.toml", 'extends = "base.toml"\n[plugins.redaction]\nstyle = "mask"\n')
        assert re.search(r"base\.toml: plugins\.redaction\.from_base: unknown key", refused("unknown key", top))
        written(tmp_path / "base.toml", '[guard]\nplugins = ["redaction"]\n[plugins.redaction]\nstyle = "label"\n')
        written(top, 'extends = "base.toml"\n[plugins.redaction]\nfrom_top = 1\n')
        assert re.search(r"top\.toml: plugins\.redaction\.from_top: unknown key", refused("unknown key", top))

    def test_rules_keep_their_file_when_others_are_appended(self, tmp_path: Path) -> None:
        rule = '[[plugins.redaction.rules]]\nlabels = ["EMAIL_ADDRESS"]\naction = "note"\n'
        bad = '[[plugins.redaction.rules]]\nlabels = ["EMIAL_ADDRESS"]\naction = "note"\n'
        top_head = 'extends = "base.toml"\n[guard]\nplugins = ["redaction"]\n'
        written(tmp_path / "base.toml", rule + bad)
        top = written(tmp_path / "top.toml", top_head + rule)
        assert re.search(
            r"base\.toml: plugins\.redaction\.rules\.1\.labels: 'EMIAL_ADDRESS' .*did you mean 'EMAIL_ADDRESS'",
            refused("EMIAL", top),
        )
        written(tmp_path / "base.toml", rule + rule)
        written(top, top_head + rule + bad)
        assert re.search(r"top\.toml: plugins\.redaction\.rules\.3\.labels", refused("EMIAL", top))

    def test_a_key_that_no_file_said_names_them_all(self, tmp_path: Path) -> None:
        one, two = (
            written(tmp_path / "one.toml", "[guard]\nplugins = []\n"),
            written(tmp_path / "two.toml", "[keys.k]\nenv = 'E'\n"),
        )
        source = read_files([one, two])
        assert source.where(("plugins", "x")) == f"{one} + {two}"
        assert source.where(("keys", "k", "env")) == str(two)
        assert source.base(("keys", "k", "file")) == tmp_path
        assert source.base(("nobody",)) == tmp_path

    def test_a_replaced_table_forgets_its_file(self, tmp_path: Path) -> None:
        written(tmp_path / "base" / "base.toml", "[a]\nlist = [{ file = 'x' }, { file = 'y' }]\n")
        top = written(tmp_path / "top.toml", 'extends = "base/base.toml"\n[a]\nlist = [{ file = "z" }]\n')
        source = read_files([top])
        assert source.base(("a", "list", 0, "file")) == tmp_path
        assert source.base(("a", "list", 1, "file")) == tmp_path
        assert read_mapping({"a": 1}, tmp_path).base(("a",)) == tmp_path


class TestArguments:
    @pytest.mark.parametrize("given", [[1], 5, "guard", ("a",)])
    def test_a_policy_that_is_no_mapping(self, given: Any) -> None:
        with pytest.raises(PolicyError, match="a policy is a mapping"):
            Guard.from_dict(given)

    @pytest.mark.parametrize("config", [[1], {"redaction": None}, {"redaction": 5}, "redaction"])
    def test_a_config_that_is_no_mapping_of_tables(self, config: Any) -> None:
        with pytest.raises(PolicyError, match="config must map"):
            Guard(["redaction"], config=config)

    @pytest.mark.parametrize("plugins", [None, 5, "redaction"])
    def test_plugins_that_are_no_list(self, plugins: Any) -> None:
        with pytest.raises(PolicyError, match="plugins must be a list"):
            Guard(plugins)

    def test_a_table_of_a_plugin_whose_name_is_no_str(self) -> None:
        policy: Any = {"guard": {"plugins": ["redaction"]}, "plugins": {1: {}}}
        with pytest.raises(PolicyError, match="does not load it"):
            Guard.from_dict(policy)
