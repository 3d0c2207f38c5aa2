"""The sinks' tables in the policy; each is on where it is there."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Table(BaseModel):
    """A table of a sink."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)


class LoggingConfig(Table):
    """`[plugins.audit.logging]`: each event as one line of JSON through the standard library's logging."""

    logger: Annotated[str, Field(min_length=1)] = "bartizan.audit.events"
    level: Literal["DEBUG", "INFO", "WARNING"] = "INFO"


class OtelConfig(Table):
    """`[plugins.audit.otel]`: a span for each event, by the application's tracer provider. Extra `otel`."""

    tracer: Annotated[str, Field(min_length=1)] = "bartizan"


class MetricsConfig(Table):
    """`[plugins.audit.metrics]`: counters and times in Prometheus' default registry. Extra `metrics`."""


class WebhookConfig(Table):
    """`[plugins.audit.webhook]`: alerts, or everything, by POST as JSON."""

    url: str
    send: Literal["alerts", "refusals", "all"] = "alerts"
    secret_env: Annotated[str | None, Field(description="Variable with the key that signs the body.", min_length=1)] = None
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    queue: Annotated[int, Field(ge=1, le=100_000, description="What waits; past that, the newest are dropped and counted.")] = (
        1_000
    )

    @field_validator("url")
    @classmethod
    def _private(cls, url: str) -> str:
        parts = urlsplit(url)
        local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if parts.scheme != "https" and not (parts.scheme == "http" and local):
            message = "a webhook must be https, or http to this machine itself"
            raise ValueError(message)
        if parts.username is not None or parts.password is not None:
            message = "a webhook's URL may hold no user and password: use secret_env"
            raise ValueError(message)
        return url
