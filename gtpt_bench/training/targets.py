"""SimCC targets and weights from keypoint coordinates, on whatever device they are.

Source: spec/training_and_evaluation.md §2.6; its quirks 4 and 5 are choices, `TargetRules`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gtpt_bench.data.pixel_grid import PAPER_GRID, PixelGrid
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.sizes import Size
from gtpt_bench.training.rules import TargetRules


def simcc_targets(
    keypoints_BJ2: Tensor,
    visibility_BJ: Tensor,
    *,
    input_size: Size,
    split_ratio: int,
    sigma_bins: float,
    rules: TargetRules = TargetRules(),  # noqa: B008 - immutable
    grid: PixelGrid = PAPER_GRID,
) -> tuple[SimccLogits, Tensor]:
    """Gaussian densities over the bins of each axis, and the weight of each keypoint `[B, J]`.

    A keypoint far outside the crop weighs nothing; a weak label (fractional visibility) keeps its weight, for the
    distillation term, but has no target. The rules say what is far and what is weak.
    """
    per_pixel = {"pixels": 1, "bins": split_ratio}[rules.border_unit]
    weights = visibility_BJ * near_crop(
        keypoints_BJ2 * per_pixel,
        Size(input_size.height * per_pixel, input_size.width * per_pixel),
        radius=3 * sigma_bins,
    )
    has_target = (weights > rules.weak_label_limit)[..., None]
    x, y = (
        gaussian_bins(grid.bins(keypoints_BJ2[..., axis], split_ratio), split_ratio * length, sigma_bins) * has_target
        for axis, length in enumerate((input_size.width, input_size.height))
    )
    return SimccLogits(x, y), weights


def gaussian_bins(centre_BJ: Tensor, num_bins: int, sigma_bins: float) -> Tensor:
    """Normal density around `centre` at bins 0…num_bins − 1, `[B, J, num_bins]`; cut off, not renormalised."""
    bins = torch.arange(num_bins, dtype=torch.float32, device=centre_BJ.device)
    z = (bins - centre_BJ[..., None]) / sigma_bins
    return torch.exp(-0.5 * z * z) / (sigma_bins * math.sqrt(2 * math.pi))


def near_crop(keypoints_BJ2: Tensor, crop: Size, *, radius: float) -> Tensor:
    """1 where the square of `radius` around the keypoint touches the crop, else 0; all in pixels, or all in bins.

    The square's corners truncate toward zero, as the authors' do.
    """
    size = torch.tensor([crop.width, crop.height], device=keypoints_BJ2.device)
    low = (keypoints_BJ2 - radius).trunc()
    high = (keypoints_BJ2 + radius + 1).trunc()
    return ((low < size) & (high >= 0)).all(-1).float()
