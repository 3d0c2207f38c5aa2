"""The policy reference is what the models say."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def generator(repository: Path) -> Any:
    spec = importlib.util.spec_from_file_location("policy_reference", repository / ".ci" / "policy_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(repository: Path) -> None:
    page = (repository / "docs" / "policy-reference.md").read_text("utf-8")
    assert page == generator(repository).reference(), "run: python .ci/policy_reference.py"


def test_it_names_every_key_of_a_plugin_and_what_its_docstring_says(repository: Path) -> None:
    page = generator(repository).reference()
    assert "| `allow_list` | list of string |" in page
    assert "| `timeout_s` | number | `5.0` | Seconds each plugin may take in one call. |" in page
    assert "## `[plugins.rbac]`" in page
