"""The scanner keeps its contract with the engine, on texts dense in findings: pointwise, local, sound `pending`, streamed =
whole.

Each check is a function of a scanner and a text that returns what is wrong, so that scanners broken on purpose can show that it
can fail. The texts join true values, near misses, halves of values and glue by a seeded generator; hypothesis joins them in its
own ways.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.disguises import DISGUISES, mixed

from bartizan import Action, Finding
from bartizan_redaction import ENTITIES, Config, Custom, Redaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

JWT = "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiI0MiJ9.c2lnbmF0dXJl"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAu1SU1LfVLPHCozMx\nH2Mo4lgO/abc+def==\n-----END RSA PRIVATE KEY-----"
VALUES = [
    "jane.doe@mail.example.org",
    "o'neil+x@b-c.co.uk",
    "m\u00fcller@stra\u00dfe.de",
    "4111 1111 1111 1111",
    "5500-0000-0000-0004",
    "378282246310005",
    "DE89 3704 0044 0532 0130 00",
    "GB29NWBK60161331926819",
    "NO93 8601 1117 947",
    "536-22-1234",
    "536 22 1234",
    "10.20.30.40",
    "2001:db8::ff00:42:8329",
    "+44 20 7946 0958",
    "(415) 555-0132",
    "415.555.0132",
    "06 12 34 56 78",
    "tel: 4155550132",
    "A" + "KIA" + "Q3EGRZNK7WMLD2PB",
    "gh" + "p_" + "a1B2c3" * 6,
    "gl" + "pat-" + "a1B2c3D4e5F6g7H8i9J0",
    "xox" + "b-1234567890-" + "abcDEF123456",
    "sk" + "_live_" + "a1B2c3D4e5F6g7H8",
    "sk" + "-proj-" + "a1B2c3D4e5F6g7H8i9J0k1L2",
    "sk" + "-ant-" + "api03-a1B2c3D4e5F6g7H8i9J0k1L2",
    "hf" + "_" + "a1B2c3D4e5" * 4,
    "npm" + "_" + "a1B2c3" * 6,
    "SG." + "a1B2c3D4e5F6g7H8i9J0k1." + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V",
    "123456789:" + "AAa1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T"[:35],
    JWT,
    PEM,
    "password: hunter2",
    'api_key = "a1B2c3D4e5F6"',
    "token=a1B2c3D4e5&x=1",
    "passwd is Tr0ub4dor",
    "Authorization: Bearer a1B2c3D4e5F6g7H8",
    "--password s3cr3t99",
    "aws_secret_access_key = " + "a1B2c3D4e5" * 4,
    "AWS secret key | " + "a1B2c3D4e5" * 4 + " |",
    "\u041f\u0430\u0440\u043e\u043b\u044c: Tr0ub4dor22",
    "\u5bc6\u7801\uff1aTr0ub4dor22\uff0c",
    "mot de passe : Tr0ub4dor22",
    "contrase\u00f1a es Tr0ub4dor22",
    "<password>Tr0ub4dor22</password>",
    "define('AUTH_KEY', 'Tr0ub4dor22');",
    "name: DB_PASSWORD\n  value: Tr0ub4dor22!",
    "login bob password Tr0ub4dor22",
    "Server=db;Password=Tr0ub4dor22;",
    "jdbc:h2:mem?user=x&password=Tr0ub4dor22",
    "A1b2C3d4" * 8 + "\n" + "A1b2C3d4" * 3 + "\n-----END RSA PRIVATE KEY-----",
    "---- BEGIN SSH2 PRIVATE KEY ----\n" + "A1b2C3d4" * 8 + "\n---- END SSH2 PRIVATE KEY ----",
    "00:1a:2b:3c:4d:5e",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359",
    "912-70-1234",
    "AB 12 34 56 C",
    "NHS 943 476 5919",
    "36 574 261 809",
    "2 95 10 99 126 111 93",
    "54362315K",
    "X2482300W",
    "RCCMNL83S18D969H",
    "PESEL 44051401359",
    "aadhaar 2341 2341 2346",
    "ACUPA7085R",
    "390.533.447-05",
    "16.727.230/0001-97",
    "SIN 123-456-782",
    "TFN 123 456 782",
    "83 914 571 673",
    "BSN 111222333",
    "880320-0016",
    "BIC DEUTDEFF500",
    "DOB: 1980-02-29",
    "passport C12345678",
    "driving licence D1234567",
    "acct 12-34-56",
    "da" + "pi" + "0123456789abcdef" * 2,
    "dckr" + "_pat_" + "a1B2c3D4e5F6g7H8i9J0k1L",
    "MTExMTExMTExMTExMTExMTEx.a1B2c3.a1B2c3D4e5F6g7H8i9J0k1L2m3N",
    "Account" + "Key=" + "a1B2c3D4e5" * 8 + "a1B2c3==",
    "postgres://app:s3cr3t@db.test:5432/x",
    "https://joe:s3cr3t@localhost/x",
    "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
    "TCK-123456",
    "badge E-123456",
    "Project Falcon",
    "\u00e9\u00e9\u00e9 zeta \u00e9\u00e9",
]
NEAR = [
    "Chrome/120.0.150.20",
    "978-0-306-40615-7",
    "4111 1111 1111 1112",
    "DE89 3704 0044 0532 0130 01",
    "000-12-3456",
    "1700000000",
    "550e8400-e29b-41d4-a716-446655440000",
    "a@b",
    "@",
    "git@github.com:x",
    "password: forgotten again",
    "api_key = os.environ['X']",
    "token: ${{ x }}",
    "eyJ",
    "eyJ.eyJ.",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "-----",
    "sk-",
    "gh" + "p_",
    "1.2.3.4.5",
    "12:30:45",
    "3.14159265358979",
    "employee",
    "Project",
    "E-123456",
    "TCK-",
    "\U0001f600",
    "\u5bc6\u7801",
    "\ud800",
]
GLUE = [
    "",
    "",
    "",
    " ",
    " ",
    " ",
    "\n",
    ".",
    ",",
    ":",
    "-",
    "_",
    "/",
    "=",
    "+",
    "(",
    ")",
    '"',
    "'",
    "0",
    "1",
    "12",
    "a",
    "Z",
    "DE",
    "@",
    "\u00a0",
    "\t",
    "; ",
    "the ",
]

HALVES = [
    "jane [at] example [dot] org",
    "jane @ example . org",
    "jane@example[.]org",
    "j a n e @ e x",
    "jane [at] exam",
    "4 1 1 1 1 1 1 ",
    "6a 61 6e 65 ",
    "%4",
    "&#10",
    "&comm",
    "\\u00",
    "=\n",
    "\\\n",
    "\r\n",
    "\u200b",
    "\u200b" * 9,
    "\u2009",
    "\uff10",
    "\u0430",
    "\u0301",
    "\U000e0061",
    "%EF%BC",
    "YW5l",
    "\n> ",
    " @ ",
    " [at] ",
    "(dot)",
]
"""What hidden values end in when they are cut off, and what hides them."""

CONFIG = Config(
    allow_list=("*@allowed.test", "10.20.30.41"),
    custom={
        "TICKET": Custom(regex=r"TCK-\d{6}"),
        "DIGITS": Custom(regex=r"\d{4}", max_span=4),
        "BADGE": Custom(regex=r"E-\d{6}", context_words=("employee", "badge")),
        "PROJECT": Custom(deny_list=("Project Falcon", "\u00e9\u00e9\u00e9 zeta")),
        "EDGE": Custom(regex=r"\bz\w+a\b|^the", max_span=12),
    },
)
PLAIN = Redaction(Config()).scanners[0]
PLAIN_WHYS = {entity.why for entity in ENTITIES}
FULL = Redaction(CONFIG).scanners[0]


def hidden(rng: random.Random) -> str:
    """A value, hidden one way or another, or a piece of it."""
    value = rng.choice(VALUES)
    way = rng.choice(list(DISGUISES))
    out = mixed(value, rng) if rng.random() < 0.15 else DISGUISES[way](value.encode("latin-1", "ignore").decode("latin-1"))
    if rng.random() < 0.2:
        begin = rng.randrange(max(1, len(out)))
        return out[begin : begin + rng.randint(1, max(2, len(out) // 2))]
    return out


def dense(rng: random.Random, longest: int = 16) -> str:
    """A text of joined values, plain and hidden, near misses, pieces of values and glue."""
    out: list[str] = []
    share = rng.choice([0, 0.15, 0.5])
    for _ in range(rng.randint(1, longest)):
        kind = rng.random()
        piece = rng.choice(VALUES) if kind < 0.75 else rng.choice(NEAR)
        if 0.68 < kind < 0.8:
            begin = rng.randrange(len(piece))
            piece = piece[begin : begin + rng.randint(1, 30)]
        if rng.random() < share:
            piece = hidden(rng) if rng.random() < 0.8 else rng.choice(HALVES)
        out += [piece, rng.choice(GLUE), " " if rng.random() < 0.5 else rng.choice(GLUE)]
    return "".join(out)


def spans(scanner: Any, text: str, start: int = 0) -> set[tuple[int, int, str]]:
    return {(finding.start, finding.end, finding.label) for finding in scanner.scan(text, start)}


def not_pointwise(scanner: Any, text: str, rng: random.Random) -> str | None:
    everything = spans(scanner, text)
    for start in {rng.randint(0, len(text)) for _ in range(4)} | {begin for begin, _, _ in everything}:
        if spans(scanner, text, start) != {finding for finding in everything if finding[0] >= start}:
            return f"findings from {start} on depend on where scanning started: {text!r}"
    return None


def slips(scanner: Any, text: str, rng: random.Random) -> str | None:
    """Gates only save time: the entities, asked at every character, find the same."""
    found: dict[tuple[int, int], int] = {}
    for index, entity in enumerate(ENTITIES):
        for place in range(len(text)):
            span = entity.resolve(text, place)
            if span is not None and found.get(span, index) >= index:
                found[span] = index
    every = {(*span, ENTITIES[index].label) for span, index in found.items()}
    seen = {(f.start, f.end, f.label) for f in scanner.scan(text) if f.detail in PLAIN_WHYS}
    return None if seen == every else f"gates let slip {every ^ seen}: {text!r}"


def not_local(scanner: Any, text: str, rng: random.Random) -> str | None:
    around = scanner.lookaround
    # The text must be longer than what may be looked at.
    pad = "some plain words " * (around // 17 + 2)
    text = f"{pad}{text} {pad}"
    for begin, end, label in spans(scanner, text):
        if not 0 <= begin < end <= len(text) or end - begin > scanner.max_span:
            return f"{label} has an impossible span: {text!r}"
        left, right = max(0, begin - around), min(len(text), end + around)
        window = text[left:right]
        # Beyond the window anything may stand; where the window ends with the text, that end is part of what is seen.
        before = dense(rng, 2) if left else ""
        after = dense(rng, 2) if right < len(text) else ""
        for changed, shift in ((window, left), (before + window + after, left - len(before))):
            if (begin - shift, end - shift, label) not in spans(scanner, changed):
                return f"{label} at {begin}:{end} depends on more than its surroundings: {text!r}"
            extra = {f for f in spans(scanner, changed, begin - shift) if f[:2] == (begin - shift, end - shift)}
            if extra != {(b - shift, e - shift, name) for b, e, name in spans(scanner, text) if (b, e) == (begin, end)}:
                return f"the labels at {begin}:{end} depend on more than its surroundings: {text!r}"
    return None


def not_settled(scanner: Any, text: str, rng: random.Random) -> str | None:
    """`pending` promises too much: a finding before it is not the same under some continuation."""
    cut = rng.randint(0, len(text))
    head = text[:cut]
    start = rng.choice([0, rng.randint(0, cut)])
    place = scanner.pending(head, start)
    if not start <= place <= len(head):
        return f"pending is outside [start, length]: {text!r}"
    seen = {finding for finding in spans(scanner, head, start) if finding[0] < place}
    for continuation in (text[cut:], dense(rng, 2), rng.choice(GLUE), ""):
        later = {finding for finding in spans(scanner, head + continuation, start) if finding[0] < place}
        if seen != later:
            return f"after {head!r} pending says {place}, but {continuation!r} changes {seen ^ later}"
    return None


def united(found: Iterable[tuple[int, int, str]]) -> list[list[int]]:
    out: list[list[int]] = []
    for begin, end, _ in sorted(found):
        if out and begin < out[-1][1]:
            out[-1][1] = max(out[-1][1], end)
        else:
            out.append([begin, end])
    return out


def masked(text: str, clusters: list[list[int]]) -> str:
    out, at = "", 0
    for begin, end in clusters:
        out, at = out + text[at:begin] + "<>", end
    return out + text[at:]


class Stream:
    """The engine's stream for one pointwise scanner, written anew from the contract."""

    def __init__(self, scanner: Any) -> None:
        self.scanner, self.cursor, self.base, self.buffer, self.out = scanner, 0, 0, "", 0
        self.found: list[tuple[int, int, str]] = []

    def feed(self, piece: str, *, end: bool = False) -> str:
        self.buffer += piece
        size = self.base + len(self.buffer)
        left = max(self.base, self.cursor - self.scanner.lookaround)
        window = self.buffer[left - self.base :]
        limit = size
        if not end:
            limit = max(self.cursor, size - self.scanner.max_span - self.scanner.lookaround + 1)
            limit = max(limit, left + self.scanner.pending(window, self.cursor - left))
        if limit > self.cursor or end:
            found = {(b + left, e + left, label) for b, e, label in spans(self.scanner, window, self.cursor - left)}
            self.found += [finding for finding in found if finding[0] < limit]
            self.cursor = limit
        clusters = united(self.found)
        release = min([limit] + [begin for begin, last in clusters if begin < limit < last])
        done = [[b - self.base, e - self.base] for b, e in clusters if e <= release]
        text = masked(self.buffer[: release - self.base], [[0, self.out - self.base], *done])[2:]
        self.out, self.found = release, [finding for finding in self.found if finding[1] > release]
        keep = max(self.base, min(release, self.cursor - self.scanner.lookaround))
        self.buffer, self.base = self.buffer[keep - self.base :], keep
        return text


