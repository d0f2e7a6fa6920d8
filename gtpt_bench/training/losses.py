"""Global perceived loss: both passes learn from the targets, the pruned pass also from the full one.

B batch, J keypoints, n bins of an axis. Source: spec/training_and_evaluation.md §3.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.gtpt.model import TrainingLogits


def global_perceived_loss(logits: TrainingLogits, targets: SimccLogits, weights_BJ: Tensor) -> Tensor:
    """Loss of a batch, a scalar.

    KL(target ‖ pruned) + KL(target ‖ full) + KL(full ‖ pruned), the last without gradient to the full pass; only
    the first where there is no full pass. Summed over both axes.

    Args:
        targets: densities over bins, x `[B, J, n_x]` and y `[B, J, n_y]`, not normalised.
        weights_BJ: weight of each keypoint, 0 where it is not labelled; zeros count in the mean over the batch.
    """
    loss = sum(
        _axis_loss(pruned, None if logits.full is None else logits.full[axis], targets[axis], weights_BJ)
        for axis, pruned in enumerate(logits.pruned)
    )
    assert isinstance(loss, Tensor)
    return loss


def _axis_loss(pruned_BJN: Tensor, full_BJN: Tensor | None, target_BJN: Tensor, weights_BJ: Tensor) -> Tensor:
    log_pruned = pruned_BJN.float().log_softmax(-1)
    divergence = _mean_kl(target_BJN, log_pruned)
    if full_BJN is not None:
        log_full = full_BJN.float().log_softmax(-1)
        teacher = log_full.detach()
        divergence = divergence + _mean_kl(target_BJN, log_full)
        divergence = divergence + functional.kl_div(log_pruned, teacher, reduction="none", log_target=True).mean(-1)
    # Mean over all keypoints of the batch, labelled or not: the authors' reduction (quirk 7).
    return (divergence * weights_BJ).mean()


def _mean_kl(target_BJN: Tensor, log_prediction_BJN: Tensor) -> Tensor:
    """KL(target ‖ prediction), averaged over bins instead of summed (quirk 6): `[B, J]`; 0 where the target is 0."""
    return functional.kl_div(log_prediction_BJN, target_BJN, reduction="none").mean(-1)
