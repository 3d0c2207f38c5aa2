"""What only a process shows: exit statuses, separate streams, broken pipes, terminals, a missing extra."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bartizan.cli._errors import printable
from bartizan.testing import PLANTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Invoke, Run

EMAIL = PLANTED["EMAIL_ADDRESS"]
POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX pipes, signals and terminals")


def only_line(stderr: bytes) -> str:
    """The last of the sentences on stderr, all of which must be sentences of bartizan."""
    lines = stderr.decode().splitlines()
    assert lines
    assert all(line.startswith("bartizan: ") for line in lines), lines
    return lines[-1]


def test_statuses_and_streams(run: Run) -> None:
    clean, found, failed = run("scan", data=b"fine"), run("scan", data=EMAIL.encode()), run("scan", "no such file")
    assert [done.returncode for done in (clean, found, failed)] == [0, 1, 2]
    assert b"EMAIL_ADDRESS" in found.stdout
    assert failed.stdout == b""
    assert only_line(failed.stderr) == "bartizan: no such file: can't be read: No such file or directory"
    assert b"working under the defaults" in clean.stderr
    assert b"defaults" not in clean.stdout


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: p.mkdir(), "can't be read: Is a directory"),
        (lambda p: p.write_bytes(b"ok so far \xff\xfe"), "is not UTF-8 at byte 10: convert it to UTF-8 first"),
        (
            lambda p: p.write_bytes("text".encode("utf-16")),
            "is not UTF-8 at byte 0, it looks like UTF-16: convert it to UTF-8 first",
        ),
    ],
    ids=["folder", "not UTF-8", "UTF-16"],
)
@pytest.mark.parametrize("command", ["scan", "redact"])
def test_what_can_t_be_read_is_one_sentence(
    invoke: Invoke, tmp_path: Path, make: Callable[[Path], object], said: str, command: str
) -> None:
    file = tmp_path / "in"
    make(file)
    result = invoke(command, str(file))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines()[-1] == f"bartizan: {file}: {said}"


@pytest.mark.parametrize(
    "args",
    [["nonsense"], ["scan", "--nonsense"], ["scan", "a", "b"], ["scan", "--as", "poem"], ["scan", "--policy"], ["policy", "x"]],
)
def test_a_mistake_of_usage_is_one_sentence_and_exits_2(invoke: Invoke, args: list[str]) -> None:
    result = invoke(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("bartizan: ")
    assert "--help')" in line


@pytest.mark.parametrize("args", [[], ["policy"]])
def test_without_a_command_the_help_goes_to_stderr(invoke: Invoke, args: list[str]) -> None:
    result = invoke(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: bartizan" in result.stderr


@pytest.mark.parametrize(
    "args", [[], ["scan"], ["redact"], ["sanitize"], ["plugins"], ["policy"], ["policy", "check"], ["policy", "schema"]]
)
def test_every_command_has_help(invoke: Invoke, args: list[str]) -> None:
    for option in ("-h", "--help"):
        result = invoke(*args, option)
        assert result.exit_code == 0
        assert result.stdout.startswith(f"Usage: {' '.join(['bartizan', *args])} ")
        assert result.stderr == ""


def test_version_is_the_distribution_s(invoke: Invoke) -> None:
    from importlib.metadata import version

    assert invoke("--version").stdout == f"bartizan {version('bartizan')}\n"


class TestPolicyChoice:
    def test_the_option_goes_before_the_variable_and_says_nothing(self, invoke: Invoke, tmp_path: Path) -> None:
        policy = tmp_path / "p.toml"
        policy.write_text("[guard]\nplugins = ['validation']\n")
        result = invoke("scan", "--policy", str(policy), text=EMAIL, env={"BARTIZAN_POLICY": "missing.toml"})
        assert (result.exit_code, result.stderr) == (0, "")

    def test_the_variable_is_used_and_said(self, invoke: Invoke, tmp_path: Path) -> None:
        policy = tmp_path / "p.toml"
        policy.write_text("[guard]\nplugins = ['validation']\n")
        result = invoke("scan", text=EMAIL, env={"BARTIZAN_POLICY": str(policy)})
        assert result.exit_code == 0
        assert result.stderr == f"bartizan: working under {policy}, which $BARTIZAN_POLICY names\n"

    @pytest.mark.parametrize("command", [["scan"], ["redact"], ["plugins"], ["policy", "check"]])
    def test_a_file_in_the_working_directory_is_never_used(
        self, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
    ) -> None:
        (tmp_path / "bartizan.toml").write_text("[guard]\nplugins = ['nonsense']\n")
        monkeypatch.chdir(tmp_path)
        result = invoke(*command, text="fine")
        assert result.exit_code == 0
        assert "working under the defaults" in result.stderr

    def test_an_empty_choice_is_refused(self, invoke: Invoke) -> None:
        by_variable = invoke("scan", text="x", env={"BARTIZAN_POLICY": ""})
        by_option = invoke("scan", "--policy", "", text="x")
        assert (by_variable.exit_code, by_option.exit_code) == (2, 2)
        assert "set but empty" in by_variable.stderr

    def test_a_policy_that_is_wrong_is_one_sentence(self, invoke: Invoke, tmp_path: Path) -> None:
        policy = tmp_path / "p.toml"
        policy.write_text("[guard]\nplugin = []\n")
        result = invoke("scan", "--policy", str(policy), text="x")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == f"bartizan: {policy}: guard.plugin: unknown key: did you mean 'plugins'?\n"


def test_control_characters_in_a_name_are_not_sent_to_the_terminal(invoke: Invoke) -> None:
    result = invoke("scan", "a\x1b[31m\nb\u202e[bold]x[/bold].txt")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("bartizan: a\\x1b[31m\\nb\\u202e[bold]x[/bold].txt: can't be read")


def test_printable_keeps_text_and_escapes_the_rest() -> None:
    assert printable("grüße, 中文 [red]") == "grüße, 中文 [red]"
    assert printable("\t\x9b\ud800\U000e0041\u2028") == "\\t\\x9b\\ud800\\U000e0041\\u2028"


def test_an_unexpected_error_is_told_without_its_text(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError(EMAIL)

    monkeypatch.setattr("bartizan.cli._scan.rows", broken)
    result = invoke("scan", text="x")
    assert result.exit_code == 2
    assert "stopped by an unexpected ValueError in " in result.stderr
    assert "test_cli_process, line " in result.stderr
    assert EMAIL not in result.output


@pytest.fixture
def megabyte(tmp_path: Path) -> list[str]:
    """The arguments that print a text far longer than a pipe holds."""
    policy = tmp_path / "p.toml"
    policy.write_text("[guard]\nplugins = ['validation']\n[plugins.validation]\nmax_chars = 10_000_000\n")
    source = tmp_path / "in.txt"
    source.write_text("x y z\n" * 200_000)
    return ["redact", str(source), "--policy", str(policy)]


UNBUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"])


@UNBUFFERED
def test_long_output_arrives_whole(run: Run, megabyte: list[str], unbuffered: str) -> None:
    assert run(*megabyte, env={"PYTHONUNBUFFERED": unbuffered}).stdout == b"x y z\n" * 200_000


@POSIX
@UNBUFFERED
def test_a_reader_that_stops_is_no_error(environment: dict[str, str], megabyte: list[str], unbuffered: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bartizan", *megabyte],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**environment, "PYTHONUNBUFFERED": unbuffered},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(6) == b"x y z\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@POSIX
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_can_t_be_written_is_one_sentence(environment: dict[str, str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bartizan", "redact"],
            input=b"text",
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment,
            check=False,
        )
    assert done.returncode == 2
    assert only_line(done.stderr) == "bartizan: standard output: can't be written: No space left on device"


@POSIX
def test_an_interrupt_exits_130_in_silence(environment: dict[str, str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "bartizan", "scan", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.readline()  # the default policy: it waits for its input now
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert said.startswith(b"bartizan: ")
    assert b"Traceback" not in rest


@POSIX
@pytest.mark.parametrize(("extra", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_only_a_terminal_that_wants_it_gets_escapes(environment: dict[str, str], extra: dict[str, str], coloured: bool) -> None:
    import pty

    parent, child = pty.openpty()
    env = {**environment, "TERM": "xterm", **extra}
    done = subprocess.run(
        [sys.executable, "-m", "bartizan", "plugins"], stdout=child, stderr=subprocess.PIPE, env=env, check=False
    )
    os.close(child)
    shown = os.read(parent, 100_000)
    os.close(parent)
    assert done.returncode == 0
    assert b"redaction" in shown
    assert (b"\x1b" in shown) is coloured
    assert b"\x1b" not in done.stderr


WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {name!r}:
            raise ModuleNotFoundError(name=name)
sys.meta_path.insert(0, Missing())
import importlib.util as util
real = util.find_spec
util.find_spec = lambda name, package=None: None if name == {name!r} else real(name, package)
from bartizan.cli import main
sys.argv = ["bartizan", "scan"]
sys.exit(main())
"""