def differs_streamed(scanner: Any, text: str, rng: random.Random) -> str | None:
    whole = masked(text, united(spans(scanner, text)))
    cuts = (
        sorted(rng.randint(0, len(text)) for _ in range(rng.randint(1, 12))) if rng.random() < 0.5 else list(range(len(text) + 1))
    )
    stream, got = Stream(scanner), ""
    for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        got += stream.feed(text[begin:end])
    got += stream.feed("", end=True)
    return None if got == whole else f"streamed differs from whole, cut at {cuts}: {text!r}"


Check = "Callable[[Any, str, random.Random], str | None]"
CHECKS = [not_pointwise, not_local, not_settled, differs_streamed]
ROUNDS = {not_pointwise: 120, not_local: 40, not_settled: 500, differs_streamed: 40}


@pytest.mark.parametrize("scanner", [PLAIN, FULL], ids=["default", "with custom"])
@pytest.mark.parametrize("check", CHECKS)
def test_contract_holds_on_dense_texts(check: Callable[[Any, str, random.Random], str | None], scanner: Any) -> None:
    rng, findings, labels = random.Random(20260), 0, set()
    for _ in range(ROUNDS[check]):
        text = dense(rng)
        assert check(scanner, text, rng) is None
        seen = spans(scanner, text)
        findings, labels = findings + len(seen), labels | {label for _, _, label in seen}
    print(f"{check.__name__}: {ROUNDS[check]} texts, {findings / ROUNDS[check]:.1f} findings a text, {len(labels)} labels")
    assert findings / ROUNDS[check] > 2.5
    assert len(labels) > 18


