"""CSPNeXt: stages of cross-stage partial (CSP) layers, SiLU throughout. Backbone of RTMPose.

Only half of a stage's channels pass its blocks. Modules carry the official names, so that published backbones load.
Source: spec/baselines.md §3.9.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.added import Added
from gtpt_bench.models.blocks.conv_unit import conv_unit
from gtpt_bench.models.blocks.start import he_convolutions


def silu_unit(cin: int, cout: int, kernel: int, *, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, BatchNorm, SiLU: `[B, cin, H, W]` to `[B, cout, H / stride, W / stride]`."""
    return conv_unit(cin, cout, kernel, stride=stride, groups=groups, activation=nn.SiLU())


class CSPNeXt(nn.Module):
    """`[B, 3, H, W]` to the map of the last stage, `[B, widths[-1], H / 2^(n + 1), W / 2^(n + 1)]` for n stages."""

    def __init__(self, stem_width: int, widths: Sequence[int], blocks: Sequence[int]) -> None:
        super().__init__()
        half = stem_width // 2
        self.stem = nn.Sequential(
            silu_unit(3, half, 3, stride=2), silu_unit(half, half, 3), silu_unit(half, stem_width, 3)
        )
        self.num_stages = len(widths)
        cin = stem_width
        for number, (width, count) in enumerate(zip(widths, blocks, strict=True), start=1):
            last = number == self.num_stages
            # The last stage pools before its layer, and its blocks add nothing to their input.
            pooling = [PoolingPyramid(width)] if last else []
            layer = CSPLayer(width, count, adds=not last)
            self.add_module(f"stage{number}", nn.Sequential(silu_unit(cin, width, 3, stride=2), *pooling, layer))
            cin = width
        he_convolutions(self)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        x = self.stem(images_B3HW)
        for number in range(1, self.num_stages + 1):
            x = self.get_submodule(f"stage{number}")(x)
        features: Tensor = x
        return features


class PoolingPyramid(nn.Module):
    """Maxima over windows of three sizes beside the input (SPP): `[B, C, H, W]` to the same."""

    def __init__(self, channels: int, windows: Sequence[int] = (5, 9, 13)) -> None:
        super().__init__()
        half = channels // 2
        self.conv1 = silu_unit(channels, half, 1)
        self.poolings = nn.ModuleList(nn.MaxPool2d(window, stride=1, padding=window // 2) for window in windows)
        self.conv2 = silu_unit(half * (1 + len(windows)), channels, 1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        half = self.conv1(x_BCHW)
        out: Tensor = self.conv2(torch.cat([half, *(pool(half) for pool in self.poolings)], dim=1))
        return out


class CSPLayer(nn.Module):
    """Half of the channels pass the blocks, half do not; both are joined and weighted: `[B, C, H, W]` to the same.

    Args:
        adds: whether each block's input is added to its output.
    """

    def __init__(self, channels: int, blocks: int, *, adds: bool) -> None:
        super().__init__()
        half = channels // 2
        self.main_conv = silu_unit(channels, half, 1)
        self.short_conv = silu_unit(channels, half, 1)
        block = Added if adds else nn.Sequential
        self.blocks = nn.Sequential(*(block(block_layers(half)) for _ in range(blocks)))
        self.attention = ChannelAttention(channels)
        self.final_conv = silu_unit(channels, channels, 1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        joined = torch.cat((self.blocks(self.main_conv(x_BCHW)), self.short_conv(x_BCHW)), dim=1)
        out: Tensor = self.final_conv(self.attention(joined))
        return out


def block_layers(channels: int) -> OrderedDict[str, nn.Module]:
    """3×3, then depthwise 5×5 and 1×1: `[B, C, H, W]` to the same."""
    depthwise = silu_unit(channels, channels, 5, groups=channels)
    pointwise = silu_unit(channels, channels, 1)
    separable = nn.Sequential(OrderedDict(depthwise_conv=depthwise, pointwise_conv=pointwise))
    return OrderedDict(conv1=silu_unit(channels, channels, 3), conv2=separable)


class ChannelAttention(nn.Module):
    """Each channel is weighted by what the means of all channels say: `[B, C, H, W]` to the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Conv2d(channels, channels, 1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        weights_BC11 = nn.functional.hardsigmoid(self.fc(x_BCHW.mean(dim=(2, 3), keepdim=True)))
        out: Tensor = x_BCHW * weights_BC11
        return out
