"""How a model is trained: everything that may change the weights a run ends with. Torch-free.

Source: spec/training_and_evaluation.md §1 and §4 (the recipe); spec/ablations.md §3.2, §3.6, §3.7, §3.11 (variants).
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.frozen import Frozen
from gtpt_bench.training.distillation import Distillation, named_distillation
from gtpt_bench.training.ema import CosineEma, Ema, off_in_yaml
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

    @field_validator("ema", mode="before")
    @classmethod
    def _ema_off(cls, value: Any) -> Any:
        return off_in_yaml(value)

    @model_validator(mode="after")
    def _a_teacher_exists(self) -> Self:
        if self.distillation.needs_ema_pass and self.ema.kind == "off":
            raise ValueError(
                "distillation has a term with teacher: ema, but ema is off; "
                f"keep a moving average (ema: {{kind: {CosineEma().kind}}}) or choose another distillation"
            )
        return self

    @property
    def never_reached(self) -> tuple[str, ...]:
        """Settings that this run is too short for, in words; not refused, for a recipe may be tried for an epoch."""
        starts = {"training.distillation.ema_from_epoch": float(self.distillation.ema_from_epoch)}
        if isinstance(self.warmup, LinearWarmup):
            starts |= {
                "training.warmup.start_epoch": self.warmup.start_epoch,
                "training.warmup.end_epoch": self.warmup.end_epoch,
            }
        return tuple(
            f"{name} is {epoch:g}, but training.epochs is {self.epochs}"
            for name, epoch in starts.items()
            if epoch >= self.epochs
        )
