"""Global perceived loss: both passes learn from the targets, and from each other as a distillation says.

B batch, J keypoints, n bins of an axis, D width of a token.
Source: spec/training_and_evaluation.md §3; spec/ablations.md §3.7 for everything but the default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.training.distillation import Distillation
from gtpt_bench.training.rules import LossRules

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.model import PassOutput, TrainingLogits

Passes = Mapping[str, SimccLogits]
"""Logits of the passes that ran, by the names of distillation.py: pruned, full, ema."""


def global_perceived_loss(
    logits: TrainingLogits,
    targets: SimccLogits,
    weights_BJ: Tensor,
    *,
    distillation: Distillation = Distillation(),  # noqa: B008 - immutable
    ema: PassOutput | None = None,
    rules: LossRules = LossRules(),  # noqa: B008 - immutable
) -> Tensor:
    """Loss of a batch, a scalar.

    By default KL(target ‖ pruned) + KL(target ‖ full) + KL(full ‖ pruned), the last without gradient to the full
    pass. Terms of a pass that did not run are left out. Averaged over bins, persons and keypoints as the rules say,
    summed over both axes. A mean over persons: of two halves of a batch the mean is that of the whole.

    Args:
        targets: densities over bins, x `[B, J, n_x]` and y `[B, J, n_y]`, not normalised.
        weights_BJ: weight of each keypoint, 0 where it is not labelled.
        ema: un-pruned pass of the moving average; None where there is none yet.
    """
    passes = {"pruned": logits.pruned}
    if logits.full is not None:
        passes["full"] = logits.full
    if ema is not None:
        passes["ema"] = ema.logits
    weights_BJ = _AVERAGED[rules.mean_over](weights_BJ)
    factors = _FACTORS[rules.axes](targets.x.shape[-1], targets.y.shape[-1])
    on_x, on_y = (
        factor * _axis_loss(_of_axis(passes, axis), targets[axis], weights_BJ, distillation)
        for axis, factor in enumerate(factors)
    )
    loss = on_x + on_y
    if ema is not None and distillation.feature_weight > 0:
        assert logits.keypoints is not None, "a GTPT in training mode hands out its keypoint tokens"
        distance = functional.mse_loss(logits.keypoints.float(), ema.keypoints.detach().float())
        loss = loss + distillation.feature_weight * distance
    return loss


def _by_length(num_x: int, num_y: int) -> tuple[float, float]:
    """Factors of the axes' means over bins: as they are."""
    return 1.0, 1.0


def _alike(num_x: int, num_y: int) -> tuple[float, float]:
    """Sums over bins instead, over the mean number of bins."""
    return 2 * num_x / (num_x + num_y), 2 * num_y / (num_x + num_y)


def _over_all(weights_BJ: Tensor) -> Tensor:
    """Weights whose mean over all keypoints is taken."""
    return weights_BJ


def _over_labelled(weights_BJ: Tensor) -> Tensor:
    """Weights whose mean over all keypoints of a person is that over the labelled ones; 0 where there is none."""
    num_labelled_B1 = (weights_BJ > 0).sum(-1, keepdim=True).clamp(min=1)
    return weights_BJ * (weights_BJ.shape[-1] / num_labelled_B1)


_FACTORS: Mapping[str, Callable[[int, int], tuple[float, float]]] = {"by_length": _by_length, "alike": _alike}
_AVERAGED: Mapping[str, Callable[[Tensor], Tensor]] = {"all_keypoints": _over_all, "labelled": _over_labelled}


def _of_axis(passes: Passes, axis: int) -> dict[str, Tensor]:
    """Logarithms of the probabilities `[B, J, n]` of each pass."""
    return {name: logits[axis].float().log_softmax(-1) for name, logits in passes.items()}


def _axis_loss(
    passes: Mapping[str, Tensor], target_BJN: Tensor, weights_BJ: Tensor, distillation: Distillation
) -> Tensor:
    """Sum of all divergences, averaged over bins and over all keypoints, labelled or not.

    Σ weight · KL(teacher ‖ learner) = Σ weight · teacher · log teacher − Σ wanted · log learner, where `wanted` is what
    all its teachers together ask of a learner: one pass over the bins for each learner, however many terms there are.
    """
    target = (2 * target_BJN).softmax(-1) if distillation.soft_targets else target_BJN
    weighted_target = weights_BJ[..., None] * target
    learners = [name for name in ("pruned", "full") if name == "pruned" or distillation.full_targets]
    wanted = {name: weighted_target for name in learners if name in passes}
    known = len(wanted) * weights_BJ[..., None] * torch.special.xlogy(target, target)
    for term in distillation.terms:
        if term.teacher not in passes or term.learner not in passes:
            continue
        teacher = passes[term.teacher] if term.teacher_learns else passes[term.teacher].detach()
        weight = term.weight * weights_BJ[..., None] if term.visible_only else term.weight
        taught = weight * teacher.exp()
        known = torch.addcmul(known, taught, teacher)
        wanted[term.learner] = wanted[term.learner] + taught if term.learner in wanted else taught
    for name, asked in wanted.items():
        known = torch.addcmul(known, asked, passes[name], value=-1)
    loss: Tensor = known.mean(-1).mean()
    return loss
