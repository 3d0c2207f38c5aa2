"""The same log in PostgreSQL, on a real server of its own in a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bartizan import Guard, Principal
from bartizan_audit import Audit, AuditError, Config, verify
from bartizan_audit._entry import Entry
from bartizan_audit._opening import keys_of, log_of, store_of
from bartizan_audit._tools import Tools

if TYPE_CHECKING:
    from collections.abc import Iterator

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:] or [
    Path(found).parent for found in [shutil.which("initdb")] if found
]
pytestmark = [
    pytest.mark.skipif(not BINARIES, reason="PostgreSQL's server (initdb, pg_ctl) is not installed"),
    pytest.mark.skipif(os.name != "posix", reason="starts the server as POSIX does"),
]
WRITER = """
import sys
from bartizan_audit import Config
from bartizan_audit._entry import Entry
from bartizan_audit._opening import log_of
log = log_of(Config.model_validate_json(sys.argv[1]))
for i in range(50):
    log.append(Entry(f'{{"kind":"event","t":{i}}}', ("acme", f"user {i % 3}"), '{"principal":"x"}'))
log.close()
"""


def unprivileged() -> dict[str, Any]:
    """The server refuses to run as root."""
    if os.getuid() != 0:
        return {}
    names = {one.pw_name for one in pwd.getpwall()}
    name = next((name for name in ("postgres", "nobody") if name in names), None)
    if name is None:
        pytest.skip("runs as root, and there is neither a user postgres nor nobody to start the server as")
    return {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server on a socket; its folder in the connection string."""
    who = unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if who:
        os.chown(folder, pwd.getpwnam(who["user"]).pw_uid, who["group"])
    data = folder / "data"
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    run = {
        "cwd": folder,
        "env": environment,
        "timeout": 120,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    subprocess.run(
        [BINARIES[0] / "initdb", "-D", data, "-A", "trust", "-U", "audit", "-k", "--no-sync"], check=True, **run, **who
    )
    try:
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c max_connections=40"
        subprocess.run(
            [BINARIES[0] / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"], check=True, **run, **who
        )
        yield f"host={folder} user=audit"
        subprocess.run([BINARIES[0] / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"], check=True, **run, **who)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def config(server: str, tmp_path: Path, request: pytest.FixtureRequest) -> Config:
    import psycopg

    name = f"log_{abs(hash(request.node.name)) % 10**9}"
    with psycopg.connect(f"{server} dbname=postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return Config(postgres=f"{server} dbname={name}", key_file=tmp_path / "key", checkpoints=tmp_path / "checkpoints")


def checked(config: Config) -> Any:
    return verify(store_of(config), keys_of(config, there=True), config.checkpoint_file)


def edit(config: Config, statement: str) -> None:
    import psycopg

    with psycopg.connect(config.postgres or "", autocommit=True) as connection:
        connection.execute("SET search_path = bartizan_audit")
        connection.execute(statement)


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_a_guard_records_and_the_same_verify_holds(config: Config, durability: str) -> None:
    config = config.model_copy(update={"durability": durability})
    with Guard(plugins=["redaction", Audit(config)]) as guard:
        for _ in range(5):
            guard.session(Principal("alice", tenant="acme"), id="s").pre_prompt("mail jane@example.com")
    report = checked(config)
    assert report.problems == []
    assert report.records == report.signed == 5
    (found,) = Tools(config).tail({"labels": frozenset({"EMAIL_ADDRESS"})}, 1, follow=False, go_on=lambda _: False)
    assert found[0]["principal"] == "alice"


def test_several_processes_write_one_chain(config: Config) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, config.model_dump_json()], stderr=subprocess.PIPE) for _ in range(4)
    ]
    for one in running:
        _, errors = one.communicate(timeout=90)
        assert one.returncode == 0, errors
    report = checked(config)
    assert report.problems == []
    assert report.records == report.signed == 200


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE records SET body = replace(body, '4', '5') WHERE n = 5", "record 5 was"),
        ("DELETE FROM records WHERE n = 5", "record 5 is missing"),
        ("DELETE FROM records WHERE n > 7", "ends at record 7"),
        ("UPDATE records SET mac = decode(repeat('00', 32), 'hex') WHERE n = 5", "record 5 was"),
        ("UPDATE records SET sealed = NULL, subject = NULL WHERE n = 5", "record 5 was"),
        ("DELETE FROM subjects", "no record says that it was forgotten"),
        ("UPDATE log SET id = decode(repeat('00', 16), 'hex')", "another log"),
    ],
)
def test_tampering_is_found(config: Config, statement: str, where: str) -> None:
    log = log_of(config)
    for i in range(10):
        log.append(Entry(f'{{"kind":"event","t":{i}}}', ("acme", "alice"), '{"principal":"alice"}'))
    log.close()
    assert checked(config).intact
    edit(config, statement)
    assert any(where in problem for problem in checked(config).problems)


def test_pruning_and_forgetting_leave_a_log_that_verifies(config: Config) -> None:
    log = log_of(config)
    for i in range(10):
        log.append(Entry(f'{{"kind":"event","t":{i}}}', ("acme", "alice"), '{"principal":"alice"}'))
    tools = Tools(config)
    assert tools.prune(4) == (4, 4)
    assert tools.forget("alice", "acme")
    log.append(Entry('{"kind":"event","t":20}'))
    log.close()
    report = checked(config)
    assert report.problems == []
    assert (report.first, report.last, report.forgotten) == (5, 13, 1)


def test_a_server_that_is_gone_refuses_without_naming_a_password(tmp_path: Path) -> None:
    config = Config(
        postgres=f"host={tmp_path} user=audit password=hunter2 dbname=x", key_file=tmp_path / "key", checkpoints=tmp_path / "c"
    )
    with pytest.raises(AuditError) as raised:
        log_of(config).append(Entry('{"kind":"event","t":1}'))
    assert "hunter2" not in str(raised.value)
    assert "hunter2" not in repr(raised.value.__context__)
