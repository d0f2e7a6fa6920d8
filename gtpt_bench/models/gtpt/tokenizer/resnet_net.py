"""Network of the ResNet tokenizer. Config and cost: resnet.py."""

from __future__ import annotations

from gtpt_bench.models.blocks.hrnet import HighResolutionStem
from gtpt_bench.models.blocks.start import initialise_convolutions
from gtpt_bench.models.gtpt.tokenizer.resnet import ResNetTokenizer


class ResNet(HighResolutionStem):
    """`[B, 3, H, W]` to `[B, 4 middle, H / 4, W / 4]`, under the official names of HRNet's stem."""

    def __init__(self, config: ResNetTokenizer) -> None:
        super().__init__(config.first_channels, config.middle, config.blocks)
        initialise_convolutions(self)
