"""What tests of web applications share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20, limits=httpx.Limits(max_connections=100)) as one:
        yield one
