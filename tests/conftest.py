"""What all tests share: hypothesis' settings and the root of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: it would measure the machine, not the code. The blob lets a failure of the CI be replayed elsewhere.
settings.register_profile("bartizan", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "bartizan"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the source tree."""
    return Path(__file__).resolve().parent.parent
