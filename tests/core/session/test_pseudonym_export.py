"""Pseudonyms carried to another process: encrypted, for their own session only; and what a vault does when it is full or forked."""

from __future__ import annotations

import os
import secrets
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support.doubles import ALICE, BOB, scanning

from bartizan import Action, BartizanError, Guard, MissingExtra, PolicyError, Principal, Refused
from bartizan._engine import vault as vaults
from bartizan._engine.vault import MAX_PLACEHOLDER, Vault

if TYPE_CHECKING:
    from bartizan import Session

pytest.importorskip("cryptography")

KEY = bytes(range(32))
MAIL = "jane@example.test"


def pseudonymous(**policy: Any) -> Guard:
    mail = scanning(r"[a-z]+@[a-z]+\.test", "EMAIL_ADDRESS", name="mail")
    return Guard(plugins=[mail], config={"mail": {"style": "pseudonym"}}, **policy)


def session(owner: Principal | None = ALICE, name: str | None = "s") -> Session:
    """A session of a guard of its own: another process, as far as pseudonyms go."""
    return pseudonymous().session(owner, id=name)


class TestRoundTrip:
    def test_placeholders_restore_and_values_keep_theirs(self) -> None:
        here, there = session(), session()
        sent = here.pre_prompt(f"{MAIL} and joe@example.test").text
        assert there.import_pseudonyms(here.export_pseudonyms(KEY), KEY) == 2
        assert there.restore(sent) == f"{MAIL} and joe@example.test"
        assert there.post_response(f"to {sent}").text == f"to {MAIL} and joe@example.test"
        assert "".join(there.stream_response(iter(f"to {sent}."))) == f"to {MAIL} and joe@example.test."
        assert there.pre_prompt(f"{MAIL} and joe@example.test").text == sent

    def test_values_new_to_either_side_never_share_a_placeholder(self) -> None:
        here, there = session(), session()
        here.pre_prompt(MAIL)
        there.import_pseudonyms(here.export_pseudonyms(KEY), KEY)
        one, two = here.pre_prompt("kim@example.test").text, there.pre_prompt("lee@example.test").text
        assert one != two
        assert there.restore(one) == one
        assert here.import_pseudonyms(there.export_pseudonyms(KEY), KEY) == 2
        assert (here.restore(one), here.restore(two)) == ("kim@example.test", "lee@example.test")

    def test_a_value_known_on_both_sides_keeps_its_placeholder_and_both_restore(self) -> None:
        here, there = session(), session()
        one, two = here.pre_prompt(MAIL).text, there.pre_prompt(MAIL).text
        there.import_pseudonyms(here.export_pseudonyms(KEY), KEY)
        assert there.pre_prompt(MAIL).text == two
        assert there.restore(one + two) == MAIL + MAIL

    def test_nothing_at_all_can_be_exported_too(self) -> None:
        assert session().import_pseudonyms(session().export_pseudonyms(KEY), KEY) == 0

    @pytest.mark.parametrize("value", ["a\ud800b", "\U0001f600" * 9, '"\\\n\x00', "x" * 10_000])
    def test_any_text_comes_through(self, value: str) -> None:
        here, there = session(), session()
        placeholder = here.scope.vault.placeholder("ANY", value)
        there.import_pseudonyms(here.export_pseudonyms(KEY), KEY)
        assert placeholder is not None
        assert there.restore(placeholder) == value

    def test_a_key_named_in_the_policy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CARRY_KEY", "sixteen bytes or more")
        policy = {"guard": {"plugins": ["redaction"]}, "plugins": {"redaction": {"style": "pseudonym"}}}
        guard = Guard.from_dict({**policy, "keys": {"carry": {"env": "CARRY_KEY"}}})
        here, there = guard.session(ALICE, id="s"), Guard.from_dict({**policy, "keys": {"carry": {"env": "CARRY_KEY"}}})
        sent, blob = here.pre_prompt("jane@example.org").text, here.export_pseudonyms("carry")
        theirs = there.session(ALICE, id="s")
        theirs.import_pseudonyms(blob, "carry")
        assert theirs.restore(sent) == "jane@example.org"
        with pytest.raises(PolicyError, match=r"declare \[keys.other\]"):
            here.export_pseudonyms("other")
        monkeypatch.setenv("CARRY_KEY", "another one of 16 bytes")
        with pytest.raises(Refused, match="nothing was taken over"):
            there.session(ALICE, id="s").import_pseudonyms(blob, "carry")


