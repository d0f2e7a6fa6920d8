"""ShuffleNet-V2 units as GTPT uses them: a bias in every convolution, ReLU, no max-pool.

Source: spec/gtpt.md §3. Cost in closed form: shuffle_cost.py.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def conv_norm(cin: int, cout: int, kernel: int, *, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """Convolution with bias and "same" padding, then BatchNorm."""
    conv = nn.Conv2d(cin, cout, kernel, stride, padding=kernel // 2, groups=groups)
    return [conv, nn.BatchNorm2d(cout)]


class ShuffleUnit(nn.Module):
    """`[B, cin, H, W]` to `[B, cout, H / stride, W / stride]`; stride 1 needs cin = cout.

    With stride 2 both branches see the whole input; with stride 1 the lower half of the channels passes unchanged.
    `dw_kernel` is that of the main branch; the shortcut keeps 3×3 (spec/ablations.md §3.1).
    """

    def __init__(self, cin: int, cout: int, *, stride: int, dw_kernel: int = 3) -> None:
        super().__init__()
        half = cout // 2
        entering = cin if stride == 2 else half
        self.shortcut = (
            nn.Sequential(*conv_norm(cin, cin, 3, stride=2, groups=cin), *conv_norm(cin, half, 1), nn.ReLU())
            if stride == 2
            else None
        )
        self.main = nn.Sequential(
            *conv_norm(entering, half, 1),
            nn.ReLU(),
            *conv_norm(half, half, dw_kernel, stride=stride, groups=half),
            *conv_norm(half, half, 1),
            nn.ReLU(),
        )

    def forward(self, x_BCHW: Tensor) -> Tensor:
        if self.shortcut is None:
            left, right = x_BCHW.chunk(2, dim=1)
        else:
            left, right = self.shortcut(x_BCHW), x_BCHW
        return interleave(left, self.main(right))


def interleave(left_BCHW: Tensor, right_BCHW: Tensor) -> Tensor:
    """Channels left 0, right 0, left 1, right 1, …: concatenation and channel shuffle with two groups."""
    if not right_BCHW.is_contiguous() and right_BCHW.is_contiguous(memory_format=torch.channels_last):
        return torch.stack((left_BCHW.movedim(1, -1), right_BCHW.movedim(1, -1)), dim=-1).flatten(3).movedim(-1, 1)
    return torch.stack((left_BCHW, right_BCHW), dim=2).flatten(1, 2)


def shuffle_stage(cin: int, cout: int, blocks: int, *, dw_kernel: int = 3) -> nn.Sequential:
    """A stride-2 unit followed by `blocks - 1` units of stride 1."""
    first = ShuffleUnit(cin, cout, stride=2, dw_kernel=dw_kernel)
    return nn.Sequential(first, *shuffle_units(cout, blocks - 1, dw_kernel=dw_kernel))


def shuffle_units(channels: int, count: int, *, dw_kernel: int = 3) -> nn.Sequential:
    """Stride-1 units of constant width."""
    return nn.Sequential(*(ShuffleUnit(channels, channels, stride=1, dw_kernel=dw_kernel) for _ in range(count)))


class PixelShuffleUp(nn.Sequential):
    """1×1 convolution and pixel shuffle to twice the size; BatchNorm comes after the shuffle."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__(nn.Conv2d(cin, 4 * cout, 1), nn.PixelShuffle(2), nn.BatchNorm2d(cout), nn.ReLU())


class SkipFuse(nn.Module):
    """Joins an upsampled map to a skip of the same width (the skip first), then stride-1 units."""

    def __init__(self, cin: int, channels: int, blocks: int, *, dw_kernel: int = 3) -> None:
        super().__init__()
        self.up = PixelShuffleUp(cin, channels)
        self.join = nn.Sequential(*conv_norm(2 * channels, channels, 1), nn.ReLU())
        self.units = shuffle_units(channels, blocks, dw_kernel=dw_kernel)

    def forward(self, skip_BCHW: Tensor, deep_BChw: Tensor) -> Tensor:
        fused: Tensor = self.units(self.join(torch.cat((skip_BCHW, self.up(deep_BChw)), dim=1)))
        return fused
