"""When a loss ends a run: it is no number, or has grown far beyond what training began with."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class LossWatch:
    """Watches the losses of a run, batch by batch.

    Attributes:
        limit: a loss of more than so many times the first one has exploded.
        first: loss of the run's first batch with a label; None before it.
    """

    limit: float
    first: float | None = None

    def problem(self, loss: float) -> str:
        """What is wrong with the loss of the next batch, as the beginning of a sentence; empty if nothing is."""
        if not math.isfinite(loss):
            return f"the loss is {loss}"
        if self.first is None and loss > 0:  # a batch without a label costs nothing
            self.first = loss
        if self.first is not None and loss > self.limit * self.first:
            return f"the loss has exploded to {loss:.4g}, from {self.first:.4g} at first,"
        return ""
