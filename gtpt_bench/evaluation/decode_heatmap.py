"""From heatmaps to keypoints in the crop. Source: spec/baselines.md; the named papers.

B batch, J keypoints, h and w cells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional

from gtpt_bench.models.reading import Peak

BLUR_SIGMA = 2.0
"""In cells: that of the targets."""

BLUR_RADIUS = 5
SMALLEST = 1e-3
"""Of a smoothed map, before its logarithm is taken."""


def unmirrored_maps(maps_BJHW: Tensor, mirror: Sequence[int], *, shift_cells: int) -> Tensor:
    """Maps of a mirrored crop as if it had not been mirrored: left and right swap, columns reverse and move.

    Mirroring takes pixel x to W − 1 − x, so that at four pixels a cell reversed columns lie three quarters of a cell
    too low; the authors move them up by one, the first staying.
    """
    maps = maps_BJHW[:, list(mirror)].flip(-1)
    if shift_cells == 0:
        return maps
    return torch.cat((maps[..., :shift_cells], maps[..., :-shift_cells]), dim=-1)


def peaks(maps_BJHW: Tensor, peak: Peak) -> tuple[Tensor, Tensor]:
    """Cells `[B, J, 2]` in fractions, x first, and confidences `[B, J]`."""
    return _PEAKS[peak](maps_BJHW.float())


def _quarter(maps_BJHW: Tensor) -> tuple[Tensor, Tensor]:
    cells, values = _highest(maps_BJHW)
    slopes_BJ2 = _differences(maps_BJHW, cells)
    return cells + 0.25 * slopes_BJ2.sign(), values


def _dark(maps_BJHW: Tensor) -> tuple[Tensor, Tensor]:
    cells, values = _highest(maps_BJHW)
    logs = _smoothed(maps_BJHW).clamp(min=SMALLEST).log()
    around = _around(logs, cells)  # [B, J, 3, 3], rows first
    slope_x, slope_y = (around[..., 1, 2] - around[..., 1, 0]) / 2, (around[..., 2, 1] - around[..., 0, 1]) / 2
    middle = around[..., 1, 1]
    bend_x = around[..., 1, 2] - 2 * middle + around[..., 1, 0]
    bend_y = around[..., 2, 1] - 2 * middle + around[..., 0, 1]
    bend_xy = (around[..., 2, 2] - around[..., 2, 0] - around[..., 0, 2] + around[..., 0, 0]) / 4
    determinant = bend_x * bend_y - bend_xy**2
    is_peak = (determinant > 1e-12) & (bend_x < 0)
    safe = torch.where(is_peak, determinant, torch.ones_like(determinant))
    moved_x = (bend_xy * slope_y - bend_y * slope_x) / safe
    moved_y = (bend_xy * slope_x - bend_x * slope_y) / safe
    moved = torch.stack((moved_x, moved_y), dim=-1).clamp(-1, 1)
    return cells + torch.where(is_peak[..., None], moved, torch.zeros_like(moved)), values


def _integral(maps_BJHW: Tensor) -> tuple[Tensor, Tensor]:
    chances = maps_BJHW.sigmoid()
    shares = chances / chances.sum((-2, -1), keepdim=True)
    height, width = maps_BJHW.shape[-2:]
    x = (shares.sum(-2) * torch.arange(width, device=maps_BJHW.device)).sum(-1)
    y = (shares.sum(-1) * torch.arange(height, device=maps_BJHW.device)).sum(-1)
    return torch.stack((x, y), dim=-1), chances.amax((-2, -1))


_PEAKS: Mapping[Peak, Callable[[Tensor], tuple[Tensor, Tensor]]] = MappingProxyType(
    {"quarter": _quarter, "dark": _dark, "integral": _integral}
)


def _highest(maps_BJHW: Tensor) -> tuple[Tensor, Tensor]:
    """The highest cell of each map, x first, and its value."""
    values, places = maps_BJHW.flatten(2).max(-1)
    width = maps_BJHW.shape[-1]
    return torch.stack((places % width, places // width), dim=-1).float(), values


def _differences(maps_BJHW: Tensor, cells_BJ2: Tensor) -> Tensor:
    """Right minus left and lower minus upper neighbour of a cell, `[B, J, 2]`; 0 at the border."""
    around = _around(maps_BJHW, cells_BJ2)
    slopes = torch.stack((around[..., 1, 2] - around[..., 1, 0], around[..., 2, 1] - around[..., 0, 1]), dim=-1)
    height, width = maps_BJHW.shape[-2:]
    last = torch.tensor([width - 1, height - 1], device=cells_BJ2.device)
    inside = (cells_BJ2 > 0) & (cells_BJ2 < last)
    return torch.where(inside.all(-1, keepdim=True), slopes, torch.zeros_like(slopes))


def _around(maps_BJHW: Tensor, cells_BJ2: Tensor) -> Tensor:
    """The 3×3 cells around one of each map, `[B, J, 3, 3]`; the border repeats itself."""
    padded = functional.pad(maps_BJHW, (1, 1, 1, 1), mode="replicate")
    x, y = cells_BJ2.long().unbind(-1)
    steps = torch.arange(3, device=maps_BJHW.device)
    rows, columns = (y[..., None] + steps)[..., :, None], (x[..., None] + steps)[..., None, :]
    batch, keypoints = maps_BJHW.shape[:2]
    b = torch.arange(batch, device=maps_BJHW.device)[:, None, None, None]
    j = torch.arange(keypoints, device=maps_BJHW.device)[None, :, None, None]
    return padded[b, j, rows, columns]


def _smoothed(maps_BJHW: Tensor) -> Tensor:
    """Maps blurred by the targets' Gaussian, and as high as they were."""
    steps = torch.arange(-BLUR_RADIUS, BLUR_RADIUS + 1, device=maps_BJHW.device, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (steps / BLUR_SIGMA) ** 2)
    kernel = kernel / kernel.sum()
    flat = maps_BJHW.flatten(0, 1)[:, None]
    blurred = functional.conv2d(flat, kernel[None, None, None, :], padding=(0, BLUR_RADIUS))
    blurred = functional.conv2d(blurred, kernel[None, None, :, None], padding=(BLUR_RADIUS, 0))
    blurred = blurred.view_as(maps_BJHW)
    height = maps_BJHW.amax((-2, -1), keepdim=True)
    return blurred * (height / blurred.amax((-2, -1), keepdim=True).clamp(min=1e-12))
