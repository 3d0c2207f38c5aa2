"""`[plugins.audit.monitor]`: what counts as unusual."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field


class MonitorConfig(BaseModel):
    """The table's presence turns monitoring on; 0 turns one pattern off."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    refusals: Annotated[int, Field(ge=0, le=1_000, description="So many refusals of one principal within refusals_s.")] = 5
    refusals_s: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    z_score: Annotated[float, Field(ge=0, le=100, description="Standard deviations over a principal's usual volume.")] = 5.0
    bucket_s: Annotated[float, Field(gt=0, le=3_600, description="Seconds over which volume is counted.")] = 10.0
    warm_up: Annotated[int, Field(ge=1, le=10_000, description="Buckets that a principal's usual volume is learned from.")] = 6
    least: Annotated[int, Field(ge=1, description="Events in a bucket below which no volume is a spike.")] = 20
    least_tokens: Annotated[int, Field(ge=1, description="The same for tokens.")] = 5_000
    near_duplicates: Annotated[
        int, Field(ge=0, le=10_000, description="So many distinct but nearly equal queries of one principal within the time.")
    ] = 20
    near_duplicates_s: Annotated[float, Field(gt=0, le=86_400)] = 600.0
    similarity: Annotated[float, Field(gt=0, lt=1, description="Estimated Jaccard similarity that is nearly equal.")] = 0.5
    first_tool_use: Annotated[bool, Field(description="A tool that nobody used before.")] = True
    learn_s: Annotated[float, Field(ge=0, le=604_800, description="Seconds after the start in which tools are only learned.")] = (
        600.0
    )
    plugin_failures: Annotated[
        int, Field(ge=0, le=1_000, description="So many failures of a plugin within plugin_failures_s.")
    ] = 3
    plugin_failures_s: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    slow_factor: Annotated[float, Field(ge=0, le=1_000, description="A plugin that takes so many times as long as usual.")] = 5.0
    slow_runs: Annotated[int, Field(ge=1, le=1_000, description="So many times in a row.")] = 10
    cooldown_s: Annotated[float, Field(ge=0, le=86_400, description="Seconds until the same alert about the same one.")] = 300.0
    max_principals: Annotated[int, Field(ge=10, le=1_000_000, description="Principals kept in mind, the latest.")] = 10_000
