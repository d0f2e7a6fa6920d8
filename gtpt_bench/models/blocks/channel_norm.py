"""LayerNorm of a feature map: over the channels of each cell."""

from __future__ import annotations

from torch import Tensor, nn


class ChannelNorm(nn.LayerNorm):
    """`[B, C, H, W]` to the same; every cell is normalised by itself."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return super().forward(x_BCHW.movedim(1, -1)).movedim(-1, 1)
