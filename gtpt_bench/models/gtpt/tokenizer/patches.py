"""From feature map to image tokens: norm, non-overlapping patches, one linear layer, position embedding.

Source: spec/gtpt.md §4 and §5.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.channel_norm import ChannelNorm
from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.gtpt.tokenizer.patch_cost import PatchNorm
from gtpt_bench.models.sizes import Size

_NORMS: dict[PatchNorm, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm2d,
    "layer": ChannelNorm,
    "none": nn.Identity,
}


class PatchEmbedding(nn.Module):
    """`[B, C, H, W]` to image tokens `[B, N, D]`, row-major over the grid of patches.

    A patch vector is ordered (row in patch, column in patch, channel), channel fastest. Cost: patch_cost.py.
    """

    def __init__(self, channels: int, patch: Size, width: int, norm: PatchNorm = "batch") -> None:
        super().__init__()
        self.patch = patch
        self.norm = _NORMS[norm](channels)
        self.projection = TokenLinear(patch.area * channels, width)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        x = self.norm(features_BCHW)
        B, C, H, W = x.shape
        rows, columns = H // self.patch.height, W // self.patch.width
        x = x.movedim(1, -1).reshape(B, rows, self.patch.height, columns, self.patch.width, C)
        x = x.transpose(2, 3).reshape(B, rows * columns, self.patch.area * C)
        tokens: Tensor = self.projection(x)
        return tokens


def sine_position(grid: Size, width: int) -> Tensor:
    """Sine embedding `[1, N, D]` of the patch grid: the first D/2 channels encode the row, the rest the column."""
    rows = _sine_axis(grid.height, width // 2)[:, None].expand(-1, grid.width, -1)
    columns = _sine_axis(grid.width, width // 2)[None].expand(grid.height, -1, -1)
    return torch.cat((rows, columns), dim=-1).reshape(1, grid.area, width)


def _sine_axis(length: int, features: int) -> Tensor:
    """`[length, features]`: positions 1…length scaled to 2π, sine in even and cosine in odd features."""
    place = torch.arange(1, length + 1, dtype=torch.float32) / (length + 1e-6) * (2 * math.pi)
    index = torch.arange(features, dtype=torch.float32)
    frequency = 10000 ** (2 * (index // 2) / features)
    angle = place[:, None] / frequency
    return torch.where(index % 2 == 0, angle.sin(), angle.cos())
