"""What a finding comes to: default rules, then actions, then rules, the last match last; and how a redacted value is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.doubles import BLOCK, NOTE, REDACT, Words, plugin, scanning

from bartizan import Action, Blocked, Guard, Origin, PluginLoadError, PolicyError, Response, Segment
from bartizan._engine.actions import ActionTable, Rule
from bartizan._engine.styles import LABEL, MASK, HashStyle
from bartizan._engine.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

ORIGINS = list(Origin)
PARTS = ["text", "reasoning", "citation", "tool_args", "metadata"]


def naive(wanted: Action, label: str, hook: str, origin: str, part: str, spec: dict[str, Any]) -> Action:
    """The precedence of a policy, written out as the design says it."""
    groups = [name for name, labels in spec["groups"].items() if label in labels]
    names = {label, *groups}
    action, named = wanted, False
    for rule in spec["default_rules"]:
        if _hit(rule, names, hook, origin, part):
            action = rule["action"]
    if label in spec["actions"]:
        action = spec["actions"][label]
    else:
        said = [spec["actions"][g] for g in groups if g in spec["actions"]]
        action = max(said) if said else action
    for rule in spec["rules"]:
        if _hit(rule, names, hook, origin, part):
            action = rule["action"]
            named = named or rule["parts"] is not None
    if action is REDACT and (hook, part) == ("post_response", "tool_args") and not named:
        return NOTE if "pii" in groups else BLOCK
    return action


def _hit(rule: dict[str, Any], names: set[str], hook: str, origin: str, part: str) -> bool:
    return all(
        rule[key] is None or any(value in rule[key] for value in values)
        for key, values in (("origins", [origin]), ("hooks", [hook]), ("parts", [part]), ("labels", names))
    )


def some(values: list[str]) -> st.SearchStrategy[Any]:
    return st.none() | st.lists(st.sampled_from(values), min_size=1, max_size=2)


actions = st.sampled_from([NOTE, REDACT, BLOCK])
rules = st.fixed_dictionaries(
    {
        "origins": some([o.value for o in ORIGINS]),
        "hooks": some(["pre_prompt", "post_response"]),
        "parts": some(PARTS),
        "labels": some(["A", "B", "pii", "keys"]),
        "action": actions,
    }
)
specs = st.fixed_dictionaries(
    {
        "groups": st.fixed_dictionaries({"pii": st.sets(st.sampled_from("AB")), "keys": st.sets(st.sampled_from("AB"))}),
        "default_rules": st.lists(rules, max_size=3),
        "actions": st.dictionaries(st.sampled_from(["A", "B", "pii", "keys"]), actions, max_size=3),
        "rules": st.lists(rules, max_size=3),
    }
)


def rule_of(spec: dict[str, Any]) -> Rule:
    def chosen(key: str) -> frozenset[str] | None:
        return None if spec[key] is None else frozenset(spec[key])

    return Rule(chosen("origins"), chosen("hooks"), chosen("parts"), chosen("labels"), spec["action"])


@given(spec=specs, wanted=actions, label=st.sampled_from("AB"))
def test_precedence_is_as_written_out(spec: dict[str, Any], wanted: Action, label: str) -> None:
    table = ActionTable(
        groups=spec["groups"],
        default_rules=[rule_of(one) for one in spec["default_rules"]],
        actions=spec["actions"],
        rules=[rule_of(one) for one in spec["rules"]],
        style=LABEL,
    )
    for hook in ("pre_prompt", "post_response"):
        for origin in ORIGINS:
            for part in PARTS:
                want = naive(wanted, label, hook, origin.value, part, spec)
                for _ in range(2):  # decided, then remembered
                    assert table.resolve(label, wanted, hook, origin, part) == (want, LABEL)


def guard_of(config: dict[str, Any], **attributes: Any) -> Guard:
    one = plugin("p", scanners=[Words("mail", "MAIL"), Words("key", "KEY")], attributes=attributes)
    return Guard(plugins=[one], config={"p": config})


class TestThroughAPolicy:
    def test_actions_by_label_and_group(self) -> None:
        groups = {"pii": frozenset({"MAIL"})}
        guard = guard_of({"actions": {"pii": "note", "KEY": "block"}}, groups=groups, labels=frozenset({"MAIL", "KEY"}))
        assert guard.pre_prompt("mail").text == "mail"
        assert guard.pre_prompt("key").blocked
        both = guard_of({"actions": {"pii": "note", "MAIL": "redact"}}, groups=groups)
        assert both.pre_prompt("mail").text == "<MAIL>"

    def test_the_last_rule_that_matches_decides(self) -> None:
        rules = [
            {"origins": ["system"], "action": "note"},
            {"labels": ["KEY"], "action": "redact"},
            {"origins": ["document"], "action": "block"},
        ]
        guard = guard_of({"rules": rules})
        assert guard.pre_prompt(Segment("mail key", Origin.SYSTEM)).text == "mail <KEY>"
        assert guard.pre_prompt(Segment("mail key", Origin.USER)).text == "<MAIL> <KEY>"
        assert guard.pre_prompt(Segment("mail", Origin.DOCUMENT)).blocked

    def test_rules_go_after_actions_and_actions_after_default_rules(self) -> None:
        default = ({"labels": ["MAIL"], "action": "note"},)
        assert guard_of({}, default_rules=default).pre_prompt("mail").text == "mail"
        assert guard_of({"actions": {"MAIL": "redact"}}, default_rules=default).pre_prompt("mail").text == "<MAIL>"
        rules = [{"labels": ["MAIL"], "action": "note"}]
        assert guard_of({"actions": {"MAIL": "redact"}, "rules": rules}).pre_prompt("mail").text == "mail"

    def test_rules_select_by_hook_and_part_and_a_star_is_all(self) -> None:
        guard = guard_of(
            {"rules": [{"hooks": ["pre_prompt"], "parts": ["reasoning"], "labels": ["*"], "origins": ["*"], "action": "note"}]}
        )
        assert guard.pre_prompt(Segment("mail", part="reasoning")).text == "mail"
        assert guard.pre_prompt(Segment("mail", part="text")).text == "<MAIL>"
        assert guard.post_response(Segment("mail", part="reasoning")).text == "<MAIL>"

    def test_a_rule_may_give_a_style(self) -> None:
        guard = guard_of({"rules": [{"labels": ["KEY"], "style": "mask"}]})
        assert guard.pre_prompt("mail key").text == "<MAIL> ***"

    @pytest.mark.parametrize("names", [["MAIL"], ["KEY"]])
    def test_arguments_of_a_call_about_to_run_are_never_quietly_rewritten(self, names: list[str]) -> None:
        groups = {"pii": frozenset({"MAIL"})}
        call = Response((Segment("mail", Origin.ASSISTANT, part="tool_args"),))
        secret = Response((Segment("key", Origin.ASSISTANT, part="tool_args"),))
        plain = guard_of({}, groups=groups)
        assert plain.post_response(call).text == "mail"
        assert plain.post_response(call).action is NOTE
        assert plain.post_response(secret).blocked
        assert plain.pre_prompt(secret.segments[0]).text == "<KEY>"
        everywhere = guard_of(
            {"actions": {"KEY": "redact", "MAIL": "redact"}, "rules": [{"labels": ["*"], "action": "redact"}]}, groups=groups
        )
        assert everywhere.post_response(call).text == "mail"
        assert everywhere.post_response(secret).blocked
        named = guard_of({"rules": [{"parts": ["tool_args"], "labels": names, "action": "redact"}]}, groups=groups)
        assert named.post_response(call).text == ("<MAIL>" if names == ["MAIL"] else "mail")
        if names == ["KEY"]:
            assert named.post_response(secret).text == "<KEY>"
        else:
            assert named.post_response(secret).blocked

    @pytest.mark.parametrize(
        ("config", "message"),
        [
            ({"actions": {"MIAL": "note"}}, "did you mean 'MAIL'"),
            ({"rules": [{"labels": ["MAIL", "KYE"], "action": "note"}]}, "did you mean 'KEY'"),
            ({"rules": [{"labels": ["MAIL"]}]}, "needs an action or a style"),
            ({"rules": [{"action": "redcat"}]}, "rules.0.action"),
            ({"rules": [{"label": ["MAIL"], "action": "note"}]}, "did you mean 'labels'"),
            ({"rules": [{"labels": "MAIL", "action": "note"}]}, "rules.0.labels"),
            ({"rules": {"labels": ["MAIL"], "action": "note"}}, "plugins.p.rules"),
            ({"rules": [{"origins": ["sytem"], "action": "note"}]}, "rules.0.origins"),
            ({"rules": [{"hooks": ["authorize"], "action": "note"}]}, "rules.0.hooks"),
            ({"rules": [{"parts": ["txt"], "action": "note"}]}, "rules.0.parts"),
            ({"actions": {"MAIL": "allow"}}, "actions.MAIL"),
            ({"style": "stars"}, "plugins.p.style"),
            ({"style": "hash:"}, "plugins.p.style"),
            ({"mode": "off"}, "plugins.p.mode"),
            ({"on_error": "ignore"}, "plugins.p.on_error"),
            ({"timeout_s": 0}, "plugins.p.timeout_s"),
            ({"timeout_s": "5"}, "plugins.p.timeout_s"),
            ({"timeout_s": float("inf")}, "plugins.p.timeout_s"),
            ({"timeout_s": float("nan")}, "plugins.p.timeout_s"),
            ({"moed": "monitor"}, "given as an instance"),
        ],
        ids=str,
    )
    def test_what_cannot_be_put_in_force_is_refused(self, config: dict[str, Any], message: str) -> None:
        with pytest.raises(PolicyError, match=re.escape(message)):
            guard_of(config, labels=frozenset({"MAIL", "KEY"}))

    @pytest.mark.parametrize("default", [[{"action": "redcat"}], [{"lables": ["A"]}], ["note"], 5, [None]], ids=repr)
    def test_default_rules_of_a_wrong_shape_refuse_the_plugin(self, default: Any) -> None:
        with pytest.raises(PluginLoadError, match="default_rules"):
            guard_of({}, default_rules=default)


def hashing(monkeypatch: pytest.MonkeyPatch, key: str, pattern: str = "[a-z0-9.@-]+", name: str = "HASH_KEY") -> Guard:
    monkeypatch.setenv(name, key)
    policy = {"keys": {"hash": {"env": name}}, "guard": {"plugins": ["p"]}, "plugins": {"p": {"style": "hash"}}}
    from bartizan._policy.build import build
    from bartizan._policy.source import read_mapping

    return Guard._made(build(read_mapping(policy, None), {"p": plugin("p", scanners=[Words(pattern, "VALUE")])}))


class TestStyles:
    def test_label(self) -> None:
        assert Guard(plugins=[scanning("a+", "LETTERS")]).pre_prompt("b aaa b").text == "b <LETTERS> b"

    @pytest.mark.parametrize(
        ("value", "want"),
        [
            ("4111 1111 1111 1111", "**** **** **** 1111"),
            ("4111-1111-1111-1111", "****-****-****-1111"),
            ("4111111111111111", "************1111"),
            ("12345678", "****5678"),
            ("1234567", "*******"),
            ("hunter2swordfish", "****************"),
            ("jane@example.test", "*****************"),
            ("12345678@example.test", "*********************"),
            ("sk-123456789012abcd", "*******************"),
            ("DE89 3704 0044 0532 0130 00", "*" * 27),
            ("", ""),
        ],
    )
    def test_mask(self, value: str, want: str) -> None:
        got = MASK.render("X", value, whole=True, vault=Vault(), answer=False)
        assert got == want
        assert MASK.render("X", value, whole=False, vault=Vault(), answer=False) == "*" * len(value)

    @given(value=st.text(min_size=1, max_size=40))
    def test_a_mask_shows_four_characters_at_most(self, value: str) -> None:
        got = MASK.render("X", value, whole=True, vault=Vault(), answer=False)
        assert len(got) == len(value)
        assert sum(a == b and a not in " -./*" for a, b in zip(got, value, strict=True)) <= 4

    def test_a_mask_is_partial_only_where_the_winner_spans_the_cluster(self) -> None:
        card = Words("4111 1111 1111 1111", "CARD")
        alone = Guard(plugins=[plugin("p", scanners=[card])], config={"p": {"style": "mask"}})
        assert alone.pre_prompt("4111 1111 1111 1111").text.endswith("1111")
        wider = plugin("q", scanners=[Words("1111 1", "TAIL"), Words("11 ?x", "END")])
        both = Guard(plugins=[plugin("p", scanners=[card]), wider], config={"p": {"style": "mask"}, "q": {"style": "mask"}})
        assert "1111" not in both.pre_prompt("4111 1111 1111 1111x").text

    def test_hash_is_keyed_stable_and_comparable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        one, same, other = (
            hashing(monkeypatch, "k" * 16),
            hashing(monkeypatch, "k" * 16, name="SAME"),
            hashing(monkeypatch, "x" * 16, name="OTHER"),
        )
        first = one.pre_prompt("jane@example.test").text
        assert re.fullmatch(r"<VALUE:[a-p]{20}>", first)
        assert one.pre_prompt("jane@example.test").text == first == same.pre_prompt("jane@example.test").text
        assert other.pre_prompt("jane@example.test").text != first
        assert one.pre_prompt("john@example.test").text != first

    def test_a_hash_is_hmac_sha256(self) -> None:
        import hashlib
        import hmac

        want = (
            hmac.new(b"key" * 8, b"value", hashlib.sha256)
            .hexdigest()[:20]
            .translate(str.maketrans("0123456789abcdef", "abcdefghijklmnop"))
        )
        assert HashStyle(b"key" * 8).render("L", "value", whole=True, vault=Vault(), answer=False) == f"<L:{want}>"
        assert HashStyle(b"key" * 8).render("L", "\ud800", whole=True, vault=Vault(), answer=False).startswith("<L:")

    @pytest.mark.parametrize("style", ["label", "mask", "hash", "pseudonym"])
    def test_what_a_style_writes_is_not_found_again_by_the_default_plugins(
        self, style: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HASH_KEY", "0123456789abcdef")
        guard = Guard.from_dict(
            {
                "guard": {"plugins": ["redaction"]},
                "keys": {"hash": {"env": "HASH_KEY"}},
                "plugins": {"redaction": {"style": style}},
            }
        )
        text = "jane.doe@example.com, 4111 1111 1111 1111, DE89 3704 0044 0532 0130 00, +1 415 555 2671, 203.0.113.7"
        with guard.session() as session:
            once = session.pre_prompt(text)
            assert once.action is REDACT
            assert "jane" not in once.text
            again = session.pre_prompt(once.text)
            assert again.text == once.text
            assert [f.label for f in again.findings] == []


class TestKeys:
    def make(self, keys: Any, style: str = "hash", base: Path | None = None) -> Guard:
        return Guard.from_dict(
            {"guard": {"plugins": ["redaction"]}, "keys": keys, "plugins": {"redaction": {"style": style}}}, base=base
        )

    def test_from_the_environment_or_a_file_beside_the_policy(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("K", "0123456789abcdef")
        (tmp_path / "key").write_bytes(b"0123456789abcdef\n")
        mail = "jane.doe@example.com"
        one = self.make({"hash": {"env": "K"}}).pre_prompt(mail).text
        two = self.make({"mine": {"file": "key"}}, "hash:mine", tmp_path).pre_prompt(mail).text
        assert one == two
        assert one.startswith("<EMAIL_ADDRESS:")

    @pytest.mark.parametrize(
        ("keys", "message"),
        [
            ({}, "declare [keys.hash]"),
            ({"other": {"env": "K"}}, "declare [keys.hash]"),
            ({"hash": {}}, "declare [keys.hash]"),
            ({"hash": {"env": "K", "file": "key"}}, "declare [keys.hash]"),
            ({"hash": {"env": "NOT_SET_ANYWHERE"}}, "NOT_SET_ANYWHERE is not set"),
            ({"hash": {"env": "SHORT"}}, "at least 16"),
            ({"hash": {"file": "missing"}}, "can't be read"),
            ({"hash": {"value": "0123456789abcdef"}}, "unknown key"),
        ],
        ids=str,
    )
    def test_a_key_that_is_not_there_or_too_short_is_refused(
        self, keys: Any, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("K", "0123456789abcdef")
        monkeypatch.setenv("SHORT", "short-secret")
        with pytest.raises(PolicyError, match=re.escape(message)) as caught:
            self.make(keys, base=tmp_path)
        assert "short-secret" not in str(caught.value)
        assert caught.value.__context__ is None


def test_a_blocking_rule_refuses() -> None:
    with pytest.raises(Blocked, match="found MAIL by p"):
        _ = guard_of({"actions": {"MAIL": "block"}}).pre_prompt("mail").text
