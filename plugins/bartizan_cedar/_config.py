"""The plugin's part of the policy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field


class Config(BaseModel):
    """`[plugins.cedar]`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    policies: Annotated[Path, Field(description="The Cedar policies.")]
    schema_file: Annotated[
        Path, Field(description="Their schema, in Cedar's JSON form: without one, a forbid that errs would be skipped.")
    ]
