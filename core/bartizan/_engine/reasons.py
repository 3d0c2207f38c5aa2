"""Why a text is refused, in one sentence free of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bartizan._values.findings import Finding
    from bartizan._values.texts import Origin


def blocked_reason(hook: str, blocking: Sequence[Finding], origins: Sequence[Origin] = ()) -> str:
    """What was refused, by which plugin, for which labels."""
    what = "the prompt" if hook == "pre_prompt" else "the response"
    said: dict[str, str] = {}
    for finding in blocking:
        note = f" ({finding.detail})" if finding.detail else ""
        said.setdefault(f"{finding.label} by {finding.plugin}", note)
    where = f" in {' and '.join(sorted({origin.value for origin in origins}))} text" if origins else ""
    return f"{what} is refused: found {', '.join(f'{name}{note}' for name, note in said.items())}{where}"
