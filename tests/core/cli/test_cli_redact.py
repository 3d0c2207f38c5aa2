from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.cli import _io
from bartizan.cli._data import SUFFIXES, kind_of_data
from bartizan.testing import PLANTED

if TYPE_CHECKING:
    from conftest import Invoke, Run

EMAIL = PLANTED["EMAIL_ADDRESS"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (b"plain", b"plain"),
        (b"no newline at the end", b"no newline at the end"),
        (b"one\r\ntwo\rthree\n\n\n", b"one\r\ntwo\rthree\n\n\n"),
        (b"\xef\xbb\xbfmarked \xc3\xa9\n", b"\xef\xbb\xbfmarked \xc3\xa9\n"),
        (f"a {EMAIL}\r\nb".encode(), b"a <EMAIL_ADDRESS>\r\nb"),
        ("tab\t🙂 中文\n".encode(), "tab\t🙂 中文\n".encode()),
    ],
)
def test_all_but_the_findings_stays_byte_for_byte(invoke: Invoke, before: bytes, after: bytes) -> None:
    result = invoke("redact", text=before)
    assert (result.exit_code, result.stdout_bytes) == (0, after)


def test_a_real_process_writes_the_same_bytes(run: Run) -> None:
    done = run("redact", "-", data=f"x\r\n{EMAIL}\r\n\xa0é".encode())
    assert (done.returncode, done.stdout) == (0, "x\r\n<EMAIL_ADDRESS>\r\n\xa0é".encode())
    assert done.stderr.decode().startswith("bartizan: no --policy")


def test_a_refused_text_leaves_nothing_on_stdout(invoke: Invoke) -> None:
    result = invoke("redact", text=f"{EMAIL}\x07")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "CONTROL_CHARACTER by validation" in result.stderr
    assert EMAIL not in result.stderr


def test_a_refused_text_leaves_the_out_file_as_it_was(invoke: Invoke, tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    out.write_text("before")
    assert invoke("redact", "--out", str(out), text="\x07").exit_code == 1
    assert out.read_text() == "before"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("mode", ["[guard]\nmode = 'monitor'", "[plugins.redaction]\nmode = 'monitor'"])
def test_monitor_mode_is_refused_where_it_would_print_what_was_found(invoke: Invoke, tmp_path: Path, mode: str) -> None:
    policy = tmp_path / "p.toml"
    policy.write_text(mode)
    result = invoke("redact", "--policy", str(policy), text=EMAIL)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "monitor mode would leave 1 of the findings (EMAIL_ADDRESS)" in result.stderr
    assert invoke("redact", "--policy", str(policy), text="clean").stdout == "clean"


class TestDataFiles:
    @pytest.mark.parametrize("suffix", sorted(SUFFIXES))
    @pytest.mark.parametrize("upper", [False, True])
    def test_a_data_file_is_refused_by_its_name_and_sanitize_is_named(
        self, invoke: Invoke, tmp_path: Path, suffix: str, upper: bool
    ) -> None:
        file = tmp_path / f"x{suffix.upper() if upper else suffix}"
        file.write_text("hello")
        result = invoke("redact", str(file))
        assert (result.exit_code, result.stdout) == (2, "")
        assert "`bartizan sanitize`" in result.stderr

    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            ('{"card": 4000002026112308}', "JSON"),
            ("\n[1, 2]\n", "JSON"),
            ("[" + "1" * 5000 + "]", "JSON"),
            ('{"a": 1}\n{"a": 2}\n', "JSON Lines"),
            ('{"a": 1}\r\n\r\n[2]', "JSON Lines"),
            ("id,name,mail\n1,a,b\n2,c,d", "a table"),
            ("id\tname\tmail\r\n1\ta\tb\r\n2\tc\td\r\n", "a table"),
            ('id;full name;mail\n1;"a;b";c\n2;d;e', "a table"),
        ],
    )
    def test_data_is_refused_on_stdin_by_what_it_holds(self, invoke: Invoke, content: str, kind: str) -> None:
        result = invoke("redact", text=content)
        assert (result.exit_code, result.stdout) == (2, "")
        assert f"standard input is {kind}, and redact is for text" in result.stderr

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "{",
            "[2026-11-23] started\n[2026-11-23] stopped\n",
            '{"a": 1}\nis what I sent\n',
            "Hello, dear all,\nI write, as said, to you\nand, well, bye",
            "One, two, three\nbreathe, in, out\nand, again, now",
            "a,b\n1,2\n3,4",
            "a,b,c\n1,2\n3,4,5",
            '"unclosed, a, b\nc,d,e\nf,g,h',
            "[" * 100_000,
        ],
    )
    def test_text_is_not_taken_for_data(self, content: str) -> None:
        assert kind_of_data("notes.txt", content) == ""

    def test_a_file_of_text_that_holds_a_table_is_refused_too(self, invoke: Invoke, tmp_path: Path) -> None:
        file = tmp_path / "x.txt"
        file.write_text("id,name,mail\n1,a,b\n2,c,d")
        assert invoke("redact", str(file)).exit_code == 2

    @given(st.text(alphabet='{}[]",:\n\tab1;|', max_size=60))
    def test_any_text_has_an_answer(self, content: str) -> None:
        assert kind_of_data("-", content) in {"", "JSON", "JSON Lines", "a table"}


