"""What a run tells of itself as it goes: each step, and each epoch as a line of its history. Torch-free."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class StepSummary:
    """One optimiser step: its loss, and whether it was the last of its epoch."""

    loss: float
    closes_epoch: bool


@dataclass(frozen=True)
class EpochSummary:
    """One line of a run's history.

    Attributes:
        epoch: from 1.
        loss: mean over the epoch's batches.
        images_per_s: of all processes together.
        waiting_share: of the time, from 0 to 1, that the first process waited for its loader; all that making crops
            takes where the loader has no workers of its own, as on a CPU. A high one wants more cores.
        skipped_steps: whose gradient overflowed float16.
    """

    epoch: int
    loss: float
    learning_rate: float
    images_per_s: float
    waiting_share: float = 0.0
    skipped_steps: int = 0


def read_history(path: Path) -> list[dict[str, Any]]:
    """The fields of each epoch, in order; none of a file that is missing, damaged, or being written just now."""
    try:
        epochs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError):
        return []
    return epochs if all(isinstance(epoch, dict) for epoch in epochs) else []
