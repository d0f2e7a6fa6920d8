"""Network of SimpleBaseline. Config and presets: simplebaseline.py.

The same parts stand under two sets of names, because two kinds of weight files are published.
"""

from __future__ import annotations

from torch import Tensor, nn

from gtpt_bench.models.blocks.deconv_head import DeconvHead, deconvolutions, heatmaps
from gtpt_bench.models.blocks.resnet import ResNetTrunk
from gtpt_bench.models.blocks.resnet_depths import RESNET_BLOCKS
from gtpt_bench.models.peers.simplebaseline import SimpleBaselineConfig

NUM_DECONVOLUTIONS = 3


class SimpleBaseline(ResNetTrunk):
    """`[B, 3, H, W]` to heatmaps `[B, J, H / 4, W / 4]`, under the authors' names: no prefix anywhere."""

    def __init__(self, config: SimpleBaselineConfig) -> None:
        super().__init__(RESNET_BLOCKS[config.depth], config.width)
        self.config = config
        self.deconv_layers = deconvolutions(self.channels, [config.deconv_width] * NUM_DECONVOLUTIONS)
        self.final_layer = heatmaps(config.deconv_width, config.num_keypoints)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        maps: Tensor = self.final_layer(self.deconv_layers(self.features(images_B3HW)))
        return maps


class MmposeSimpleBaseline(nn.Module):
    """The same network under mmpose's names."""

    def __init__(self, config: SimpleBaselineConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = ResNetTrunk(RESNET_BLOCKS[config.depth], config.width)
        widths = [config.deconv_width] * NUM_DECONVOLUTIONS
        self.head = DeconvHead(self.backbone.channels, widths, config.num_keypoints)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        maps: Tensor = self.head(self.backbone(images_B3HW))
        return maps