class TestOut:
    def test_it_is_written_whole_and_stdout_stays_empty(self, invoke: Invoke, tmp_path: Path) -> None:
        source, out = tmp_path / "in.txt", tmp_path / "out.txt"
        source.write_bytes(f"{EMAIL}\r\n".encode())
        result = invoke("redact", str(source), "--out", str(out))
        assert (result.exit_code, result.stdout) == (0, "")
        assert out.read_bytes() == b"<EMAIL_ADDRESS>\r\n"
        assert source.read_bytes() == f"{EMAIL}\r\n".encode()
        assert sorted(tmp_path.iterdir()) == [source, out]

    @pytest.mark.parametrize("way", ["same", "link", "hard link", "other name"])
    def test_the_input_is_never_written_over(self, invoke: Invoke, tmp_path: Path, way: str) -> None:
        source, out = tmp_path / "in.txt", tmp_path / "out.txt"
        source.write_text(EMAIL)
        if way == "link":
            out.symlink_to(source)
        elif way == "hard link":
            out.hardlink_to(source)
        else:
            out = source if way == "same" else tmp_path / "." / "in.txt"
        result = invoke("redact", str(source), "--out", f"{out.parent}/./{out.name}" if way == "other name" else str(out))
        assert result.exit_code == 2
        assert "is the input" in result.stderr
        assert source.read_text() == EMAIL

    def test_the_policy_is_never_written_over(self, invoke: Invoke, tmp_path: Path) -> None:
        policy = tmp_path / "p.toml"
        policy.write_text("[guard]\nplugins = ['redaction']\n")
        result = invoke("redact", "--policy", str(policy), "--out", str(policy), text="x")
        assert result.exit_code == 2
        assert policy.read_text().startswith("[guard]")

    def test_a_redirected_input_and_output_are_never_the_same_file(
        self, run: Run, tmp_path: Path, environment: dict[str, str]
    ) -> None:
        import subprocess
        import sys

        file = tmp_path / "in.txt"
        file.write_text(EMAIL)
        with file.open("rb") as source:
            done = subprocess.run(
                [sys.executable, "-m", "bartizan", "redact", "--out", str(file)],
                stdin=source,
                env=environment,
                capture_output=True,
                check=False,
            )
        assert (done.returncode, file.read_text()) == (2, EMAIL)
        with file.open("ab") as out:
            done = subprocess.run(
                [sys.executable, "-m", "bartizan", "redact", str(file)],
                stdout=out,
                stderr=subprocess.PIPE,
                env=environment,
                check=False,
            )
        assert (done.returncode, file.read_text()) == (2, EMAIL)
        assert b"also where the output goes" in done.stderr

    @pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
    def test_an_existing_file_keeps_its_permissions_and_a_link_stays_a_link(self, invoke: Invoke, tmp_path: Path) -> None:
        target, link = tmp_path / "target.txt", tmp_path / "link.txt"
        target.write_text("old")
        target.chmod(0o600)
        link.symlink_to(target)
        assert invoke("redact", "--out", str(link), text="new").exit_code == 0
        assert (target.read_text(), stat.S_IMODE(target.stat().st_mode), link.is_symlink()) == ("new", 0o600, True)

    @pytest.mark.parametrize("place", ["folder", "missing folder", "device"])
    def test_what_can_t_be_written_is_one_sentence(self, invoke: Invoke, tmp_path: Path, place: str) -> None:
        out = {"folder": tmp_path, "missing folder": tmp_path / "no" / "out.txt", "device": Path(os.devnull)}[place]
        result = invoke("redact", "--out", str(out), text="x")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "can't be written" in result.stderr.splitlines()[-1]

    def test_a_failed_write_leaves_the_old_file_and_nothing_else(
        self, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = tmp_path / "out.txt"
        out.write_text("old")

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(_io.os, "fsync", full)
        result = invoke("redact", "--out", str(out), text="new")
        assert result.exit_code == 2
        assert "No space left on device" in result.stderr
        assert (out.read_text(), list(tmp_path.iterdir())) == ("old", [out])