def test_gates_let_nothing_slip() -> None:
    rng = random.Random(11)
    for _ in range(150):
        assert slips(PLAIN, dense(rng, 8), rng) is None


def test_every_label_occurs_in_the_dense_texts() -> None:
    rng, labels = random.Random(3), set[str]()
    for _ in range(400):
        labels |= {label for _, _, label in spans(FULL, dense(rng))}
    assert {label for value in VALUES for _, _, label in spans(FULL, value)} <= labels


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.one_of(st.sampled_from(VALUES + NEAR + GLUE), st.text(max_size=6)), max_size=10).map("".join),
    st.randoms(use_true_random=False),
)
def test_contract_holds_on_any_text(text: str, rng: random.Random) -> None:
    for check in CHECKS:
        assert check(FULL, text, rng) is None


class Broken:
    """A scanner with one part replaced by a wrong one."""

    pointwise = True

    def __init__(self, inner: Any, **changes: Any) -> None:
        self.inner, self.max_span, self.lookaround = inner, inner.max_span, inner.lookaround
        self.scan, self.pending = inner.scan, inner.pending
        for name, value in changes.items():
            setattr(self, name, value)


def eager(text: str, start: int) -> int:
    """A `pending` that thinks that everything is settled."""
    return max(start, len(text))


def last_word_only(text: str, start: int) -> int:
    """A `pending` that forgets values written in groups and keys of many lines."""
    return max(start, len(text) - len(text.rsplit(" ", maxsplit=1)[-1]))


