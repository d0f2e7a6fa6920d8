"""Network of HRNet. Config and presets: hrnet.py.

The same parts stand under two sets of names, because two kinds of weight files are published.
"""

from __future__ import annotations

from torch import Tensor, nn

from gtpt_bench.models.blocks.deconv_head import DeconvHead, heatmaps
from gtpt_bench.models.blocks.hrnet import HighResolutionTrunk
from gtpt_bench.models.blocks.start import he_convolutions
from gtpt_bench.models.peers.hrnet import HRNetConfig

MODULES = (1, 4, 3)
"""Exchange modules of stage 2, 3 and 4."""


class HRNet(HighResolutionTrunk):
    """`[B, 3, H, W]` to heatmaps `[B, J, H / 4, W / 4]`, under the authors' names: no prefix anywhere."""

    def __init__(self, config: HRNetConfig) -> None:
        super().__init__(config.width, MODULES)
        he_convolutions(self)
        self.config = config
        self.final_layer = heatmaps(config.width, config.num_keypoints)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        maps: Tensor = self.final_layer(super().forward(images_B3HW))
        return maps


class MmposeHRNet(nn.Module):
    """The same network under mmpose's names."""

    def __init__(self, config: HRNetConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = HighResolutionTrunk(config.width, MODULES)
        he_convolutions(self.backbone)
        self.head = DeconvHead(config.width, (), config.num_keypoints)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        maps: Tensor = self.head(self.backbone(images_B3HW))
        return maps