class TestRefusals:
    def refused(self, into: Session, blob: bytes, key: bytes = KEY) -> str:
        with pytest.raises(Refused) as caught:
            into.import_pseudonyms(blob, key)
        assert len(into.scope.vault) == 0
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        return caught.value.reason

    @pytest.mark.parametrize(
        ("owner", "name"),
        [
            (BOB, "s"),
            (ALICE, "t"),
            (Principal(ALICE.id, tenant="other"), "s"),
            (Principal(ALICE.id, tenant="None" if ALICE.tenant is None else None), "s"),
        ],
        ids=str,
    )
    def test_nobody_else_can_open_it(self, owner: Principal, name: str) -> None:
        here = session()
        here.pre_prompt(MAIL)
        assert "don't open" in self.refused(session(owner, name), here.export_pseudonyms(KEY))

    def test_the_parts_of_an_owner_can_t_be_shifted(self) -> None:
        here = session(Principal("b", tenant="a"), "c")
        here.pre_prompt(MAIL)
        self.refused(session(Principal('b", "c', tenant="a"), "c"), here.export_pseudonyms(KEY))
        self.refused(session(Principal("bc", tenant="a"), "c"), here.export_pseudonyms(KEY))

    def test_wrong_key(self) -> None:
        here = session()
        here.pre_prompt(MAIL)
        self.refused(session(), here.export_pseudonyms(KEY), bytes(32))

    def test_every_altered_byte_and_every_cut_is_noticed(self) -> None:
        here = session()
        here.pre_prompt(MAIL)
        blob = here.export_pseudonyms(KEY)
        into = session()
        for place in range(len(blob)):
            self.refused(into, blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :])
            self.refused(into, blob[:place])
        self.refused(into, blob + b"\0")
        self.refused(into, b"")
        assert into.import_pseudonyms(blob, KEY) == 1

    def test_without_principal_or_id_nothing_says_whose_they_are(self) -> None:
        for one in (session(None, "s"), session(ALICE, None), session(None, None)):
            with pytest.raises(BartizanError, match="a principal and a session id"):
                one.export_pseudonyms(KEY)
            with pytest.raises(BartizanError, match="a principal and a session id"):
                one.import_pseudonyms(b"", KEY)

    def test_a_closed_session_refuses(self) -> None:
        one = session()
        one.close()
        with pytest.raises(BartizanError, match="closed"):
            one.export_pseudonyms(KEY)

    @pytest.mark.parametrize("size", [0, 16, 31, 33])
    def test_a_key_of_another_length(self, size: int) -> None:
        with pytest.raises(BartizanError, match="32 random bytes"):
            session().export_pseudonyms(bytes(size))

    def test_wrong_types(self) -> None:
        with pytest.raises(TypeError, match="a key is 32 random bytes"):
            session().export_pseudonyms(32)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="are bytes, not str"):
            session().import_pseudonyms("blob", KEY)  # type: ignore[arg-type]

    def test_without_cryptography_it_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
        with pytest.raises(MissingExtra, match=r"pip install 'bartizan\[audit\]'"):
            session().export_pseudonyms(KEY)


def test_the_export_shows_no_value_label_or_owner_and_never_comes_twice() -> None:
    here = session(Principal("alice-the-owner"), "the-session")
    placeholder = here.pre_prompt(MAIL).text
    one, two = here.export_pseudonyms(KEY), here.export_pseudonyms(KEY)
    for said in (MAIL, "jane", "EMAIL", placeholder, here.scope.vault.tag, "alice-the-owner", "the-session"):
        assert said.encode() not in one
    assert one != two
    assert one[22:50] != two[22:50], "salt and nonce are drawn anew"


