"""How a model is trained: everything that may change the weights a run ends with. Torch-free.

Source: spec/training_and_evaluation.md §1 and §4 (the recipe); spec/ablations.md §3.2, §3.6, §3.7, §3.11 (variants).
"""

from __future__ import annotations

from math import ceil
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.frozen import Frozen
from gtpt_bench.training.distillation import Distillation, named_distillation
from gtpt_bench.training.ema import CosineEma, Ema
from gtpt_bench.training.init_from_body import InitFromBody
from gtpt_bench.training.schedule import Schedule, StepDecay
from gtpt_bench.training.warmup import LinearWarmup, NoWarmup, Warmup


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
    distillation: Distillation = Distillation()
    """Which pass learns from which; the name of a preset (`ema_weak`) or its fields."""
    warmup: Warmup = NoWarmup()
    """Of the keep rates of the pruned pass."""
    attention_guidance: float = Field(0.0, ge=0)
    """Weight of the attention guidance, an aid for short runs that is not of the paper (guidance.py)."""
    augmentation: Augmentation | None = Augmentation()
    """None: every epoch sees the same crops."""
    init_from_body: InitFromBody | None = None
    """None: every weight starts as the model's config says."""

    @field_validator("distillation", mode="before")
    @classmethod
    def _distillation_by_name(cls, value: Any) -> Any:
        return named_distillation(value)

    @model_validator(mode="after")
    def _a_teacher_exists(self) -> Self:
        if self.distillation.needs_ema_pass and self.ema.kind == "off":
            raise ValueError(
                "distillation has a term with teacher: ema, but ema is off; "
                f"keep a moving average (ema: {{kind: {CosineEma().kind}}}) or choose another distillation"
            )
        return self

    @model_validator(mode="after")
    def _settings_take_effect(self) -> Self:
        """A run that is too short for what it is about would answer another question than it was asked."""
        if isinstance(self.warmup, LinearWarmup) and self.warmup.end_epoch > self.epochs:
            raise ValueError(
                f"warmup.end_epoch {self.warmup.end_epoch:g} is later than epochs {self.epochs}, so the keep rates "
                f"that are evaluated would never be trained; use warmup {{kind: linear, start_epoch: 0, end_epoch: "
                f"{self.epochs}}}, or at least {ceil(self.warmup.end_epoch)} epochs"
            )
        if self.distillation.ema_from_epoch >= self.epochs:
            raise ValueError(
                f"distillation.ema_from_epoch {self.distillation.ema_from_epoch} (counted from 0) is not within epochs "
                f"{self.epochs}, so the moving average would never teach; use an ema_from_epoch of at most "
                f"{self.epochs - 1}, or at least {self.distillation.ema_from_epoch + 1} epochs"
            )
        return self
