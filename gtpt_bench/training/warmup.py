"""Keep rates while training: the final ones from the first step on, or approached from 1. Torch-free.

Only the pruned pass of training follows this; evaluation has the model's own rates from the first time on.
Source: spec/ablations.md §3.5 (rates as a function of ρ), §3.6 (ρ over the run).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gtpt_bench.frozen import BY_NAME, Frozen

FINAL_RHO = 0.7
"""The authors' ρ runs from 1 to this; a stage's keep rate is 1 − d (1 − ρ) / 3, or ρ to the stage's index."""


GEOMETRIC_END = tuple(FINAL_RHO**stage for stage in range(4))
"""Rates of the four stages where the geometric curve ends, unless the final ones are higher."""


class NoWarmup(Frozen):
    """The published recipe ("direct"): final keep rates from the first step on."""

    kind: Literal["none"] = "none"

    def keep_rates(self, final: Sequence[float], *, epoch: float) -> tuple[float, ...] | None:
        """None: the model's own."""
        return None


class LinearWarmup(Frozen):
    """All rates are 1 until `start_epoch` and final from `end_epoch` on; between them progress is linear in steps."""

    kind: Literal["linear"] = "linear"
    start_epoch: float = Field(10.0, ge=0)
    """Counted from 0; like the end it may be a fraction, for runs of few epochs."""
    end_epoch: float = Field(100.0, gt=0)
    curve: Literal["linear", "geometric"] = "linear"
    """linear: each rate goes straight from 1 to its final value. geometric: stage i keeps ρ^i, but never less than its
    final rate; for final rates of 1, 0.7, 0.49, 0.343 or more."""

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.end_epoch <= self.start_epoch:
            raise ValueError(f"end_epoch {self.end_epoch:g} must be later than start_epoch {self.start_epoch:g}")
        return self

    def progress(self, epoch: float) -> float:
        """From 0 to 1."""
        return min(1.0, max(0.0, (epoch - self.start_epoch) / (self.end_epoch - self.start_epoch)))

    def rho(self, epoch: float) -> float:
        """The authors' ρ: 1 at first, 0.7 in the end."""
        return 1 - (1 - FINAL_RHO) * self.progress(epoch)

    def keep_rates(self, final: Sequence[float], *, epoch: float) -> tuple[float, ...]:
        """Rates of the pruned pass at a time counted in epochs.

        Args:
            final: the model's rates; for the geometric curve one for each of the four stages.

        Raises:
            ValueError: the geometric curve does not lead to these rates.
        """
        progress = self.progress(epoch)
        if self.curve == "geometric":
            if off_the_curve(final):
                raise ValueError(f"training.warmup.curve: {off_the_curve(final)}")
            return tuple(max(rate, self.rho(epoch) ** stage) for stage, rate in enumerate(final))
        # At the end the rates themselves: 1 − (1 − 0.1) is not 0.1, and token counts truncate (spec S11).
        return tuple(final) if progress == 1 else tuple(1 - (1 - rate) * progress for rate in final)


Warmup = Annotated[NoWarmup | LinearWarmup, Field(discriminator="kind"), BY_NAME]


def off_the_curve(final: Sequence[float]) -> str:
    """Why the geometric curve cannot end at these rates, and what would do; "" if it can."""
    if len(final) == len(GEOMETRIC_END) and all(r >= end - 1e-9 for r, end in zip(final, GEOMETRIC_END, strict=True)):
        return ""
    ends = ", ".join(f"{rate:.3g}" for rate in GEOMETRIC_END)
    return (
        f"geometric ends at {ends}, so pruning.keep_rates must be four rates not below these, got {list(final)}; "
        "use curve linear"
    )
