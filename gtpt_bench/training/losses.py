"""Global perceived loss: both passes learn from the targets, and from each other as a distillation says.

B batch, J keypoints, n bins of an axis, D width of a token.
Source: spec/training_and_evaluation.md §3; spec/ablations.md §3.7 for everything but the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from torch import Tensor
from torch.nn import functional

from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.training.distillation import Distillation, Divergence

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
    target = (2 * target_BJN).softmax(-1) if distillation.soft_targets else target_BJN
    divergence = _mean_kl(target, passes["pruned"])
    if distillation.full_targets and "full" in passes:
        divergence = divergence + _mean_kl(target, passes["full"])
    terms = [term for term in distillation.terms if term.teacher in passes and term.learner in passes]
    for term in terms:
        if term.visible_only:
            divergence = divergence + _distilled(term, passes)
    # Mean over all keypoints of the batch, labelled or not: the authors' reduction (quirk 7).
    loss = (divergence * weights_BJ).mean()
    for term in terms:
        if not term.visible_only:
            loss = loss + _distilled(term, passes).mean()
    return loss


def _distilled(term: Divergence, passes: Mapping[str, Tensor]) -> Tensor:
    """weight · KL(teacher ‖ learner), averaged over bins like the target terms: `[B, J]`."""
    teacher = passes[term.teacher] if term.teacher_learns else passes[term.teacher].detach()
    return term.weight * functional.kl_div(passes[term.learner], teacher, reduction="none", log_target=True).mean(-1)


def _mean_kl(target_BJN: Tensor, log_prediction_BJN: Tensor) -> Tensor:
    """KL(target ‖ prediction), averaged over bins instead of summed (quirk 6): `[B, J]`; 0 where the target is 0."""
    return functional.kl_div(log_prediction_BJN, target_BJN, reduction="none").mean(-1)