def left_to_right(text: str, start: int = 0) -> list[Finding]:
    """A search that goes on behind each finding: whether one is found depends on where the search began."""
    out: list[Finding] = []
    for finding in sorted(FULL.scan(text, start), key=lambda found: (found.start or 0, -(found.end or 0))):
        if not out or (finding.start or 0) >= (out[-1].end or 0):
            out.append(finding)
    return out


def half_asleep(text: str, start: int = 0) -> list[Finding]:
    """Gates that miss what stands behind an underscore."""
    return [found for found in PLAIN.scan(text, start) if text[(found.start or 0) - 1] != "_"]


def without_context(text: str, start: int = 0) -> list[Finding]:
    """What stands before `start` is not looked at."""
    found = FULL.scan(text[start:])
    return [Finding(f.label, Action.REDACT, start=(f.start or 0) + start, end=(f.end or 0) + start) for f in found]


def counted(text: str, start: int = 0) -> list[Finding]:
    """Findings that stand or fall with how many others there are."""
    found = FULL.scan(text)
    return [finding for finding in found if (finding.start or 0) >= start] if len(found) % 2 else []


def in_bytes(text: str, start: int = 0) -> list[Finding]:
    """Offsets in bytes, as RE2 counts."""

    def size(end: int | None) -> int:
        return len(text[:end].encode("utf-8", "replace"))

    return [Finding(f.label, Action.REDACT, start=size(f.start), end=size(f.end)) for f in FULL.scan(text, start)]


