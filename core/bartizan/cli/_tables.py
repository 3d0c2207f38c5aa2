"""Tables: with rules and colour on a terminal, plain columns everywhere else."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from bartizan.cli._errors import printable
from bartizan.cli._io import write_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP: Final = "  "
_MOST_DRAWN: Final = 1_000
"""More rows than this are written plainly on a terminal too: laying them out would take seconds."""


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table to stdout. Cells are shown as they are: no markup, no control characters."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if _drawn() and len(rows) <= _MOST_DRAWN:
        _draw(columns, cells)
    else:
        write_lines(plain(columns, cells))


def plain(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The table in columns, padded with spaces; the last one is not."""
    table = [list(columns), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [_GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def _drawn() -> bool:
    """Whether stdout is a terminal that may be sent more than text (NO_COLOR: https://no-color.org)."""
    out = sys.stdout
    return out is not None and out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(Text(column), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console(highlight=False, markup=False, emoji=False, soft_wrap=False).print(table)
