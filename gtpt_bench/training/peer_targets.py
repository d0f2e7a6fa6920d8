"""What a peer's output is trained towards: heatmaps, densities over bins, or coordinates. Source: spec/baselines.md §3.

B batch, J keypoints, h and w cells.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from gtpt_bench.data.pixel_grid import PixelGrid
from gtpt_bench.evaluation.readers import pixel_cells
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.reading import HeatmapReading, RegressionReading, SimccReading
from gtpt_bench.models.sizes import Size
from gtpt_bench.training.rules import TargetRules
from gtpt_bench.training.targets import near_crop, simcc_targets

SCORE_WEIGHT = 0.01
"""Of the confidence beside the coordinates, DistilPose's (spec/baselines.md §3.8)."""


def heatmap_targets(
    cells_BJ2: Tensor, visibility_BJ: Tensor, *, height: int, width: int, sigma_cells: float
) -> tuple[Tensor, Tensor]:
    """Gaussians of height 1 around the keypoints, `[B, J, h, w]`, and weights `[B, J]`.

    A keypoint three sigmas outside the map weighs nothing.
    """
    weights = (visibility_BJ > 0) * near_crop(cells_BJ2, Size(height, width), radius=3 * sigma_cells)
    rows = torch.arange(height, device=cells_BJ2.device)
    columns = torch.arange(width, device=cells_BJ2.device)
    x, y = cells_BJ2.unbind(-1)
    on_x = torch.exp(-((columns - x[..., None]) ** 2) / (2 * sigma_cells**2))
    on_y = torch.exp(-((rows - y[..., None]) ** 2) / (2 * sigma_cells**2))
    return on_y[..., :, None] * on_x[..., None, :], weights.float()


def heatmap_loss(
    maps_BJHW: Tensor,
    keypoints_BJ2: Tensor,
    visibility_BJ: Tensor,
    reading: HeatmapReading,
    *,
    input_size: Size,
    sigma_cells: float,
    grid: PixelGrid,
) -> Tensor:
    """Half the mean squared difference to the Gaussians, over cells, keypoints and persons; unlabelled ones count 0."""
    cells = pixel_cells(keypoints_BJ2, reading, input_size, grid)
    height, width = maps_BJHW.shape[-2:]
    targets, weights = heatmap_targets(cells, visibility_BJ, height=height, width=width, sigma_cells=sigma_cells)
    squared: Tensor = (maps_BJHW.float() - targets).square().mean((-2, -1))
    return 0.5 * (weights * squared).mean()


def integral_loss(
    maps_BJHW: Tensor,
    keypoints_BJ2: Tensor,
    visibility_BJ: Tensor,
    reading: HeatmapReading,
    *,
    input_size: Size,
    grid: PixelGrid,
) -> Tensor:
    """Mean distance, axis by axis as a share of the map, of the mean place under the map's sigmoid.

    Its authors also make the gradient symmetric in amplitude, which is left out here.
    """
    height, width = maps_BJHW.shape[-2:]
    cells = pixel_cells(keypoints_BJ2, reading, input_size, grid)
    shares = maps_BJHW.float().sigmoid()
    shares = shares / shares.sum((-2, -1), keepdim=True)
    x = (shares.sum(-2) * torch.arange(width, device=shares.device)).sum(-1)
    y = (shares.sum(-1) * torch.arange(height, device=shares.device)).sum(-1)
    size = torch.tensor([width, height], device=shares.device)
    distances = ((torch.stack((x, y), dim=-1) - cells).abs() / size).sum(-1)
    weights = (visibility_BJ > 0) * near_crop(cells, Size(height, width), radius=0)
    return (weights * distances).mean()


def regression_loss(
    output_BJC: Tensor,
    keypoints_BJ2: Tensor,
    visibility_BJ: Tensor,
    reading: RegressionReading,
    *,
    input_size: Size,
    sigma_cells: float,
) -> Tensor:
    """Smooth L1 distance of coordinates as shares of the crop, over keypoints and persons; unlabelled ones count 0.

    A confidence, where there is one, learns how near its point is: the height there of the Gaussian around the label,
    as of a heatmap of `sigma_cells`, whose place a teacher's heatmap has in DistilPose.
    """
    size = torch.tensor([input_size.width, input_size.height], device=keypoints_BJ2.device)
    points = output_BJC[..., :2].float()
    distances = functional.smooth_l1_loss(points, keypoints_BJ2 / size, reduction="none").sum(-1)
    if reading.score_column is not None:
        cells = (points.detach() * size - keypoints_BJ2) / HeatmapReading().stride
        nearness = torch.exp(-cells.square().sum(-1) / (2 * sigma_cells**2))
        distances = distances + SCORE_WEIGHT * (output_BJC[..., reading.score_column].float() - nearness).square()
    weights = (visibility_BJ > 0) * near_crop(keypoints_BJ2, input_size, radius=0)
    return (weights * distances).mean()


def simcc_loss(
    logits: SimccLogits,
    keypoints_BJ2: Tensor,
    visibility_BJ: Tensor,
    reading: SimccReading,
    *,
    input_size: Size,
    sigma_bins: float,
    rules: TargetRules,
    grid: PixelGrid,
) -> Tensor:
    """KL(target ‖ output) over the bins of each axis, over keypoints and persons, summed over both axes."""
    targets, weights = simcc_targets(
        keypoints_BJ2,
        visibility_BJ,
        input_size=input_size,
        split_ratio=reading.split_ratio,
        sigma_bins=sigma_bins,
        rules=rules,
        grid=grid,
    )
    divergences = [
        (torch.special.xlogy(target, target) - target * axis.float().log_softmax(-1)).sum(-1)
        for axis, target in zip(logits, targets, strict=True)
    ]
    return sum(((weights * divergence).mean() for divergence in divergences), start=torch.zeros(()).to(weights))
