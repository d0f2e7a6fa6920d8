"""Moving average of the weights: the copy that is evaluated. Config half; the copy itself is ema_copy.py.

Source: spec/training_and_evaluation.md §4.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import Field

from gtpt_bench.frozen import BY_NAME, Frozen


class CosineEma(Frozen):
    """The paper's: momentum from `start` to 1 on half a cosine over 300 epochs, however long the run is."""

    kind: Literal["cosine"] = "cosine"
    start: float = Field(0.996, ge=0, lt=1)
    epochs: Annotated[int, Field(ge=1)] | Literal["run"] = 300
    """Until momentum 1; `run` takes the length of the run."""

    def momentum(self, step: int, *, steps_per_epoch: int, epochs: int) -> float:
        """Share of the average that stays at a step, in a run of so many epochs."""
        length = epochs if self.epochs == "run" else self.epochs
        progress = step / (length * steps_per_epoch)
        return 1 - (1 - self.start) * (1 + math.cos(math.pi * progress)) / 2


class ShortEma(Frozen):
    """Follows short runs: min(limit, (1 + t) / (10 + t)) at step t, so that the first steps are soon forgotten."""

    kind: Literal["short"] = "short"
    limit: float = Field(0.99, ge=0, lt=1)

    def momentum(self, step: int, *, steps_per_epoch: int, epochs: int) -> float:
        """Share of the average that stays at a step."""
        return min(self.limit, (1 + step) / (10 + step))


class NoEma(Frozen):
    """No averaging: the copy is the online model itself after every step, BatchNorm statistics included."""

    kind: Literal["off"] = "off"

    def momentum(self, step: int, *, steps_per_epoch: int, epochs: int) -> float:
        """Share of the average that stays at a step."""
        return 0.0


Ema = Annotated[CosineEma | ShortEma | NoEma, Field(discriminator="kind"), BY_NAME]
