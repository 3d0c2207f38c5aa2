"""What LlamaIndex leaves behind: it runs coroutines on the main thread's event loop, and makes one that nobody closes; its Settings."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from llama_index.core import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _event_loop() -> Iterator[None]:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.close()
    asyncio.set_event_loop(None)


@pytest.fixture(autouse=True)
def _no_model_by_default() -> Iterator[None]:
    yield
    Settings._llm = None
