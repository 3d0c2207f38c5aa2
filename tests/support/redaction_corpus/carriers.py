# ruff: noqa: RUF001 - other scripts, their digits and their punctuation are what is written here
"""Texts that carry a value: chat, e-mail, logs, configuration, tables, code, markup, several languages."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from support.redaction_corpus import contact, documents, finance, keys, national, national_europe, network
from support.redaction_corpus.model import Kind, Sample, Value

if TYPE_CHECKING:
    import random

KINDS: tuple[Kind, ...] = (
    *contact.KINDS,
    *finance.KINDS,
    *network.KINDS,
    *national.KINDS,
    *national_europe.KINDS,
    *documents.KINDS,
    *keys.KINDS,
)
BY_NAME = {kind.name: kind for kind in KINDS}

# Each carrier: its text, and the characters that a value must not have to stand there as it is.
NAMED: tuple[tuple[str, str, str], ...] = (
    ("chat", "hey, my {n} is {v} thanks", "\n"),
    ("chat", "{n}: {v}", ""),
    ("chat", "{n} {v}", ""),
    ("chat", "My {n} is {v}.", "\n"),
    ("chat", "Could you update the record? The {n} should be {v}, not the old one.", "\n"),
    ("chat", "what is wrong with this {n}? {v}", ""),
    ("e-mail", "Dear team,\n\nplease find my {n} below.\n\n{n}: {v}\n\nBest regards,\nAnn", ""),
    ("e-mail", "> {n}: {v}\n> sent from my phone", "\n"),
    ("brackets", "The customer ({n}: {v}) asked for a refund.", "\n"),
    ("form", "Name: Ann Example\n{n}: {v}\nCity: Leeds\n", ""),
    ("form", "{n} = {v}", ""),
    ("markdown", "| Field | Value |\n|---|---|\n| {n} | {v} |\n", "|\n"),
    ("markdown", "- **{n}:** {v}\n- **Status:** open", "*\n"),
    ("html", "<tr><td>{n}</td><td>{v}</td></tr>", "<>&\"'\n"),
    ("html", '<label>{n}</label> <input value="{v}">', "<>&\"'\n"),
)
KEYED: tuple[tuple[str, str, str], ...] = (
    ("json", '{"id": 7, "{k}": "{v}", "ok": true}', '"\\\n'),
    ("json", '{"user":{"name":"Ann","{k}":"{v}"}}', '"\\\n'),
    ("yaml", "user:\n  name: Ann\n  {k}: {v}\n", "\"'#{}[]&*!|>%@\n"),
    ("yaml", "{k}: '{v}'", "'\n"),
    (".env", "DEBUG=1\n{k}={v}\nPORT=8080\n", " \"'#$`\\()&;\n"),
    ("csv", "id,name,{k}\n7,Ann Example,{v}\n", ',"\n'),
    ("csv", 'id;{k};city\n7;"{v}";Leeds\n', '";\n'),
    ("python", '{k} = "{v}"', '"\\\n'),
    ("python", "record = dict({k}='{v}', city='Leeds')", "'\\\n"),
    ("javascript", 'const user = { {k}: "{v}", active: true };', '"\\\n'),
    ("java", 'user.set("{k}", "{v}");', '"\\\n'),
    ("sql", "UPDATE people SET {k} = '{v}' WHERE id = 7;", "'\n"),
    ("log", "2026-03-04T10:11:12Z INFO worker[31]: {k}={v} status=200", " \"'\n"),
    ("url", "https://example.com/search?page=2&{k}={v}", string.whitespace + "+&=#%?/\"'<>\\|[]{}^`,;()°′″~$!*"),
    ("xml", "<person><{k}>{v}</{k}></person>", "<>&\n"),
)
BARE: tuple[tuple[str, str, str], ...] = (
    ("chat", "Please check {v} and get back to me.", "\n"),
    ("chat", "{v}", ""),
    ("chat", "is it {v}?", "\n"),
    ("chat", "I used {v}, but it didn't work; what now?", "\n"),
    ("chat", "Bitte {v} heute noch prüfen, danke.", "\n"),
    ("chat", "Merci de vérifier {v} avant demain.", "\n"),
    ("chat", "por favor revisa {v} hoy", "\n"),
    ("chat", "Proszę sprawdzić {v}.", "\n"),
    ("chat", "проверьте {v} пожалуйста", "\n"),
    ("chat", "请核对{v}，谢谢。", "\n"),
    ("chat", "確認してください：{v}です", "\n"),
    ("brackets", "({v})", "\n"),
    ("brackets", "see [{v}] above", "\n"),
    ("quotes", 'it says "{v}" here', '"\n'),
    ("quotes", "“{v}” was rejected", "\n"),
    ("quotes", "it says '{v}' here", "'\n"),
    ("quotes", "run it with `{v}`", "`\n"),
    ("quotes", "«{v}»", "\n"),
    ("brackets", "<{v}>", "<>\n"),
    ("e-mail", "> {v}\n> wrote on Tuesday", "\n"),
    ("log", "2026-03-04T10:11:12Z INFO worker[31]: processed {v} in 12 ms", "\n"),
    ("log", "[ERROR] lookup failed: {v}", ""),
    ("json", '{"value": "{v}", "ok": true}', '"\\\n'),
    ("json", '["a","{v}","b"]', '"\\\n'),
    ("csv", "7,{v},open\n", ',"\n'),
    ("csv", "a\t{v}\tb", "\t\n"),
    ("markdown", "| 7 | {v} | open |", "|\n"),
    ("markdown", "* {v}\n* other", "\n"),
    ("html", "<td>{v}</td>", "<>&\"'\n"),
    ("html", '<span data-v="{v}">x</span>', "<>&\"'\n"),
    ("javascript", "console.log('{v}');", "'\\\n"),
    ("go", 'fmt.Println("{v}")', '"\\\n'),
    ("sql", "SELECT * FROM t WHERE c = '{v}';", "'\n"),
    ("yaml", "- item: {v}", "\"'#{}[]&*!|>%@\n"),
    ("list", "one; {v}; three", ";\n"),
    ("list", "a/b {v}... and so on", "\n"),
)
NO_SPACES = frozenset({"请核对{v}，谢谢。", "確認してください：{v}です"})


def place(kind: Kind, value: Value, rng: random.Random) -> Sample:
    """The value in a carrier that it can stand in unescaped: one without context if it is `bare` (half of the time)."""
    choices: list[tuple[str, str, str]]
    roll = rng.random()
    if value.bare and roll < 0.5:
        choices = [c for c in BARE if value.text.isascii() or c[1] not in NO_SPACES]
    elif value.phrases and (roll < 0.85 or not kind.names):
        choices = [("phrase", phrase, "") for phrase in value.phrases]
    elif kind.phrases and (roll < (0.7 if value.bare else 0.4) or not kind.names):
        # A kind without names has no other words to say what its value is.
        choices = [("phrase", phrase, "") for phrase in kind.phrases]
    elif kind.keys and roll < (0.85 if value.bare else 0.7):
        choices = list(KEYED)
    else:
        choices = list(NAMED)
    fitting = (
        [c for c in choices if not set(c[2]) & set(value.text)] or [c for c in choices if not c[2]] or [("chat", "{n}: {v}", "")]
    )
    carrier, template, _ = rng.choice(fitting)
    name = rng.choice(kind.names) if kind.names else ""
    key = rng.choice(kind.keys) if kind.keys else ""
    head, _, tail = template.partition("{v}")
    head, tail = (part.replace("{n}", name).replace("{k}", key) for part in (head, tail))
    begin = len(head)
    core = value.core or (0, len(value.text))
    return Sample(
        kind, head + value.text + tail, (begin + core[0], begin + core[1]), (begin, begin + len(value.text)), carrier, value.form
    )


def samples(kind: Kind, count: int, rng: random.Random) -> list[Sample]:
    """That many placed values of the kind."""
    return [place(kind, kind.make(rng), rng) for _ in range(count)]
