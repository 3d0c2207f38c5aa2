"""The conformance kit in pytest: how many texts it makes, and a summary of what they came to.

Loaded by pytest wherever Bartizan is installed; `-p no:bartizan` leaves it out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bartizan.testing._conformance.loaded import Conformance
from bartizan.testing._conformance.text_plugins import COVERED

if TYPE_CHECKING:
    import pytest

_OPTION = "--bartizan-rounds"


def pytest_addoption(parser: pytest.Parser) -> None:
    """How many texts or requests each check makes."""
    parser.getgroup("bartizan").addoption(
        _OPTION, type=int, metavar="N", help="let each check of Bartizan's conformance kit make N texts or requests"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Set the option on the classes that are about to run."""
    rounds: int | None = config.getoption(_OPTION)
    if rounds is None:
        return
    for item in items:
        kind = getattr(item, "cls", None)
        if isinstance(kind, type) and issubclass(kind, Conformance) and hasattr(kind, "rounds"):
            kind.rounds = rounds


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the texts came to: a plugin that is never met by its own findings passes every check."""
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    lines = [line for report in reports for line in report.capstdout.splitlines() if line.startswith(COVERED)]
    if lines:
        terminalreporter.section("bartizan conformance")
        for line in dict.fromkeys(lines):
            terminalreporter.write_line(line.removeprefix(COVERED))
