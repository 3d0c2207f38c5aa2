"""An audit log: what it records, how tampering shows, how old records and a person's traces go, and an alert."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from bartizan import Guard, Principal

POLICY = """
[guard]
plugins = ["validation", "redaction", "audit"]

[plugins.redaction]
actions = { CREDIT_CARD = "block" }

[plugins.audit]
path = "audit.db"
key_file = "keys/audit.key"          # keep it where whoever can write the log can't read it
checkpoints = "elsewhere/audit"      # and these where they can't write them
durability = "normal"

[plugins.audit.monitor]
refusals = 3                         # of one principal within a minute
"""


def audit(folder: Path, *command: str) -> None:
    """Run `bartizan audit ...` under the policy, as an operator would."""
    done = subprocess.run(  # noqa: S603 (this interpreter, fixed arguments)
        [sys.executable, "-m", "bartizan", "audit", *command, "--policy", "bartizan.toml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    print(f"$ bartizan audit {' '.join(command)}")
    for line in (done.stdout + done.stderr).splitlines():
        print(f"    {line.replace(str(folder), '...')[:150]}")
    print(f"    exit status {done.returncode}")


def main() -> None:
    """Record some calls, look at them, tamper with the log, and put it right again."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "elsewhere").mkdir()
        (folder / "bartizan.toml").write_text(POLICY, "utf-8")
        with Guard.from_file(folder / "bartizan.toml") as guard:
            guard.session(Principal("alice", tenant="acme")).pre_prompt("Tell jane@example.com that it works")
            bob = guard.session(Principal("bob", tenant="acme"))
            for _ in range(3):
                print(bob.pre_prompt("My card is 4111 1111 1111 1111").explain())

        audit(folder, "tail")
        audit(folder, "tail", "--kind", "alert")
        audit(folder, "verify")

        # Somebody without the key makes a refusal look like a note.
        with closing(sqlite3.connect(folder / "audit.db")) as connection, connection:
            (kept,) = connection.execute("SELECT body FROM records WHERE n = 2").fetchone()
            connection.execute("UPDATE records SET body = replace(body, 'block', 'note') WHERE n = 2")
        audit(folder, "verify")
        with closing(sqlite3.connect(folder / "audit.db")) as connection, connection:
            connection.execute("UPDATE records SET body = ? WHERE n = 2", (kept,))

        # Bob asks to be forgotten: his key goes, the records stay and still verify.
        audit(folder, "forget", "--subject", "bob", "--tenant", "acme")
        audit(folder, "tail", "-n", "2")
        audit(folder, "verify")


if __name__ == "__main__":
    main()
