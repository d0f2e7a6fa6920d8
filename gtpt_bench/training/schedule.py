"""Learning rate over a run. Source: spec/training_and_evaluation.md §4."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from gtpt_bench.frozen import BY_NAME, Frozen


class StepDecay(Frozen):
    """Times `factor` at each milestone.

    The authors step their scheduler before the epoch, so each decay comes one epoch early (quirk 9), and a further one
    with every resume of a run. The first is a choice; the second is not followed: here resuming changes nothing.
    """

    kind: Literal["step"] = "step"
    milestones: tuple[int, ...] = (200, 260)
    """Epochs, counted from 0."""
    factor: float = Field(0.1, gt=0, le=1)
    one_epoch_early: bool = True
    """False: decays come at their milestones."""

    def scale(self, step: int, *, steps_per_epoch: int, epochs: int) -> float:
        """Learning rate over its base value at a step."""
        epoch = step // steps_per_epoch + self.one_epoch_early
        return self.factor ** sum(epoch >= milestone for milestone in self.milestones)


class CosineDecay(Frozen):
    """Linear warm-up, then half a cosine down to `floor`; for short runs."""

    kind: Literal["cosine"] = "cosine"
    warmup: float = Field(0.05, ge=0, lt=1)
    """Share of the run."""
    floor: float = Field(0.01, ge=0, le=1)
    """Last learning rate over the base one."""

    def scale(self, step: int, *, steps_per_epoch: int, epochs: int) -> float:
        """Learning rate over its base value at a step."""
        total = steps_per_epoch * epochs
        warm = self.warmup * total
        if step < warm:
            return (step + 1) / (warm + 1)
        progress = (step - warm) / max(1.0, total - warm)
        return self.floor + (1 - self.floor) * (1 + math.cos(math.pi * progress)) / 2


Schedule = Annotated[StepDecay | CosineDecay, Field(discriminator="kind"), BY_NAME]
