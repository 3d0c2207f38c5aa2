"""Programs as users write them: they run as they stand, warnings being errors, with a local server in the place of the hosted model.

mypy and pyright check them with the rest (see pyproject.toml).
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(scope="module")
def server() -> Any:
    spec = importlib.util.spec_from_file_location("provider_server_of_programs", Path(__file__).with_name("provider_server.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.Provider() as provider:
        yield provider


@pytest.fixture
def run(tmp_path: Path, server: Any) -> Any:
    """Runs a program in a folder of its own, beside its policy; gives what it printed."""
    server.bodies.clear()
    proxies = {"http_proxy", "https_proxy", "all_proxy"}
    env = {name: value for name, value in os.environ.items() if name.lower() not in proxies}
    env |= {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": f"{server.url}/v1", "PYTHONUTF8": "1"}
    shutil.copytree(PROGRAMS, tmp_path, dirs_exist_ok=True)

    def started(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            encoding="utf-8",
            env=env,
            stdin=subprocess.DEVNULL,
            timeout=180,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return started


def test_a_callback_on_a_chain(run: Any) -> None:
    # The system prompt's own address is noted, the card redacted in place; where it may not, it refuses.
    assert run("-W", "error", "callback_on_a_chain.py").split("\n")[:-1] == ["ok", "redaction CREDIT_CARD REDACT"]


def test_a_guarded_model_streams(run: Any, server: Any) -> None:
    server.script = [("Write to joe@example.com, or to help@acme.test.", [])]
    out = run("-W", "error", "stream_in_lcel.py")
    assert "joe@" not in out
    assert out.startswith("Write to ")
    assert out.endswith(", or to help@acme.test.")
    (body,) = server.bodies
    assert b"jane@" not in body
    assert b"<EMAIL_ADDRESS>" in body


def test_a_secret_in_the_stream_ends_it_before_it_is_out(run: Any, server: Any) -> None:
    key = "gh" + "p_" + "Invented1" * 4
    server.script = [(f"The key is {key}, keep it.", [])]
    out = run("-W", "error", "stream_in_lcel.py")
    assert out.startswith("The key is \n[withheld]")
    assert key[:8] not in out


def test_an_agent_pays_what_a_person_approved_and_once(run: Any, server: Any) -> None:
    server.script = [("", [("pay", {"amount": 500, "to": "bob"})]), ("Bob has it.", [])]
    assert run("-W", "error", "agent_with_approval.py").split("\n")[:-1] == ["PAID 500.0 bob", "Bob has it.", "allow"]
    roles = [message["role"] for message in json.loads(server.bodies[-1])["messages"]]
    assert roles == ["user", "assistant", "tool"]


def test_an_author_s_tests_pass(run: Any) -> None:
    settings = ("-o", "filterwarnings=error", "-o", "asyncio_default_fixture_loop_scope=function")
    out = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir=.", *settings, "app_tests.py")
    assert "4 passed" in out


def test_pseudonyms_come_back_in_a_chat_and_to_nobody_else(run: Any) -> None:
    one, two, leaked, other = run("-W", "error", "chat_with_pseudonyms.py").split("\n")[:-1]
    assert one == two == "Dear jane@example.com, hello"
    assert leaked == "False True"
    assert "jane" not in other
