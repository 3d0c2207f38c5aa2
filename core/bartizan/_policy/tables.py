"""The shape of a policy: what the core reads. A plugin's own keys are its Config."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

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


AclSource = Annotated[str, Field(pattern=r"^(roles|id|claims\.[A-Za-z0-9_:./-]+)$")]


class RetrievalTable(Table):
    """`[retrieval]`: by which metadata integrations part one tenant's documents from another's; see `RetrievalPolicy`."""

    tenant_key: Annotated[str, Field(description="Metadata key of a document's tenant; empty: documents have none.")] = "tenant"
    acl_key: Annotated[str, Field(description="Metadata key of who may read a document; empty: not asked.")] = ""
    acl_type: Annotated[Literal["list", "string"], Field(description="Of which type that is.")] = "list"
    acl_from: Annotated[tuple[AclSource, ...], Field(description="roles, id or claims.NAME of the principal.", min_length=1)] = (
        "roles",
    )

    @model_validator(mode="after")
    def _names_a_key(self) -> Self:
        if not self.tenant_key and not self.acl_key:
            message = "names neither a tenant_key nor an acl_key, so it would part nothing: leave the table out"
            raise ValueError(message)
        return self


class PolicyTable(Table):
    """The whole policy."""

    guard: GuardTable = GuardTable()
    retrieval: RetrievalTable | None = None
    keys: dict[str, KeyTable] = {}
    plugins: dict[str, dict[str, Any]] = {}
