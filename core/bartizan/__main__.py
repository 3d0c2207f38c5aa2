"""`python -m bartizan`: the command line."""

from __future__ import annotations

from bartizan.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
