"""SimCC head: each keypoint token to one vector of logits a axis. Source: spec/gtpt.md §10."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.sizes import Size


class SimccLogits(NamedTuple):
    """Raw logits over bins of 1 / split_ratio pixels: x `[B, J, ratio · W]`, y `[B, J, ratio · H]`."""

    x: Tensor
    y: Tensor


class SimccHead(nn.Module):
    """A LayerNorm and a linear layer for x, another pair for y, shared by all keypoints."""

    def __init__(self, width: int, image: Size, split_ratio: int) -> None:
        super().__init__()
        self.x = nn.Sequential(nn.LayerNorm(width), TokenLinear(width, split_ratio * image.width))
        self.y = nn.Sequential(nn.LayerNorm(width), TokenLinear(width, split_ratio * image.height))

    def forward(self, keypoints_BJD: Tensor) -> SimccLogits:
        return SimccLogits(self.x(keypoints_BJD), self.y(keypoints_BJD))
