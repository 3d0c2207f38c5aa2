"""A day in operations, as typed: three environments that extend one policy, and every command that looks after them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bartizan import Guard

if TYPE_CHECKING:
    from pathlib import Path

BASE = r"""
[guard]
plugins = ["validation", "redaction", "rbac", "audit"]
[plugins.redaction]
entities = ["default", "EMPLOYEE_ID"]
allow_list = ["help@acme.test", "*@acme.test"]
[plugins.redaction.custom.EMPLOYEE_ID]
regex = 'E-\d{6}'
context_words = ["employee", "badge"]
[plugins.redaction.actions]
CREDIT_CARD = "block"
secrets = "block"
EMPLOYEE_ID = "redact"
[[plugins.redaction.rules]]
hooks = ["post_response"]
labels = ["pii"]
action = "redact"
style = "mask"
[plugins.rbac.roles.user]
allow = ["query", { action = "retrieve", when = "resource.tenant == principal.tenant" }]
[plugins.rbac.roles.admin]
inherits = ["user"]
allow = ["deploy", { action = "tool:pay", when = "args.amount > 0 and args.amount <= 100" }]
ask = [{ action = "tool:pay", when = "args.amount > 100" }]
deny = ["tool:shell"]
[plugins.audit]
path = "audit.db"
"""
DEV = 'extends = "base.toml"\n[guard]\nmode = "monitor"\n'
PROD = 'extends = "base.toml"\n[plugins.validation]\nmode = "monitor"\n'
STRICT = """
extends = "prod.toml"
[guard]
timeout_s = 1.0
[plugins.validation]
mode = "enforce"
max_chars = 20_000
[[plugins.redaction.rules]]
origins = ["tool", "document"]
labels = ["*"]
action = "block"
"""
APP = "from langchain_core.language_models.fake_chat_models import ParrotFakeChatModel as Parrot\nprint(Parrot().invoke('hello').content)\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"base": BASE, "dev": DEV, "prod": PROD, "strict": STRICT}.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    (tmp_path / "inbox.txt").write_text("write to jane@example.com, card 4111 1111 1111 1111\n", encoding="utf-8")
    (tmp_path / "tickets.csv").write_text("id,body\n1,mail jane@example.com\n", encoding="utf-8")
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "BARTIZAN_POLICY"}
    command = [sys.executable, "-W", "error", "-m", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env={**clean, **environment}, timeout=120, check=False
    )


def test_the_day_in_operations(folder: Path) -> None:
    checked = run(folder, "bartizan", "policy", "check", "prod.toml", COLUMNS="200")
    assert checked.returncode == 0, checked.stderr
    assert "can be put in force" in checked.stdout
    explained = run(
        folder, "bartizan", "policy", "explain", "prod.toml", "--role", "user", "--action", "tool:pay", "--arg", "amount=500"
    )
    assert explained.returncode == 0
    assert "deny" in explained.stdout
    assert "audit" in run(folder, "bartizan", "plugins", "--policy", "prod.toml", COLUMNS="200").stdout
    scanned = run(folder, "bartizan", "scan", "inbox.txt", "--policy", "prod.toml", "--json")
    assert scanned.returncode == 1
    assert [one["label"] for one in json.loads(scanned.stdout)["findings"]] == ["EMAIL_ADDRESS", "CREDIT_CARD"]
    tail = run(folder, "bartizan", "audit", "tail", "--policy", "prod.toml", "--label", "CREDIT_CARD", "--json")
    assert len(tail.stdout.splitlines()) == 1, tail.stderr
    assert run(folder, "bartizan", "redact", "inbox.txt").stdout == "write to <EMAIL_ADDRESS>, card <CREDIT_CARD>\n"
    refused = run(folder, "bartizan", "redact", "tickets.csv")
    assert refused.returncode == 2
    assert "bartizan sanitize" in refused.stderr
    guarded = run(folder, "bartizan_langchain", "app.py", BARTIZAN_POLICY="prod.toml")
    assert guarded.stdout == "hello\n", guarded.stderr
    verified = run(folder, "bartizan", "audit", "verify", "--policy", "prod.toml")
    assert verified.returncode == 0, verified.stdout
    told = "".join(path.read_bytes().decode("latin-1") for path in folder.glob("audit.db*"))
    assert "jane@example.com" not in told
    assert "4111" not in told


def test_monitor_mode_in_one_environment_does_not_switch_access_control_off(folder: Path) -> None:
    with Guard.from_file(folder / "dev.toml") as guard:
        assert guard.pre_prompt("card 4111 1111 1111 1111").text == "card 4111 1111 1111 1111"
        assert not guard.is_allowed("deploy")


def test_rules_of_an_extending_policy_come_after_those_it_extends(folder: Path) -> None:
    from bartizan import Origin, Segment

    page = Segment("mail jane@example.com", Origin.DOCUMENT)
    with Guard.from_file(folder / "strict.toml") as strict, Guard.from_file(folder / "prod.toml") as prod:
        assert strict.pre_prompt(page).blocked
        assert not prod.pre_prompt(page).blocked
        assert prod.pre_prompt("ask help@acme.test, badge E-123456").text == "ask help@acme.test, badge <EMPLOYEE_ID>"
