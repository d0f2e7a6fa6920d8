"""What a model is given when only its cost or time matters."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.pruning.truth import Truth


def sample_inputs(model: nn.Module, images_B3HW: Tensor) -> tuple[Tensor | Truth, ...]:
    """Arguments of a forward pass: the images, and for an oracle labels of a person of whom nothing is visible."""
    pruning = getattr(getattr(model, "config", None), "pruning", None)
    if pruning is None or not pruning.score.needs_truth:
        return (images_B3HW,)
    shape = len(images_B3HW), len(model.config.keypoint_set)  # type: ignore[union-attr, arg-type]
    points = torch.zeros(*shape, 2, device=images_B3HW.device)
    return images_B3HW, Truth(points, torch.zeros(*shape, dtype=torch.bool, device=images_B3HW.device))
