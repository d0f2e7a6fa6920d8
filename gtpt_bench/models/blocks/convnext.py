"""ConvNeXt blocks: wide depth-wise convolution, norm, then two linear layers in each cell, added to the input.

Source: spec/ablations.md §3.1; the global response norm is that of ConvNeXt V2 (Woo et al. 2023, section 3).
Cost in closed form: convnext_cost.py.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GlobalResponseNorm(nn.Module):
    """Channels that respond more than the average gain, the others lose; starts as the identity: `[B, H, W, C]`."""

    def __init__(self, channels: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(channels))
        self.beta = nn.Parameter(torch.zeros(channels))
        self.eps = eps

    def forward(self, x_BHWC: Tensor) -> Tensor:
        response = torch.linalg.vector_norm(x_BHWC, dim=(1, 2), keepdim=True)
        relative = response / (response.mean(dim=-1, keepdim=True) + self.eps)
        out: Tensor = x_BHWC + self.gamma * (x_BHWC * relative) + self.beta
        return out


class ConvNextBlock(nn.Module):
    """`[B, C, H, W]` to the same.

    Args:
        channels: C.
        expansion: width of the middle over C.
        kernel: of the depth-wise convolution.
        norm: after it, on `[B, C, H, W]`.
        response: on the middle after GELU, `[B, H, W, expansion · C]`.
    """

    def __init__(self, channels: int, expansion: int, kernel: int, *, norm: nn.Module, response: nn.Module) -> None:
        super().__init__()
        self.spatial = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=channels)
        self.norm = norm
        self.mix = nn.Sequential(
            nn.Linear(channels, expansion * channels),
            nn.GELU(),
            response,
            nn.Linear(expansion * channels, channels),
        )

    def forward(self, x_BCHW: Tensor) -> Tensor:
        spatial_BHWC = self.norm(self.spatial(x_BCHW)).movedim(1, -1)
        out: Tensor = x_BCHW + self.mix(spatial_BHWC).movedim(-1, 1)
        return out
