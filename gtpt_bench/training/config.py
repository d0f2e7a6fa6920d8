"""How a model is trained: everything that may change the weights a run ends with. Torch-free.

Source: spec/training_and_evaluation.md §1 and §4.
"""

from __future__ import annotations

from pydantic import Field

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.frozen import Frozen
from gtpt_bench.training.ema import CosineEma, Ema
from gtpt_bench.training.schedule import Schedule, StepDecay


class TrainingConfig(Frozen):
    """The defaults are the paper's recipe."""

    epochs: int = Field(300, ge=1)
    batch_size: int = Field(256, ge=1)
    learning_rate: float = Field(1e-3, gt=0)
    """Of Adam, without weight decay, before the schedule."""
    schedule: Schedule = StepDecay()
    ema: Ema = CosineEma()
    sigma_bins: float = Field(4.0, gt=0)
    """Width of the targets in SimCC bins."""
    attention_guidance: float = Field(0.0, ge=0)
    """Weight of the attention guidance, an aid for short runs that is not of the paper (guidance.py)."""
    augmentation: Augmentation | None = Augmentation()
    """None: every epoch sees the same crops."""
