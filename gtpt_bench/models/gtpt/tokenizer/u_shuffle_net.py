"""Network of the U-shaped ShuffleNet tokenizer. Config and cost: u_shuffle.py."""

from __future__ import annotations

from torch import Tensor, nn

from gtpt_bench.models.blocks.shuffle import SkipFuse, conv_norm, shuffle_stage
from gtpt_bench.models.blocks.start import initialise_convolutions
from gtpt_bench.models.gtpt.tokenizer.u_shuffle import UShuffleTokenizer


class UShuffleNet(nn.Module):
    """`[B, 3, H, W]` to `[B, down_channels[0], H / 4, W / 4]`."""

    def __init__(self, config: UShuffleTokenizer) -> None:
        super().__init__()
        shallow, middle, deep = config.down_channels
        kernel = config.dw_kernel
        self.first = nn.Sequential(*conv_norm(3, config.first_channels, 3, stride=2), nn.ReLU())
        self.down4 = shuffle_stage(config.first_channels, shallow, config.blocks, dw_kernel=kernel)
        self.down8 = shuffle_stage(shallow, middle, config.blocks, dw_kernel=kernel)
        self.down16 = shuffle_stage(middle, deep, config.blocks, dw_kernel=kernel)
        self.up8 = SkipFuse(deep, middle, config.fuse_blocks, dw_kernel=kernel)
        self.up4 = SkipFuse(middle, shallow, config.fuse_blocks, dw_kernel=kernel)
        initialise_convolutions(self)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        stride4 = self.down4(self.first(images_B3HW))
        stride8 = self.down8(stride4)
        stride16 = self.down16(stride8)
        features: Tensor = self.up4(stride4, self.up8(stride8, stride16))
        return features
