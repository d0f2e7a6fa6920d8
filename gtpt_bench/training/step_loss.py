"""What a training step minimises: the passes that the config asks for, and the sum of their losses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from gtpt_bench.data.dataset import Crop, normalised
from gtpt_bench.data.pixel_grid import GRIDS
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.ema_copy import EmaCopy
from gtpt_bench.training.guidance import guidance_loss
from gtpt_bench.training.losses import global_perceived_loss
from gtpt_bench.training.targets import simcc_targets

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.model import PassOutput, TrainingLogits


def step_loss(
    model: nn.Module,
    ema: EmaCopy,
    batch: Crop,
    *,
    model_config: GTPTConfig,
    config: TrainingConfig,
    epoch: float,
    autocast: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> Tensor:
    """Loss of a batch, a scalar: its mean over persons, in float32.

    Args:
        model: in training mode.
        ema: teaches where the distillation asks for it.
        batch: on the model's device.
        epoch: time since the start of training, in epochs.
        autocast: around the passes, for a lower precision.
    """
    images, distillation = normalised(batch.image), config.distillation
    with autocast():
        logits: TrainingLogits = model(
            images,
            keep_rates=config.warmup.keep_rates(model_config.pruning.keep_rates, epoch=epoch),
            full_pass=distillation.needs_full_pass,
        )
        taught = _ema_pass(ema, images, config, epoch)
    targets, weights = simcc_targets(
        batch.keypoints,
        batch.visibility,
        input_size=model_config.input_size,
        split_ratio=model_config.split_ratio,
        sigma_bins=config.sigma_bins,
        rules=config.targets,
        grid=GRIDS[config.pixel_grid],
    )
    loss = global_perceived_loss(logits, targets, weights, distillation=distillation, ema=taught, rules=config.loss)
    if config.attention_guidance > 0:
        assert logits.attention is not None, "a GTPT in training mode hands out its attention"
        loss = loss + config.attention_guidance * guidance_loss(
            logits.attention,
            batch.keypoints,
            batch.visibility,
            sparse=model_config.keypoint_set.sparse,
            grid=model_config.grid_size,
            input_size=model_config.input_size,
        )
    return loss


def _ema_pass(ema: EmaCopy, images_B3HW: Tensor, config: TrainingConfig, epoch: float) -> PassOutput | None:
    """The teacher's pass; None where nobody learns from it, or not yet."""
    distillation = config.distillation
    if not distillation.needs_ema_pass or epoch < distillation.ema_from_epoch:
        return None
    return ema.teach(images_B3HW, batch_norm=distillation.teacher_batch_norm)
