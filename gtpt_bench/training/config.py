"""How a model is trained: everything that may change the weights a run ends with. Torch-free.

Source: spec/training_and_evaluation.md §1 and §4 (the recipe); spec/ablations.md §3.2, §3.6, §3.7, §3.11 (variants).

The quirks of the authors' programs that move numbers (ibid. §12) are the defaults; each is switched by one field of a
run. Preset `paper_corrected` (presets.py) switches those of the training together.

 no.  quirk                                               field                                            corrected
   1  the upper half is preferred in 69 %, not 50 %       training.augmentation.upper_half_below: 0.5      0
   2  faces and hands count for the half-body threshold   training.augmentation.half_body_counts: all      body
   3  mirroring shrinks labels of fractional visibility   training.augmentation.mirrored_labels: shrunk    exact
   4  three sigmas in bins are read as pixels             training.targets.border_unit: pixels             bins
   5  labels of at most half a weight have no target      training.targets.weak_label_limit: 0.5           0
   6  x and y weigh by their numbers of bins              training.loss.axes: by_length                    alike
   7  unlabelled keypoints count in the mean              training.loss.mean_over: all_keypoints           labelled
   8  a weight decay of 1e-4 is configured, not used      training.weight_decay: 0                         1e-4
   9  the learning rate falls one epoch early             training.schedule.one_epoch_early: true          false
  10  crops are centred on W / 2 and bins at pixels       training.pixel_grid: corner                      centred
  11  OKS-NMS takes the area of the padded crop           evaluation.oks_nms_area: crop                    box
  12  confidences are about 0.1, their threshold 0.01     evaluation.keypoint_threshold: 0.01              a higher one
"""

from __future__ import annotations

from math import ceil
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.data.pixel_grid import GridName
from gtpt_bench.frozen import Frozen
from gtpt_bench.training.distillation import Distillation, named_distillation
from gtpt_bench.training.ema import CosineEma, Ema
from gtpt_bench.training.init_from_body import InitFromBody
from gtpt_bench.training.rules import LossRules, TargetRules
from gtpt_bench.training.schedule import Schedule, StepDecay
from gtpt_bench.training.warmup import LinearWarmup, NoWarmup, Warmup

Precision = Literal["float32", "bfloat16", "float16"]


class TrainingConfig(Frozen):
    """The defaults are the paper's recipe."""

    epochs: int = Field(300, ge=1)
    batch_size: int = Field(256, ge=1)
    """Images of a step, of all processes together."""
    micro_batch: int = Field(64, ge=1)
    """Images that the network sees at once, of which BatchNorm takes its statistics; the running ones are those of the
    first such part of each batch. The paper's is 64, on each of 4 GPUs. A smaller one needs less memory. As many
    processes as there are share the parts, with the same result."""
    precision: Precision = "float32"
    """Of the forward passes in training; bfloat16 and float16 are faster on GPUs. Evaluation is in float32."""
    learning_rate: float = Field(1e-3, gt=0)
    """Of Adam, before the schedule."""
    weight_decay: float = Field(0.0, ge=0)
    """L2 penalty, added to the gradient. The authors configured 1e-4 and their Adam was never told (quirk 8)."""
    schedule: Schedule = StepDecay()
    ema: Ema = CosineEma()
    sigma_bins: float = Field(4.0, gt=0)
    """Width of the targets in SimCC bins."""
    targets: TargetRules = TargetRules()
    loss: LossRules = LossRules()
    pixel_grid: GridName = "corner"
    """Where crop pixels lie in frame and bins, in training and then in evaluation (quirk 10; data/pixel_grid.py)."""
    distillation: Distillation = Distillation()
    """Which pass learns from which; the name of a preset (`ema_weak`) or its fields."""
    warmup: Warmup = NoWarmup()
    """Of the keep rates of the pruned pass."""
    attention_guidance: float = Field(0.0, ge=0)
    """Weight of the attention guidance, an aid for short runs that is not of the paper (guidance.py)."""
    loss_limit: float = Field(100.0, gt=1)
    """A loss of more than so many times the first batch's has exploded, and ends the run as failed."""
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
