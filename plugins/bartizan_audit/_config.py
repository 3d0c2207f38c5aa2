"""The plugin's part of the policy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bartizan_audit._monitor._config import MonitorConfig
from bartizan_audit._sinks._config import LoggingConfig, MetricsConfig, OtelConfig, WebhookConfig


class Config(BaseModel):
    """`[plugins.audit]`: where the record is kept, what goes into it, and what happens when it can't be written."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    path: Annotated[Path | None, Field(description="The SQLite file.")] = None
    postgres: Annotated[
        str | None, Field(description="Or a PostgreSQL connection string; without a password: use PGPASSFILE.")
    ] = None
    name: Annotated[str, Field(description="Tells logs apart that share one key.", max_length=200)] = ""
    key_env: Annotated[
        str | None, Field(description="Environment variable with the key, 64 hexadecimal digits.", min_length=1)
    ] = None
    key_file: Annotated[Path | None, Field(description="Or a file with it; made on first use. Default: path + .key")] = None
    checkpoints: Annotated[Path | None, Field(description="The signed checkpoints. Default: path + .checkpoints")] = None
    checkpoint_records: Annotated[int, Field(ge=1, le=1_000, description="Records from one checkpoint to the next.")] = 1_000
    checkpoint_s: Annotated[float, Field(gt=0, le=10, description="Seconds a record may wait for a checkpoint.")] = 10.0
    durability: Annotated[
        Literal["full", "normal"],
        Field(description="full: on the disk before the call goes on. normal: survives the process, not a power cut."),
    ] = "full"
    on_audit_failure: Annotated[
        Literal["block", "continue"], Field(description="Refuse the call, or go on and count the gap.")
    ] = "block"
    text: Annotated[Literal["none", "redacted"], Field(description="Keep texts, every finding replaced by its label.")] = "none"
    max_findings: Annotated[int, Field(ge=0, le=10_000, description="Findings listed in one record.")] = 500
    monitor: MonitorConfig | None = None
    logging: LoggingConfig | None = None
    otel: OtelConfig | None = None
    metrics: MetricsConfig | None = None
    webhook: WebhookConfig | None = None
    lock_timeout_s: Annotated[float, Field(gt=0, le=600, description="Seconds to wait for another process's write.")] = 4.0

    @model_validator(mode="after")
    def _one_store(self) -> Self:
        if (self.path is None) == (self.postgres is None):
            message = "name where the log is kept: either path = a file, or postgres = a connection string"
            raise ValueError(message)
        if self.key_env is not None and self.key_file is not None:
            message = "give key_env or key_file, not both"
            raise ValueError(message)
        if self.path is None and self.checkpoints is None:
            message = "a log in PostgreSQL needs checkpoints = a file that the database's owner can't write"
            raise ValueError(message)
        if self.path is None and self.key_env is None and self.key_file is None:
            message = "a log in PostgreSQL needs key_env or key_file: all machines must have the same key"
            raise ValueError(message)
        return self

    @property
    def checkpoint_file(self) -> Path:
        """Where the checkpoints are."""
        return self.checkpoints or _beside(self.path, ".checkpoints")

    @property
    def master_key_file(self) -> Path:
        """Where the key is, unless it comes from the environment."""
        return self.key_file or _beside(self.path, ".key")


def _beside(path: Path | None, ending: str) -> Path:
    return Path(f"{path}{ending}")
