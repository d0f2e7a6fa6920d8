"""Residual blocks of ResNet and HRNet: no bias in any convolution, BatchNorm after each, ReLU after the addition.

Modules carry the official names, so that published backbones load. Source: spec/baselines.md §3.
Cost in closed form: residual_cost.py.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.residual_cost import EXPANSION


def conv_norm(cin: int, cout: int, kernel: int, *, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution with "same" padding, then BatchNorm: `[B, cin, H, W]` to `[B, cout, H / stride, W / stride]`."""
    conv = nn.Conv2d(cin, cout, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(cout))


def projection(cin: int, cout: int, *, stride: int) -> nn.Sequential | None:
    """What makes a shortcut fit the sum; None where the input fits as it is."""
    return None if cin == cout and stride == 1 else conv_norm(cin, cout, 1, stride=stride)


class Bottleneck(nn.Module):
    """1×1, 3×3 and 1×1: `[B, cin, H, W]` to `[B, 4 middle, H / stride, W / stride]`; the 3×3 has the stride."""

    def __init__(self, cin: int, middle: int, *, stride: int = 1) -> None:
        super().__init__()
        cout = EXPANSION * middle
        self.conv1, self.bn1 = conv_norm(cin, middle, 1)
        self.conv2, self.bn2 = conv_norm(middle, middle, 3, stride=stride)
        self.conv3, self.bn3 = conv_norm(middle, cout, 1)
        self.downsample = projection(cin, cout, stride=stride)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        out = torch.relu(self.bn1(self.conv1(x_BCHW)))
        out = torch.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return torch.relu(out + (x_BCHW if self.downsample is None else self.downsample(x_BCHW)))


class BasicBlock(nn.Module):
    """Two 3×3 convolutions: `[B, cin, H, W]` to `[B, cout, H / stride, W / stride]`."""

    def __init__(self, cin: int, cout: int, *, stride: int = 1) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_norm(cin, cout, 3, stride=stride)
        self.conv2, self.bn2 = conv_norm(cout, cout, 3)
        self.downsample = projection(cin, cout, stride=stride)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        out = torch.relu(self.bn1(self.conv1(x_BCHW)))
        out = self.bn2(self.conv2(out))
        return torch.relu(out + (x_BCHW if self.downsample is None else self.downsample(x_BCHW)))


def bottleneck_stage(cin: int, middle: int, blocks: int, *, stride: int = 1) -> nn.Sequential:
    """A stage of a ResNet: the first block has the stride, the others keep size and width."""
    first = Bottleneck(cin, middle, stride=stride)
    return nn.Sequential(first, *(Bottleneck(EXPANSION * middle, middle) for _ in range(blocks - 1)))
