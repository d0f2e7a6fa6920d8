"""How time is measured: batch sizes, rounds and when to stop. Torch-free; the clock is timing.py."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from gtpt_bench.frozen import Frozen


class TimingSettings(Frozen):
    """Models are measured in turn, round after round, so that a drift of the machine meets all of them."""

    throughput_batch: int = Field(8, ge=1)
    """Images a call when throughput is measured; latency is always that of one image."""
    warmup_s: float = Field(1.0, ge=0)
    """Seconds each model runs before anything counts."""
    round_s: float = Field(0.4, gt=0)
    """Seconds each model is measured a round, for latency and for throughput each."""
    min_rounds: int = Field(5, ge=2)
    max_rounds: int = Field(15, ge=2)
    precision: float = Field(0.01, gt=0)
    """Rounds end when the standard error of every model's medians is below this share of them."""

    @model_validator(mode="after")
    def _rounds_are_in_order(self) -> Self:
        if self.max_rounds < self.min_rounds:
            raise ValueError(f"max_rounds {self.max_rounds} is less than min_rounds {self.min_rounds}")
        return self
