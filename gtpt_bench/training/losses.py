"""Global perceived loss: both passes learn from the targets, and from each other as a distillation says.

B batch, J keypoints, n bins of an axis, D width of a token.
Source: spec/training_and_evaluation.md §3; spec/ablations.md §3.7 for everything but the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.training.distillation import Distillation

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
) -> Tensor:
    """Loss of a batch, a scalar.

    By default KL(target ‖ pruned) + KL(target ‖ full) + KL(full ‖ pruned), the last without gradient to the full
    pass. Terms of a pass that did not run are left out. Summed over both axes.

    Args:
        targets: densities over bins, x `[B, J, n_x]` and y `[B, J, n_y]`, not normalised.
        weights_BJ: weight of each keypoint, 0 where it is not labelled; zeros count in the mean over the batch.
        ema: un-pruned pass of the moving average; None where there is none yet.
    """
    passes = {"pruned": logits.pruned}
    if logits.full is not None:
        passes["full"] = logits.full
    if ema is not None:
        passes["ema"] = ema.logits
    loss = sum(_axis_loss(_of_axis(passes, axis), targets[axis], weights_BJ, distillation) for axis in range(2))
    assert isinstance(loss, Tensor)
    if ema is not None and distillation.feature_weight > 0:
        assert logits.keypoints is not None, "a GTPT in training mode hands out its keypoint tokens"
        distance = functional.mse_loss(logits.keypoints.float(), ema.keypoints.detach().float())
        loss = loss + distillation.feature_weight * distance
    return loss


def _of_axis(passes: Passes, axis: int) -> dict[str, Tensor]:
    """Logarithms of the probabilities `[B, J, n]` of each pass."""
    return {name: logits[axis].float().log_softmax(-1) for name, logits in passes.items()}


def _axis_loss(
    passes: Mapping[str, Tensor], target_BJN: Tensor, weights_BJ: Tensor, distillation: Distillation
) -> Tensor:
    """Sum of all divergences, averaged over bins (quirk 6) and over all keypoints, labelled or not (quirk 7).

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