@pytest.mark.parametrize(
    ("check", "scanner"),
    [
        (slips, Broken(PLAIN, scan=half_asleep)),
        (not_pointwise, Broken(FULL, scan=left_to_right)),
        (not_pointwise, Broken(FULL, scan=without_context)),
        (not_local, Broken(FULL, scan=counted)),
        (not_local, Broken(FULL, scan=in_bytes)),
        (not_local, Broken(FULL, lookaround=4)),
        (not_local, Broken(FULL, max_span=30)),
        (not_settled, Broken(FULL, pending=eager)),
        (not_settled, Broken(FULL, pending=last_word_only)),
        (not_settled, Broken(FULL, pending=lambda text, start: len(text) + 1)),
        (differs_streamed, Broken(FULL, pending=eager)),
        (differs_streamed, Broken(FULL, pending=last_word_only)),
        (differs_streamed, Broken(FULL, lookaround=4)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_checks_catch_a_broken_scanner(check: Callable[[Any, str, random.Random], str | None], scanner: Any) -> None:
    rng = random.Random(5)
    assert any(check(scanner, dense(rng), rng) for _ in range(400))


def test_offsets_are_in_characters_for_any_script() -> None:
    for before in (
        "",
        "\u00e9",
        "\u5bc6\u7801",
        "\U0001f600\U0001f600 ",
        "\ud800 ",
        "x" * 5000 + " \u00e9 ",
        "\u00e9" * 5000 + " ",
    ):
        for value in ("jane@example.org", "TCK-123456", "Project Falcon", "10.20.30.40"):
            text = f"{before} {value} \u00fc"
            begin = len(before) + 1
            assert (begin, begin + len(value)) in {(b, e) for b, e, _ in spans(FULL, text)}