class TestFullVault:
    def test_what_does_not_fit_is_a_label_and_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(vaults, "MAX_VALUES", 2)
        here = session()
        verdict = here.pre_prompt("a@b.test c@d.test e@f.test a@b.test")
        one, two, three, four = verdict.text.split()
        assert (one, three) == (four, "<EMAIL_ADDRESS>")
        assert here.restore(verdict.text) == "a@b.test c@d.test <EMAIL_ADDRESS> a@b.test"
        said = [finding for finding in verdict.findings if finding.label == "PSEUDONYMS_FULL"]
        assert [(finding.action, finding.start, finding.end) for finding in said] == [(Action.NOTE, 18, 26)]
        assert "PSEUDONYMS_FULL" in verdict.explain()
        assert here.pre_prompt(f"{two} c@d.test").text == f"{two} {two}"

    def test_long_values_count_by_their_length(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(vaults, "MAX_CHARACTERS", 1_000)
        vault = Vault()
        assert vault.placeholder("X", "a" * 900) is not None
        assert vault.placeholder("X", "b" * 900) is None
        assert vault.placeholder("X", "a" * 900) is not None
        assert vault.placeholder("X", "short") is not None
        vault.clear()
        assert vault.placeholder("X", "b" * 900) is not None

    def test_an_import_that_does_not_fit_takes_nothing_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        here, there = session(), session()
        here.pre_prompt("a@b.test c@d.test e@f.test")
        monkeypatch.setattr(vaults, "MAX_VALUES", 2)
        with pytest.raises(Refused, match=r"more than a session remembers .* nothing was"):
            there.import_pseudonyms(here.export_pseudonyms(KEY), KEY)
        assert len(there.scope.vault) == 0

    def test_answers_never_fill_it_and_say_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(vaults, "MAX_VALUES", 0)
        verdict = session().post_response(MAIL)
        assert verdict.text == "<EMAIL_ADDRESS>"
        assert [finding.label for finding in verdict.findings] == ["EMAIL_ADDRESS"]


class TestTakingOver:
    @pytest.mark.parametrize(
        "name", ["", "<X_1>", "<X_1_aaaaaaaaaaa>", "<X_1_aaaaaaaaaaaa> ", "x", "<1_1_aaaaaaaaaaaa>", "<X_1_AAAAAAAAAAAA>"]
    )
    def test_what_is_no_placeholder_is_refused(self, name: str) -> None:
        vault = Vault()
        assert vault.take_over([("<X_1_aaaaaaaaaaaa>", "v"), (name, "w")])
        assert len(vault) == 0
        assert vault.restore("<X_1_aaaaaaaaaaaa>") == "<X_1_aaaaaaaaaaaa>"

    def test_one_of_ours_for_another_value_is_refused(self) -> None:
        vault = Vault()
        ours = vault.placeholder("X", "value")
        assert ours is not None
        assert vault.take_over([(ours, "value")]) == ""
        assert "another value" in vault.take_over([(ours, "other")])
        assert vault.restore(ours) == "value"

    def test_the_longest_placeholder_comes_through(self) -> None:
        vault = Vault()
        longest = f"<{'L' * 64}_{'9' * 19}_{'a' * 12}>"
        assert len(longest) <= MAX_PLACEHOLDER
        assert vault.take_over([(longest, "v")]) == ""
        assert vault.restore(longest) == "v"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_processes_that_fork_never_give_one_placeholder_to_two_values() -> None:
    vault = Vault()
    shared = vault.placeholder("X", "shared")
    assert shared is not None
    said: list[list[str]] = []
    for child in range(3):
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                made = [str(vault.placeholder("X", f"{child}-{place}")) for place in range(3)]
                fine = vault.restore(f"{shared}{made[2]}") == f"shared{child}-2" and vault.placeholder("X", "shared") == shared
                os.write(writing, " ".join(made if fine else []).encode())
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            said.append(pipe.read().split())
        os.waitpid(pid, 0)
    said.append([str(vault.placeholder("X", f"parent-{place}")) for place in range(3)])
    assert [len(made) for made in said] == [3, 3, 3, 3]
    assert len({name for made in said for name in made} | {shared}) == 13
    assert vault.restore(said[0][0]) == said[0][0], "what a child made is not the parent's"


def test_random_keys_and_values_round_trip() -> None:
    for _ in range(20):
        key, here, there = secrets.token_bytes(32), session(), session()
        values = [secrets.token_hex(8) for _ in range(5)]
        made = [str(here.scope.vault.placeholder("V", value)) for value in values]
        there.import_pseudonyms(here.export_pseudonyms(key), key)
        assert there.restore(" ".join(made)) == " ".join(values)
