"""The plugin's part of the policy."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_MOST: Final = 2**53 - 1
"""Redis counts in doubles, which are exact up to here."""


class Budget(BaseModel):
    """`[[plugins.limits.budgets]]`: so much in any window of so many seconds, for each principal or tenant."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    actions: Annotated[tuple[str, ...], Field(min_length=1, description="Which actions count; * stands for any characters.")] = (
        "*",
    )
    roles: Annotated[tuple[str, ...], Field(description="Only principals with one of these roles; empty: all.")] = ()
    per: Annotated[Literal["principal", "tenant"], Field(description="Who shares it.")] = "principal"
    window_s: Annotated[float, Field(ge=1, le=31 * 86_400, description="Seconds.")] = 60.0
    requests: Annotated[int | None, Field(ge=1, le=_MOST, description="How many requests.")] = None
    tokens: Annotated[
        int | None, Field(ge=1, le=_MOST, description='How many tokens; requests say theirs in annotations["tokens"].')
    ] = None

    @field_validator("actions")
    @classmethod
    def _named(cls, actions: tuple[str, ...]) -> tuple[str, ...]:
        if not all(action and action == action.strip() for action in actions):
            message = "an action is not empty, and has no space around it"
            raise ValueError(message)
        return actions

    @model_validator(mode="after")
    def _limited(self) -> Budget:
        if (self.requests is None) is (self.tokens is None):
            message = "a budget is of requests or of tokens: give one of the two"
            raise ValueError(message)
        return self


class Config(BaseModel):
    """`[plugins.limits]`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    budgets: Annotated[tuple[Budget, ...], Field(min_length=1, description="All that apply must have room.")]
    redis_url: Annotated[
        str | None, Field(description="Counts for several processes: redis://host:6379/0; no password here.")
    ] = None
    redis_url_env: Annotated[str | None, Field(min_length=1, description="The environment variable that holds the URL.")] = None
    prefix: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9:_.-]{1,64}$", description="What the names of keys in Redis begin with.")
    ] = "bartizan:limits:"
    redis_timeout_s: Annotated[float, Field(gt=0, le=60, description="Seconds to wait for Redis; then the answer is no.")] = 1.0

    @field_validator("redis_url")
    @classmethod
    def _without_password(cls, url: str | None) -> str | None:
        if url is not None and urlsplit(url).scheme not in {"redis", "rediss"}:
            message = "begins with redis:// or rediss://"
            raise ValueError(message)
        if url is not None and urlsplit(url).password is not None:
            message = "holds a password: put the URL into an environment variable, and name that in redis_url_env"
            raise ValueError(message)
        return url

    @model_validator(mode="after")
    def _one_store(self) -> Config:
        if self.redis_url is not None and self.redis_url_env is not None:
            message = "give redis_url or redis_url_env, not both"
            raise ValueError(message)
        return self
