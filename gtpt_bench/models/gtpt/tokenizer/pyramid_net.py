"""Network of the pyramid tokenizer. Config and cost: pyramid.py."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.inverted import InvertedBlock, halving
from gtpt_bench.models.gtpt.tokenizer.pyramid import PyramidTokenizer


class PyramidNet(nn.Module):
    """`[B, 3, H, W]` to `[B, level_channels[-1], H / 16, W / 16]`."""

    def __init__(self, config: PyramidTokenizer) -> None:
        super().__init__()
        self.first = halving(3, config.first_channels)
        entering = (config.first_channels, *config.level_channels[:-1])
        self.levels = nn.Sequential(
            *(
                nn.Sequential(halving(cin, cout), *(InvertedBlock(cout, config.expansion) for _ in range(blocks)))
                for cin, cout, blocks in zip(entering, config.level_channels, config.level_blocks, strict=True)
            )
        )
        # A tenth faster on a CPU, and what tensor cores want.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images_B3HW: Tensor) -> Tensor:
        features: Tensor = self.levels(self.first(images_B3HW.contiguous(memory_format=torch.channels_last)))
        return features
