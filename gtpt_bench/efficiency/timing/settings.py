"""How time is measured: batch sizes, rounds, and when to stop. Torch-free.

Source of the stopping rule: spec/measurement.md §1 (as nvbench: enough samples, enough time, precise or no longer
gaining, time-out).
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from gtpt_bench.frozen import Frozen


class TimingSettings(Frozen):
    """Models are measured in turn, round after round, so that a drift of the machine meets all of them."""

    throughput_batch: int = Field(8, ge=1)
    """Images a call when throughput is measured; latency is always that of one image."""
    warmup_s: float = Field(1.0, ge=0)
    """Seconds each model runs before anything counts, half on one image, half on batches. Where the median still
    moves by then, warming goes on, up to four times as long."""
    round_s: float = Field(0.4, gt=0)
    """Seconds each model is measured a round, for latency and for throughput each."""
    min_rounds: int = Field(5, ge=2)
    max_rounds: int = Field(50, ge=2)
    precision: float = Field(0.01, gt=0)
    """Rounds end when the standard error of every model's medians is below this share of them."""
    min_calls: int = Field(10, ge=1)
    """Calls on one image that each model has at least, unless time runs out."""
    min_s: float = Field(0.5, ge=0)
    """Seconds that each quantity of each model is measured at least, unless time runs out."""
    timeout_s: float = Field(20.0, gt=0)
    """Seconds a model after which rounds end, precise or not; `min_rounds` are measured even so."""

    @model_validator(mode="after")
    def _rounds_are_in_order(self) -> Self:
        if self.max_rounds < self.min_rounds:
            raise ValueError(f"max_rounds {self.max_rounds} is less than min_rounds {self.min_rounds}")
        return self


class ComparisonSettings(Frozen):
    """Two models are measured in short slices, A B B A, until it is clear which is faster or that neither is."""

    quantity: Literal["latency", "throughput"] = "latency"
    """Each call synchronised, or a stream of calls synchronised at its ends only."""
    batch: int = Field(1, ge=1)
    """Images a call."""
    warmup_s: float = Field(0.5, ge=0)
    """Seconds each model runs before anything counts; up to four times as long where its median still moves."""
    slice_s: float = Field(0.06, gt=0)
    """Seconds one model is measured at a stretch: short against what else goes on in the machine."""
    margin: float = Field(0.03, gt=0, lt=1)
    """A difference below this share is none: models whose interval lies within it are called the same."""
    confidence: float = Field(0.95, ge=0.5, lt=1)
    """Of the interval, however often it was looked at before the rounds ended."""
    min_rounds: int = Field(9, ge=2)
    """Undisturbed rounds before the first look; a round is two slices of each model. With fewer than nine no interval
    of such confidence is to be had."""
    timeout_s: float = Field(45.0, gt=0)
    """Seconds of rounds after which the verdict is what it is."""
    seed: int = Field(0, ge=0)
    """Of the order within rounds and of the bootstrap."""
