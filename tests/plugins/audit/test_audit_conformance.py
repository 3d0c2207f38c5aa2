"""The plugin passes the kit that everyone's observers are held to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bartizan.testing import ObserverConformance
from bartizan_audit import Audit
from bartizan_audit._plugin import _Durable

if TYPE_CHECKING:
    from pathlib import Path


class TestAudit(ObserverConformance):
    plugin = Audit

    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> None:
        self.folder = tmp_path
        self.config = {"path": str(tmp_path / "audit.db"), "durability": "normal", "text": "redacted", "monitor": {}}

    def written(self) -> object:
        return [file.read_bytes().decode("latin-1") for file in self.folder.iterdir()]


class TestDurableAudit(TestAudit):
    plugin = _Durable

    @pytest.fixture(autouse=True)
    def _full(self, _place: None) -> None:
        self.config = {**self.config, "durability": "full"}
