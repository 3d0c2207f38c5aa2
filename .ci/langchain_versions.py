"""Run the LangChain integration's tests with the lowest supported and the newest installable LangChain, each in an environment of its own.

`python check.py versions` runs both; `python .ci/langchain_versions.py lowest -k matrix` one of them, and hands the rest to pytest. The
lowest is what pyproject.toml names; LangChain's other packages follow from it. All else is as in constraints.txt.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = "tests/integrations/langchain"
NEEDED = ("langchain-openai", "langchain-anthropic", "langchain-tests", "pytest", "hypothesis")
FREE = re.compile(r"#|lang(chain|graph|smith)|openai|anthropic", re.IGNORECASE)
"""Lines of constraints.txt that would pin what is to vary."""


def bounds() -> list[str]:
    """What pyproject.toml says of LangChain."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found: list[str] = project["optional-dependencies"]["langchain"]
    return found


def wanted(which: str) -> list[str]:
    """The requirements for `lowest` or `newest`."""
    if which == "newest":
        return bounds()
    core = next(line for line in bounds() if line.startswith("langchain-core"))
    lowest = re.search(r">=([0-9.]+)", core)
    if lowest is None:
        message = "pyproject.toml names no lowest langchain-core"
        raise SystemExit(message)
    return [f"langchain-core=={lowest[1]}", *(line for line in bounds() if line != core)]


def run(which: str, extra: list[str]) -> int:
    """Make the environment and run the tests in it; pytest's exit status."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        pins = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not FREE.match(line)]
        (home / "constraints.txt").write_text("\n".join(pins), "utf-8")
        venv.create(home / "venv", with_pip=True)
        python = str(home / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python")
        pip = [python, "-m", "pip", "--disable-pip-version-check", "-q"]
        subprocess.run(
            [*pip, "install", "-c", str(home / "constraints.txt"), "-e", str(ROOT), *wanted(which), *NEEDED], check=True
        )
        print(f"LangChain, {which}:", flush=True)
        subprocess.run([python, "-c", SHOW], check=True)
        tests = [] if any(Path(ROOT, one).exists() for one in extra) else [TESTS]
        return subprocess.run(
            [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, *extra], check=False, cwd=ROOT
        ).returncode


SHOW = """
from importlib.metadata import version
for name in ("langchain-core", "langchain", "langgraph", "langchain-openai", "langchain-anthropic"):
    print(f"  {name} {version(name)}")
"""


def main(arguments: list[str]) -> int:
    """Run one or both."""
    chosen = [arguments.pop(0)] if arguments and arguments[0] in {"lowest", "newest"} else ["lowest", "newest"]
    return max(run(which, arguments) for which in chosen)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
