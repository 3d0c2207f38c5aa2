"""What must never happen to files: no input changed, no half output, no output replaced unasked; mistakes told in one sentence."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING, Any

import pytest
from support.doubles import REDACT, Words, guarded, plugin, scanning

from bartizan import BartizanError, Event, Guard, PluginError
from bartizan.data import DataError, Progress, sanitize_file
from bartizan.testing import PLANTED

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Sanitize

EMAIL = PLANTED["EMAIL_ADDRESS"]
DATA = f"id,body\n1,{EMAIL}\n".encode()
POSIX = pytest.mark.skipif(os.name == "nt", reason="links and modes of POSIX")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "in.csv"
    file.write_bytes(DATA)
    return file


@POSIX
@pytest.mark.parametrize("way", ["same", "link", "hard link", "other name"])
@pytest.mark.parametrize("force", [False, True])
def test_the_input_is_never_the_output(redaction: Guard, source: Path, way: str, force: bool) -> None:
    out = source.with_name("out.csv")
    if way == "link":
        out.symlink_to(source)
    elif way == "hard link":
        out.hardlink_to(source)
    else:
        out = source if way == "same" else source.parent / ".." / source.parent.name / source.name
    with pytest.raises(DataError, match="the output is the input"):
        sanitize_file(source, out, redaction, force=force)
    assert source.read_bytes() == DATA


def test_an_output_that_exists_is_replaced_only_when_asked(redaction: Guard, source: Path) -> None:
    out = source.with_name("out.csv")
    out.write_bytes(b"before")
    with pytest.raises(DataError, match="the output exists"):
        sanitize_file(source, out, redaction)
    assert out.read_bytes() == b"before"
    sanitize_file(source, out, redaction, force=True)
    assert b"<EMAIL_ADDRESS>" in out.read_bytes()


@POSIX
def test_modes_are_those_of_any_new_file_or_of_the_one_replaced(redaction: Guard, source: Path) -> None:
    out, fresh = source.with_name("out.csv"), source.with_name("fresh.csv")
    sanitize_file(source, out, redaction)
    fresh.write_bytes(b"")
    assert out.stat().st_mode == fresh.stat().st_mode
    out.chmod(0o640)
    sanitize_file(source, out, redaction, force=True)
    assert out.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.csv", b"", "is empty: a CSV file begins with the names of its columns"),
        ("blank.csv", b"\n \n\n", "is empty"),
        ("binary.csv", b"a,b\n\0\1", "it holds NUL bytes"),
        ("binary.jsonl", b"\0", "it holds NUL bytes"),
        ("quote.csv", b'a,"b\n1,2\n', "its header has a quote that is not closed"),
        ("latin.csv", b"a,\xe4\n1,2\n", "its header is not utf-8"),
        ("cut.csv.gz", gzip.compress(b"a,b\n" * 9_000)[:-20], "it is not a whole gzip file"),
        ("not.csv.gz", b"a,b\n", "it is not a whole gzip file"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_one_sentence(
    redaction: Guard, tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    source = tmp_path / name
    source.write_bytes(data)
    with pytest.raises(DataError, match=said):
        sanitize_file(source, tmp_path / f"out-{name}", redaction)
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"columns": [""]}, "name is empty"),
        ({"format": "xml"}, "known are csv, jsonl, parquet"),
        ({"on_block": "ignore"}, "known are withhold, drop, refuse"),
        ({"on_bad_row": "keep"}, "known are fail, skip"),
        ({"delimiter": ",,"}, "delimiter is one ASCII character"),
        ({"delimiter": "é"}, "delimiter is one ASCII character"),
        ({"quote_char": "\n"}, "quote_char is one ASCII character"),
        ({"delimiter": '"'}, "delimiter and quote_char are the same"),
        ({"workers": 0}, "at least 1 is needed"),
        ({"format": "jsonl"}, "output is named .csv but the input is jsonl"),
    ],
)
def test_an_option_that_can_t_be_meant_is_one_sentence(
    redaction: Guard, source: Path, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        sanitize_file(source, source.with_name("out.csv"), redaction, **options)


def test_folders_and_missing_files_are_the_system_s_own_errors(redaction: Guard, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sanitize_file(tmp_path / "no.csv", tmp_path / "out.csv", redaction)
    with pytest.raises(IsADirectoryError):
        sanitize_file(tmp_path, tmp_path / "out.csv", redaction, format="csv")


@POSIX
def test_a_pipe_is_refused(redaction: Guard, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    try:
        with pytest.raises(DataError, match="no regular file"):
            sanitize_file(f"/dev/fd/{reading}", tmp_path / "out.csv", redaction, format="csv")
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("failing", ["write", "fsync", "replace", "mkdir"])
def test_a_disk_that_fails_leaves_no_output_under_the_final_name(
    redaction: Guard, source: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    out = source.with_name("out.csv")
    if failing == "write":
        monkeypatch.setattr("bartizan.data._files._Run._packed_out", full)
    else:
        monkeypatch.setattr(f"bartizan.data._journal.os.{failing}", full)
    with pytest.raises(OSError, match="No space left"):
        sanitize_file(source, out, redaction)
    monkeypatch.undo()
    assert list(source.parent.iterdir()) == [source]
    sanitize_file(source, out, redaction)
    assert out.read_bytes() == b"id,body\n1,<EMAIL_ADDRESS>\n"


def test_an_input_that_changes_while_it_is_read_is_refused(redaction: Guard, source: Path) -> None:
    def grow(_: Progress) -> None:
        with source.open("ab") as stream:
            stream.write(b"2,x\n")

    with pytest.raises(DataError, match="was changed while it was read"):
        sanitize_file(source, source.with_name("out.csv"), redaction, progress=grow)
    assert not source.with_name("out.csv").exists()


@pytest.mark.parametrize("packed", [(".csv.gz", ".csv"), (".csv", ".csv.gz"), (".jsonl.gz", ".jsonl.gz")])
def test_gzip_is_read_and_written(redaction: Guard, tmp_path: Path, packed: tuple[str, str]) -> None:
    source, out = tmp_path / f"in{packed[0]}", tmp_path / f"out{packed[1]}"
    plain = DATA if "csv" in packed[0] else f'{{"a":"{EMAIL}"}}\n'.encode()
    source.write_bytes(gzip.compress(plain) if packed[0].endswith("gz") else plain)
    sanitize_file(source, out, redaction)
    written = gzip.decompress(out.read_bytes()) if packed[1].endswith("gz") else out.read_bytes()
    assert written == plain.replace(EMAIL.encode(), b"<EMAIL_ADDRESS>")


class TestPolicies:
    def test_one_that_scans_nothing_is_refused(self, sanitize: Sanitize) -> None:
        one = scanning("x")
        one.scanners[0].hooks = frozenset({"pre_prompt"})
        for guard in (Guard(plugins=[]), guarded(one)):
            with pytest.raises(DataError, match="no plugin of this policy scans training data"):
                sanitize(DATA, guard=guard)

    def test_one_that_only_monitors_is_refused(self, sanitize: Sanitize) -> None:
        with pytest.raises(DataError, match="monitor mode would leave what scans finds"):
            sanitize(DATA, guard=guarded(scanning("x"), mode="monitor"))

    def test_pseudonyms_are_refused(self, sanitize: Sanitize) -> None:
        with pytest.raises(BartizanError, match="outlives it"):
            sanitize(DATA, guard=guarded(scanning("x"), style="pseudonym"))

    def test_a_closed_guard_refuses(self, sanitize: Sanitize) -> None:
        guard = guarded(scanning("x"))
        guard.close()
        with pytest.raises(BartizanError, match="closed"):
            sanitize(DATA, guard=guard)

    def test_observers_are_told_before_the_output_appears_and_a_required_one_can_refuse_it(self, source: Path) -> None:
        out, seen = source.with_name("out.csv"), []

        def observe(self: Any, event: Event) -> None:
            seen.append((event.hook, event.findings_left_out, event.findings, out.exists()))
            raise RuntimeError

        watcher = plugin("watcher", attributes={"required": True}, observe=observe)
        with pytest.raises(PluginError, match="'watcher' raised RuntimeError"):
            sanitize_file(source, out, guarded(scanning("example"), watcher))
        assert seen[0] == ("on_train", 1, (), False)
        assert not out.exists()

    def test_an_unexpected_error_is_told_without_its_text(self, sanitize: Sanitize, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: object) -> None:
            raise ValueError(EMAIL)

        monkeypatch.setattr("bartizan.data._csv.CsvWorker._judge", broken)
        with pytest.raises(DataError, match="sanitising a chunk raised ValueError") as caught:
            sanitize(DATA)
        assert EMAIL not in str(caught.value)
        assert caught.value.__cause__ is caught.value.__context__ is None


def test_equal_short_values_are_judged_once(sanitize: Sanitize) -> None:
    words = Words("bad", "BAD", REDACT)
    out, report = sanitize(b"a\n" + b"so bad\n" * 500, guard=guarded(plugin("p", scanners=[words])))
    assert out == b"a\n" + b"so <BAD>\n" * 500
    assert report.findings == {"a": {"BAD": 500}}
    assert len([text for text in words.asked if "so bad" in text]) <= 2


def test_findings_that_unite_over_more_than_the_limit_are_withheld(sanitize: Sanitize) -> None:
    words = Words("x{150}", "LONG", REDACT)
    words.scan = lambda text, start=0: [  # type: ignore[method-assign]
        type(words).scan(words, text, at)[0] for at in range(text.find("x"), text.rfind("x") - 150, 100)
    ] if "x" in text else []  # fmt: skip
    words.pointwise = True
    out, report = sanitize(b"b\n" + b"x" * 70_000 + b"\n", guard=guarded(plugin("p", scanners=[words])))
    assert out == b"b\n<CLUSTER_TOO_LARGE>\n"
    assert report.withheld == 1
