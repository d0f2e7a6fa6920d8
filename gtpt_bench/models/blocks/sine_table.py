"""The frozen position embedding of GTPT, TokenPose and TransPose. Source: spec/baselines.md §3.3, spec/gtpt.md §5."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from gtpt_bench.models.sizes import Size


def sine_position(grid: Size, width: int) -> Tensor:
    """Sine embedding `[1, N, D]` of a grid of tokens: the first D/2 channels encode the row, the rest the column."""
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
