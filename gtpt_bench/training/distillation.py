"""Who learns from whom in a training step: the terms that join the loss of the pruned pass, as data. Torch-free.

The loss that they describe is losses.py. Source: spec/ablations.md §3.7, whose names the presets have.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from gtpt_bench.frozen import Frozen


class Divergence(Frozen):
    """weight · KL(teacher ‖ learner) at temperature 1, averaged over the bins of an axis."""

    teacher: Literal["full", "ema", "pruned"]
    """The full pass, the full pass of the moving average, or the pruned pass."""
    learner: Literal["pruned", "full"] = "pruned"
    weight: float = Field(1.0, gt=0)
    teacher_learns: bool = False
    """Whether the gradient reaches the teacher too."""
    visible_only: bool = True
    """Whether each keypoint has the weight of its label; if not, all count alike, labelled or not."""

    @model_validator(mode="after")
    def _two_passes(self) -> Self:
        if self.teacher == self.learner:
            raise ValueError(f"teacher and learner are both {self.teacher!r}; a pass cannot teach itself")
        if self.teacher == "ema" and self.teacher_learns:
            raise ValueError("teacher_learns does not go with teacher: ema, which has no gradient")
        return self

    @property
    def needs_full_pass(self) -> bool:
        return "full" in (self.teacher, self.learner)


class Distillation(Frozen):
    """What joins KL(target ‖ pruned pass), which is always there; the defaults are the published `full_detached`."""

    full_targets: bool = True
    """Whether the full pass learns from the targets too."""
    terms: tuple[Divergence, ...] = (Divergence(teacher="full"),)
    soft_targets: bool = False
    """Whether softmax(2 · target) takes the place of every target."""
    feature_weight: float = Field(0.0, ge=0)
    """Of the mean squared distance between the final keypoint tokens of pruned pass and moving average."""
    ema_from_epoch: int = Field(0, ge=0)
    """First epoch, counted from 0, with the terms of the moving average."""
    teacher_batch_norm: Literal["train", "eval"] = "train"
    """Of the moving average while it teaches. The authors' ran in training mode, by oversight rather than intent."""

    @model_validator(mode="after")
    def _ema_settings_need_an_ema_term(self) -> Self:
        if not self.needs_ema_pass:
            for name in ("feature_weight", "ema_from_epoch", "teacher_batch_norm"):
                if getattr(self, name) != type(self).model_fields[name].default:
                    raise ValueError(f"{name} does nothing: none of the terms has teacher: ema")
        return self

    @property
    def needs_full_pass(self) -> bool:
        """Whether the model has to run a second, un-pruned pass."""
        return self.full_targets or any(term.needs_full_pass for term in self.terms)

    @property
    def needs_ema_pass(self) -> bool:
        """Whether the moving average has to run, from `ema_from_epoch` on."""
        return any(term.teacher == "ema" for term in self.terms)


_EMA = Divergence(teacher="ema", visible_only=False)

DISTILLATIONS: Mapping[str, Distillation] = MappingProxyType(
    {
        "none": Distillation(full_targets=False, terms=()),
        "full_detached": Distillation(),
        "full": Distillation(terms=(Divergence(teacher="full", teacher_learns=True),)),
        "full_symmetric": Distillation(
            terms=(
                Divergence(teacher="full", weight=0.5, teacher_learns=True),
                Divergence(teacher="pruned", learner="full", weight=0.5, teacher_learns=True),
            )
        ),
        "full_soft_target": Distillation(soft_targets=True),
        "ema": Distillation(full_targets=False, terms=(_EMA,)),
        "ema_weak": Distillation(full_targets=False, terms=(_EMA.changed({"weight": 0.1}),)),
        # "Only when epoch > 5", epochs counted from 0 as everywhere.
        "ema_delayed": Distillation(full_targets=False, terms=(_EMA,), ema_from_epoch=6),
        "ema_feature": Distillation(full_targets=False, terms=(_EMA,), feature_weight=0.01, teacher_batch_norm="eval"),
        "full_ema": Distillation(terms=(_EMA,)),
    }
)


def named_distillation(value: Any) -> Any:
    """The preset of a name; anything that is not text is left as it is.

    Raises:
        ValueError: no preset has this name.
    """
    if not isinstance(value, str):
        return value
    if value not in DISTILLATIONS:
        raise ValueError(f"got {value!r}, which is no distillation; known: {', '.join(DISTILLATIONS)}")
    return DISTILLATIONS[value]
