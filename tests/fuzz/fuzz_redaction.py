"""Coverage-guided fuzzing of the whole scan, by atheris: no crash, no wrong span, streamed = whole.

    python tests/fuzz/fuzz_redaction.py -max_total_time=600

Options are libFuzzer's. The bytes choose among pieces of values and single characters, so that most texts are near a finding;
an input that fails is written to a file `crash-…`, which runs again when it is named as an argument. `--broken` swaps in a
scanner whose spans are off by one beyond ASCII, to show that this can fail.
"""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import atheris

with atheris.instrument_imports(include=["bartizan_redaction"]):
    from bartizan import Guard
    from bartizan_redaction import Config, Custom, Redaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bartizan import Finding

PIECES = [
    *(
        "jane.doe@",
        "mail.example.org",
        "4111 1111 1111 1111",
        "5500-0000",
        "-0000-0004",
        "DE89 3704 0044 0532 0130 00",
        "GB29NWBK",
    ),
    *("536-22-1234", "10.20.30.40", "2001:db8::", "ff00:42:8329", "+44 20 7946 0958", "(415) 555-", "0132", "tel: ", "password"),
    *(": ", "= ", "hunter2", "s3cr3t99", "gh" + "p_", "a1B2c3", "a1B2c3D4e5F6g7H8", "sk" + "-ant-", "ey" + "JhbGciOiJIUzI1NiJ9."),
    *("-----BEGIN ", "PRIVATE KEY-----\n", "-----END ", "MIIEowIBAAKCAQEA", "Bearer ", "Basic ", "postgres://", "joe:", "@db/"),
    *(
        "DOB ",
        "1980-02-29",
        "passport ",
        "C12345678",
        "BIC DEUTDEFF500",
        "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359",
        "%40",
        "&#64;",
    ),
    *(
        "\\u0040",
        "amFuZUBleGFtcGxlLm9yZw==",
        "6a616e65",
        "\u200b",
        "\u00ad",
        "\uff14\uff11",
        "\u0664",
        "\u2011",
        "\u00a0",
        "\u0301",
    ),
    *(
        "\U0001f600",
        "\u5bc6\u7801",
        "\ud800",
        "e\u0301",
        "\U000e0061",
        " ",
        "\n",
        "\t",
        ".",
        ",",
        ";",
        "-",
        "_",
        "/",
        "\\",
        '"',
        "'",
    ),
]
CONFIG = Config(custom={"DIGITS": Custom(regex=r"[0-9]{4}", max_span=4), "WORD": Custom(deny_list=("\u00e9t\u00e9 zeta",))})
ONE_IN = 4
REPORTED = 1_000
SHAPES = {"DIGITS": re.compile("[0-9]{4}"), "US_SSN": re.compile(r"(?s).{9,}"), "CREDIT_CARD": re.compile(r"(?s).{13,}")}


class Broken:
    """Spans in bytes, as RE2 gives them."""

    def __init__(self, scanner: Any) -> None:
        self.max_span, self.lookaround, self.pointwise = scanner.max_span, scanner.lookaround, True
        self.pending = scanner.pending
        self._scanner = scanner

    def scan(self, text: str, start: int = 0) -> Iterator[Finding]:
        for finding in self._scanner.scan(text, start):
            shift = len(text[: finding.start].encode("utf-8", "replace")) - finding.start
            yield type(finding)(finding.label, finding.action, start=finding.start + shift, end=finding.end + shift)


class Scans:
    """A plugin of one scanner."""

    def __init__(self, scanner: Any) -> None:
        self.scanners = (scanner,)


def text_and_cuts(data: bytes) -> tuple[str, list[int]]:
    """The text that the bytes spell, and where to cut it."""
    provider = atheris.FuzzedDataProvider(data)
    out = []
    cuts = [provider.ConsumeIntInRange(0, 400) for _ in range(4)]
    while provider.remaining_bytes():
        choice = provider.ConsumeIntInRange(0, len(PIECES) * ONE_IN // (ONE_IN - 1))
        out.append(PIECES[choice] if choice < len(PIECES) else provider.ConsumeUnicode(3))
    text = "".join(out)
    return text, sorted(cut for cut in cuts if cut <= len(text))


def spans(found: Iterable[Finding]) -> list[tuple[int, int, str]]:
    """Spans and labels, in order."""
    return sorted((finding.start or 0, finding.end or 0, finding.label) for finding in found)


def check(scanner: Any, guard: Guard, text: str, cuts: list[int]) -> int:
    """What must hold of any text; returns how much was found in it.

    Raises:
        AssertionError: it does not.
    """
    findings = list(scanner.scan(text))
    found = spans(findings)
    for begin, end, label in found:
        assert 0 <= begin < end <= len(text), f"{label} lies outside the text"
        assert end - begin <= scanner.max_span, f"{label} is longer than max_span"
    for finding in findings:
        # What is hidden says how, behind a comma: it reads otherwise than it stands.
        shape = None if "," in finding.detail else SHAPES.get(finding.label)
        value = text[finding.start : finding.end]
        assert shape is None or shape.fullmatch(value), f"{finding.label} does not lie where its value is"
    for cut in cuts:
        assert spans(scanner.scan(text, cut)) == [one for one in found if one[0] >= cut], "where scanning starts changes findings"
    pieces = [text[begin:end] for begin, end in pairwise([0, *cuts, len(text)])]
    whole = guard.post_response(text).text
    assert "".join(guard.stream_response(pieces)) == whole, "streamed differs from whole"
    return len(found)


def main() -> None:
    """Fuzz until libFuzzer's limits are met; a failed check is a crash."""
    scanner: Any = Redaction(CONFIG).scanners[0]
    if "--broken" in sys.argv:
        sys.argv.remove("--broken")
        scanner = Broken(scanner)
    guard = Guard(plugins=[Scans(scanner)])
    seen = hits = 0

    def one(data: bytes) -> None:
        nonlocal seen, hits
        text, cuts = text_and_cuts(data)
        hits += check(scanner, guard, text, cuts)
        seen += 1
        if seen % REPORTED == 0:  # libFuzzer ends the process itself, so there is no later moment
            print(f"{seen} texts, {hits} findings", file=sys.stderr)

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
