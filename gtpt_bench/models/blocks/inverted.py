"""Inverted residual blocks: depth-wise 3×3, BatchNorm, then two 1×1 convolutions with a wide middle.

Few operations, most of them dense products, which is what a CPU does well. Cost in closed form: inverted_cost.py.
"""

from __future__ import annotations

from torch import Tensor, nn


class InvertedBlock(nn.Module):
    """`[B, C, H, W]` to the same, added to its input."""

    def __init__(self, channels: int, expansion: int) -> None:
        super().__init__()
        self.spatial = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False), nn.BatchNorm2d(channels)
        )
        self.mix = nn.Sequential(
            nn.Conv2d(channels, expansion * channels, 1), nn.ReLU(), nn.Conv2d(expansion * channels, channels, 1)
        )

    def forward(self, x_BCHW: Tensor) -> Tensor:
        out: Tensor = x_BCHW + self.mix(self.spatial(x_BCHW))
        return out


def halving(cin: int, cout: int) -> nn.Sequential:
    """3×3 convolution with stride 2, BatchNorm and ReLU: `[B, cin, H, W]` to `[B, cout, H / 2, W / 2]`."""
    return nn.Sequential(nn.Conv2d(cin, cout, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU())
