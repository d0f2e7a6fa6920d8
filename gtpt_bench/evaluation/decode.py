"""From SimCC logits to keypoints in the image. Source: spec/training_and_evaluation.md §5.

B batch, J keypoints, n bins.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from gtpt_bench.data.pixel_grid import PAPER_GRID, PixelGrid
from gtpt_bench.models.blocks.simcc_head import SimccLogits


def unmirrored(logits: SimccLogits, mirror: Sequence[int], *, shift_bins: int) -> SimccLogits:
    """Logits of a mirrored crop as if it had not been mirrored.

    Left and right keypoints swap and the x bins reverse; then they move down by `shift_bins`, the last ones
    staying. Mirroring takes pixel x to W − 1 − x, so at r bins a pixel a shift of r − 1 is exact in the authors' grid,
    and none in the centred one.
    """
    x, y = (axis[:, list(mirror)] for axis in logits)
    x = x.flip(-1)
    if shift_bins:
        x = torch.cat((x[..., shift_bins:], x[..., -shift_bins:]), dim=-1)
    return SimccLogits(x, y)


def averaged(first: SimccLogits, second: SimccLogits) -> SimccLogits:
    """Mean of two logits, axis by axis (not of their probabilities)."""
    return SimccLogits((first.x + second.x) / 2, (first.y + second.y) / 2)


def decoded(logits: SimccLogits, *, split_ratio: int, grid: PixelGrid = PAPER_GRID) -> tuple[Tensor, Tensor]:
    """Crop coordinates `[B, J, 2]` (the likeliest bins, no refinement) and confidences `[B, J]`.

    A confidence is the smaller of the two axes' largest probabilities.
    """
    maxima = [axis.float().softmax(-1).max(-1) for axis in logits]
    coordinates = grid.pixels(torch.stack([m.indices for m in maxima], dim=-1), split_ratio)
    return coordinates, torch.minimum(maxima[0].values, maxima[1].values)
