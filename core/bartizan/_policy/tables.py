"""The shape of a policy: what the core reads. A plugin's own keys are its Config."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Mode = Literal["enforce", "monitor"]
OnError = Literal["block", "continue"]
ActionName = Literal["note", "redact", "block"]
StyleName = Annotated[str, Field(pattern=r"^(label|mask|pseudonym|hash(:[A-Za-z0-9_-]+)?)$")]
"""`hash:NAME` uses the key `[keys.NAME]`; plain `hash` the key `[keys.hash]`."""
OriginName = Literal["*", "system", "user", "assistant", "tool", "document"]
HookName = Literal["*", "pre_prompt", "post_response", "on_train"]
PartName = Literal["*", "text", "reasoning", "citation", "tool_args", "metadata"]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Table(BaseModel):
    """A table of the policy: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GuardTable(Table):
    """`[guard]`: what holds for all plugins."""

    plugins: Annotated[tuple[str, ...], Field(description="Exactly these load.")] = ("validation", "redaction")
    mode: Annotated[Mode, Field(description="monitor: text hooks record and change nothing.")] = "enforce"
    on_error: Annotated[OnError, Field(description="continue: go on without a plugin that fails.")] = "block"
    timeout_s: Annotated[Seconds, Field(description="Seconds each plugin may take in one call.")] = 5.0
    unreadable_media: Annotated[Literal["pass", "refuse"], Field(description="Images, audio and files in messages.")] = "pass"
    unreadable_blocks: Annotated[Literal["pass", "refuse"], Field(description="Blocks of a type that is not known.")] = "refuse"


class RuleTable(Table):
    """`[[plugins.X.rules]]`: selects findings; the last rule that matches decides."""

    origins: tuple[OriginName, ...] | None = None
    hooks: tuple[HookName, ...] | None = None
    parts: tuple[PartName, ...] | None = None
    labels: Annotated[tuple[str, ...] | None, Field(description="Labels or groups of labels.")] = None
    action: ActionName | None = None
    style: StyleName | None = None


class KeyTable(Table):
    """`[keys.NAME]`: a secret key of at least 16 bytes, from an environment variable or a file; never written in the policy itself."""

    env: str | None = None
    file: Path | None = None


class PluginTable(Table):
    """What every `[plugins.X]` may carry beside the plugin's own Config."""

    mode: Annotated[Mode | None, Field(description="For this plugin; authorize and on_train are monitored only by this key.")] = (
        None
    )
    on_error: OnError | None = None
    timeout_s: Seconds | None = None
    style: StyleName = "label"
    actions: Annotated[dict[str, ActionName], Field(description="By label or group of labels.")] = {}
    rules: tuple[RuleTable, ...] = ()
    distribution: Annotated[str | None, Field(description="Pins who ships it: name or name==version.")] = None


RESERVED: Final = frozenset(PluginTable.model_fields)


class PolicyTable(Table):
    """The whole policy."""

    guard: GuardTable = GuardTable()
    keys: dict[str, KeyTable] = {}
    plugins: dict[str, dict[str, Any]] = {}
