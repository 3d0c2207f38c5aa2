"""All checks of the repository in one command: `python check.py`. Parts of it: `python check.py lint|types|tests|bench|versions`.

Every step runs, whatever the ones before it said; the exit status is 0 only if none failed. What `tests`, `bench` and
`versions` don't know they hand to pytest: `python check.py tests tests/core -k stream`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PACKAGES = (
    "bartizan",
    "bartizan_adapters",
    "bartizan_audit",
    "bartizan_cedar",
    "bartizan_langchain",
    "bartizan_limits",
    "bartizan_llamaindex",
    "bartizan_rbac",
    "bartizan_redaction",
    "bartizan_validation",
    "bartizan_web",
)
BENCH_OPTIONS = ("-o", "python_files=bench_*.py", "-o", "python_functions=bench_* test_*", "-s", "--benchmark-disable-gc")
"""Benchmarks have names of their own, so that no run of the tests collects them; -s, since they print what they measure."""
PROBE_LIMIT_S = 180
"""How long pyright may take to say its version, in which it may have to fetch node."""


@dataclass(frozen=True)
class Step:
    """One check: `command` follows the interpreter, or is a console script's name and arguments if `script`."""

    name: str
    group: str
    command: tuple[str, ...]
    script: bool = False
    live: bool = False
    probe: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """How a step ended: `status` is passed, FAILED or SKIPPED; `note` is the reason or the step's last line."""

    name: str
    status: str
    seconds: float
    note: str = ""


def steps(extra: tuple[str, ...]) -> list[Step]:
    """Every check, in the order in which they run; `extra` goes to pytest."""
    probe = ("-m", "pyright", "--version")
    return [
        Step("ruff check", "lint", ("-m", "ruff", "check", ".")),
        Step("ruff format", "lint", ("-m", "ruff", "format", "--check", ".")),
        Step("mypy", "types", ("-m", "mypy")),
        Step("pyright", "types", ("-m", "pyright"), probe=probe),
        *(
            Step(f"pyright {name}", "types", ("-m", "pyright", "--verifytypes", name, "--ignoreexternal"), probe=probe)
            for name in PACKAGES
        ),
        Step("import-linter", "lint", ("lint-imports", "--no-logo"), script=True),
        Step("pytest", "tests", ("-m", "pytest", "--cov", "--cov-report=term", *extra), live=True),
        *(
            Step(f"langchain {which}", "versions", (".ci/langchain_versions.py", which, *extra), live=True)
            for which in ("lowest", "newest")
        ),
        Step("benchmarks", "bench", ("-m", "pytest", "tests/benchmarks", *BENCH_OPTIONS, *extra), live=True),
    ]


def environment() -> dict[str, str]:
    """The environment of every step: this interpreter's is the first `python`, where pyright looks for packages; UTF-8."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "PYTHONUTF8": "1", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}


def argv(step: Step) -> list[str]:
    """The step's command line; scripts are taken from this interpreter's environment, not from the PATH."""
    if not step.script:
        return [sys.executable, *step.command]
    name, *arguments = step.command
    found = shutil.which(name, path=sysconfig.get_path("scripts"))
    return [found or name, *arguments]


def unavailable(step: Step) -> str:
    """Why the step can't run on this machine, in one line; empty if it can."""
    if not step.probe:
        return ""
    try:
        done = subprocess.run(
            [sys.executable, *step.probe],
            capture_output=True,
            check=False,
            cwd=ROOT,
            encoding="utf-8",
            env=environment(),
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=PROBE_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {PROBE_LIMIT_S} s: it needs node, which it could not fetch"
    if done.returncode == 0 or "No module named pyright" in done.stderr:
        return ""  # a missing package is a failure of the environment, which the step itself reports
    lines = (done.stderr + done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
    return f"it needs node, and could neither find nor fetch it: {lines[-1].strip()}"


def execute(step: Step) -> tuple[int, str]:
    """Run the step; its exit status and what it printed. A live step prints as it goes."""
    try:
        process = subprocess.Popen(
            argv(step),
            cwd=ROOT,
            encoding="utf-8",
            env=environment(),
            errors="replace",
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
    except OSError as error:
        return 127, f"{step.command[0]}: {error.strerror}. Install what the checks need: pip install -e '.[all,dev]'"
    printed: list[str] = []
    with process:
        for line in process.stdout or ():
            printed.append(line)
            if step.live:
                print(line, end="", flush=True)
    return process.returncode, "".join(printed)


def run(step: Step) -> Result:
    """Run one step and report it."""
    print(f"== {step.name}", flush=True)
    began = time.perf_counter()
    reason = unavailable(step)
    if reason:
        print(f"   SKIPPED: {reason}", flush=True)
        return Result(step.name, "SKIPPED", time.perf_counter() - began, reason)
    status, printed = execute(step)
    seconds = time.perf_counter() - began
    if status and not step.live:
        print(printed, flush=True)
    verdict = "passed" if status == 0 else "FAILED"
    print(f"   {verdict} in {seconds:.1f} s", flush=True)
    lines = printed.strip().splitlines()
    return Result(step.name, verdict, seconds, lines[-1] if step.live and lines else "")


def report(results: list[Result]) -> int:
    """Print the table of all steps and, last of all, pytest's own summary; the exit status."""
    width = max(len(result.name) for result in results)
    print("\n== Summary")
    for result in results:
        why = f"  ({result.note})" if result.status == "SKIPPED" else ""
        print(f"   {result.name:<{width}}  {result.status:<7}  {result.seconds:6.1f} s{why}")
    failed = [result.name for result in results if result.status == "FAILED"]
    print(f"\nFAILED: {', '.join(failed)}" if failed else "\nNothing failed.")
    for result in results:
        if result.note and result.status != "SKIPPED":
            print(result.note)
    sys.stdout.flush()
    return 1 if failed else 0


def main() -> int:
    """Parse the command line and run what it asks for."""
    parser = argparse.ArgumentParser(description="Run the checks of the repository.")
    parser.add_argument("part", nargs="?", choices=("all", "lint", "types", "tests", "bench", "versions"), default="all")
    options, extra = parser.parse_known_args()
    if extra and options.part not in {"tests", "bench", "versions"}:
        parser.error(f"only 'tests', 'bench' and 'versions' take further arguments, not {extra[0]!r}")
    wanted = {"lint", "types", "tests"} if options.part == "all" else {options.part}
    return report([run(step) for step in steps(tuple(extra)) if step.group in wanted])


if __name__ == "__main__":
    raise SystemExit(main())