@pytest.mark.parametrize("name", ["typer", "rich"])
def test_a_missing_extra_is_one_sentence_with_the_command(environment: dict[str, str], name: str) -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT.format(name=name)], capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert only_line(done.stderr) == "bartizan: the command line needs an optional dependency: pip install 'bartizan[cli]'"


def test_import_of_the_package_loads_no_typer(environment: dict[str, str]) -> None:
    code = "import sys, bartizan.cli; print(any(n.partition('.')[0] in {'typer', 'rich', 'click'} for n in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, check=True)
    assert done.stdout.strip() == b"False"


@POSIX
@pytest.mark.parametrize(("redirection", "said"), [("<&-", "standard input is closed"), (">&-", "standard output is closed")])
def test_a_closed_stream_is_one_sentence(environment: dict[str, str], redirection: str, said: str) -> None:
    command = f'echo text | "$0" -m bartizan redact {redirection}'
    done = subprocess.run(["/bin/sh", "-c", command, sys.executable], capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert only_line(done.stderr) == f"bartizan: {said}"


@POSIX
def test_nobody_to_tell_on_stderr_changes_no_status(environment: dict[str, str]) -> None:
    command = 'echo text | "$0" -m bartizan redact 2>&-'
    done = subprocess.run(["/bin/sh", "-c", command, sys.executable], capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"text\n", b"")
