"""How a study measures time: one image and one batch, or every batch size in every way of running. Torch-free."""

from __future__ import annotations

from itertools import combinations
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from gtpt_bench.efficiency.options import PLAIN, InferenceOptions
from gtpt_bench.efficiency.timing.settings import TimingSettings
from gtpt_bench.frozen import Frozen
from gtpt_bench.names import Name

Batch = Annotated[int, Field(ge=1)]


class TimingGrid(Frozen):
    """Every variant at every batch size in every way of running, all in one interleaved session."""

    batches: tuple[Batch, ...]
    ways: dict[Name, InferenceOptions]
    session_s: float | None

    @property
    def places(self) -> tuple[tuple[str, int], ...]:
        """Way and batch of each cell of a variant, small batches first."""
        return tuple((way, batch) for batch in sorted(self.batches) for way in self.ways)


class StudyTiming(TimingSettings):
    """The `timing` of a study; with the keys below at their defaults it is what it was before there were any."""

    batches: tuple[Batch, ...] = ()
    """Images a call, several sizes; each is measured in each way. None: latency of one image and throughput at
    `throughput_batch`, in plain float32."""
    ways: dict[Name, InferenceOptions] = Field(default_factory=dict)
    """By name, how models are run: number format, form, layout, compilation, …"""
    explained_batch: Batch | None = None
    """Each variant is also looked into stage by stage, at this many images a call: where its time goes, and what holds
    it up. Some ten seconds a variant. None: none is."""
    session_s: float | None = Field(None, gt=0)
    """Seconds of a session over batches and ways, warming up included: no round begins that would end later if it took
    as long as those before, even if `min_rounds` are not reached by then. None: as long as it takes."""

    @field_validator("batches")
    @classmethod
    def _sizes_differ(cls, batches: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(batches)) < len(batches):
            raise ValueError(f"a size stands twice, got {list(batches)}")
        return batches

    @field_validator("ways")
    @classmethod
    def _ways_differ(cls, ways: dict[str, InferenceOptions]) -> dict[str, InferenceOptions]:
        for (first, way), (second, other) in combinations(ways.items(), 2):
            if way == other:
                raise ValueError(f"{first!r} and {second!r} are the same way: {way.label}")
        return ways

    @model_validator(mode="after")
    def _keys_agree(self) -> Self:
        if self.batches and self.throughput_batch != TimingSettings().throughput_batch:
            raise ValueError("batches and throughput_batch do not go together; write all sizes into batches")
        if self.explained_batch is not None and self.grid is not None:
            raise ValueError("explained_batch is for one image and one batch; leave it out beside batches and ways")
        if self.session_s is not None and self.grid is None:
            raise ValueError("session_s is for batches and ways; without them use timeout_s")
        return self

    @property
    def settings(self) -> TimingSettings:
        """What all sessions have."""
        return TimingSettings.model_validate(self.model_dump(include=set(TimingSettings.model_fields)))

    @property
    def grid(self) -> TimingGrid | None:
        """None where neither batches nor ways are named."""
        if not self.batches and not self.ways:
            return None
        batches = self.batches or tuple(dict.fromkeys((1, self.throughput_batch)))
        return TimingGrid(batches=batches, ways=self.ways or {PLAIN.label: PLAIN}, session_s=self.session_s)
