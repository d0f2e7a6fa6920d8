"""Network of the single-stage ShuffleNet tokenizer. Config and cost: shuffle.py."""

from __future__ import annotations

from torch import Tensor, nn

from gtpt_bench.models.blocks.shuffle import conv_norm, shuffle_stage
from gtpt_bench.models.blocks.start import initialise_convolutions
from gtpt_bench.models.gtpt.tokenizer.shuffle import ShuffleTokenizer


class ShuffleNet(nn.Module):
    """`[B, 3, H, W]` to `[B, channels, H / 4, W / 4]`."""

    def __init__(self, config: ShuffleTokenizer) -> None:
        super().__init__()
        self.first = nn.Sequential(*conv_norm(3, config.first_channels, 3, stride=2), nn.ReLU())
        self.stage = shuffle_stage(config.first_channels, config.channels, config.blocks, dw_kernel=config.dw_kernel)
        initialise_convolutions(self)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        features: Tensor = self.stage(self.first(images_B3HW))
        return features
