"""SimCC targets and weights from keypoint coordinates, on whatever device they are.

Source: spec/training_and_evaluation.md §2.6 with quirks 4 and 5.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.sizes import Size


def simcc_targets(
    keypoints_BJ2: Tensor, visibility_BJ: Tensor, *, input_size: Size, split_ratio: int, sigma_bins: float
) -> tuple[SimccLogits, Tensor]:
    """Gaussian densities over the bins of each axis, and the weight of each keypoint `[B, J]`.

    A keypoint far outside the crop weighs nothing; a label of at most half a weight keeps its weight, for the
    distillation term, but has no target (the authors' rule for fractional visibility).
    """
    weights = visibility_BJ * near_crop(keypoints_BJ2, input_size, radius_px=3 * sigma_bins)
    has_target = (weights > 0.5)[..., None]
    x, y = (
        gaussian_bins(keypoints_BJ2[..., axis] * split_ratio, split_ratio * length, sigma_bins) * has_target
        for axis, length in enumerate((input_size.width, input_size.height))
    )
    return SimccLogits(x, y), weights


def gaussian_bins(centre_BJ: Tensor, num_bins: int, sigma_bins: float) -> Tensor:
    """Normal density around `centre` at bins 0…num_bins − 1, `[B, J, num_bins]`; cut off, not renormalised."""
    bins = torch.arange(num_bins, dtype=torch.float32, device=centre_BJ.device)
    z = (bins - centre_BJ[..., None]) / sigma_bins
    return torch.exp(-0.5 * z * z) / (sigma_bins * math.sqrt(2 * math.pi))


def near_crop(keypoints_BJ2: Tensor, input_size: Size, *, radius_px: float) -> Tensor:
    """1 where the square of `radius_px` around the keypoint touches the crop, else 0.

    Three sigmas in bins are read as pixels, and the square's corners truncate toward zero: quirk 4.
    """
    size = torch.tensor([input_size.width, input_size.height], device=keypoints_BJ2.device)
    low = (keypoints_BJ2 - radius_px).trunc()
    high = (keypoints_BJ2 + radius_px + 1).trunc()
    return ((low < size) & (high >= 0)).all(-1).float()
