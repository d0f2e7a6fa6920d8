"""ResNet of bottlenecks, as many stages of it as wanted.

Modules carry the official names, without a prefix, so that published backbones load. Source: spec/baselines.md §3.1.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.residual import bottleneck_stage, conv_norm
from gtpt_bench.models.blocks.residual_cost import EXPANSION
from gtpt_bench.models.blocks.start import he_convolutions


class ResNetTrunk(nn.Module):
    """`[B, 3, H, W]` to the last stage's map: stage s has 4 · width · 2^(s - 1) channels at stride 2^(s + 1).

    A base class as often as a part, because the official names of its modules have no prefix in several networks.

    Args:
        blocks: bottlenecks of stage 1, 2, …; (3, 4) ends after stage 2.
        width: middle channels of stage 1, and those that enter it.
    """

    def __init__(self, blocks: Sequence[int], width: int = 64) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_norm(3, width, 7, stride=2)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.num_stages = len(blocks)
        self.channels = width
        for stage, count in enumerate(blocks, start=1):
            middle = width * 2 ** (stage - 1)
            layer = bottleneck_stage(self.channels, middle, count, stride=1 if stage == 1 else 2)
            self.add_module(f"layer{stage}", layer)
            self.channels = EXPANSION * middle
        he_convolutions(self)

    def features(self, images_B3HW: Tensor) -> Tensor:
        """What `forward` gives, for networks that go on from it."""
        x: Tensor = self.maxpool(torch.relu(self.bn1(self.conv1(images_B3HW))))
        for stage in range(1, self.num_stages + 1):
            x = self.get_submodule(f"layer{stage}")(x)
        return x

    def forward(self, images_B3HW: Tensor) -> Tensor:
        return self.features(images_B3HW)
