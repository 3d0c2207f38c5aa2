"""Files to sanitise, and guards that are quick to make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from bartizan import Guard
from bartizan.data import SanitizeReport, sanitize_file

if TYPE_CHECKING:
    from pathlib import Path


class Sanitize(Protocol):
    def __call__(
        self, data: bytes, suffix: str = ..., guard: Guard | None = ..., **options: Any
    ) -> tuple[bytes, SanitizeReport]: ...


@pytest.fixture(scope="session")
def redaction() -> Guard:
    return Guard.from_dict({"guard": {"plugins": ["redaction"]}})


@pytest.fixture
def sanitize(tmp_path: Path, redaction: Guard) -> Sanitize:
    """The bytes that a file of these bytes becomes, and the report; nothing else may be left behind."""

    def run(data: bytes, suffix: str = ".csv", guard: Guard | None = None, **options: Any) -> tuple[bytes, SanitizeReport]:
        source, out = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
        source.write_bytes(data)
        out.unlink(missing_ok=True)
        try:
            report = sanitize_file(source, out, guard or redaction, **options)
        finally:
            assert source.read_bytes() == data
            assert {path.name for path in tmp_path.iterdir()} <= {source.name, out.name}
        return out.read_bytes(), report

    return run
