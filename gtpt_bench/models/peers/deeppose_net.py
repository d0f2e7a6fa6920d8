"""Network of DeepPose, under mmpose's names. Config and presets: deeppose.py."""

from __future__ import annotations

from torch import Tensor, nn

from gtpt_bench.models.blocks.resnet import ResNetTrunk
from gtpt_bench.models.blocks.resnet_depths import RESNET_BLOCKS
from gtpt_bench.models.peers.deeppose import DeepPoseConfig


class DeepPose(nn.Module):
    """`[B, 3, H, W]` to x and y of each keypoint as shares of the crop's width and height: `[B, J, 2]`."""

    def __init__(self, config: DeepPoseConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = ResNetTrunk(RESNET_BLOCKS[config.depth], config.width)
        self.head = CoordinateHead(self.backbone.channels, config.num_keypoints)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        coordinates: Tensor = self.head(self.backbone(images_B3HW))
        return coordinates


class CoordinateHead(nn.Module):
    """`[B, C, H, W]` to `[B, J, 2]`: the mean over all cells, then a linear layer. Nothing bounds the coordinates."""

    def __init__(self, channels: int, num_keypoints: int) -> None:
        super().__init__()
        self.fc = nn.Linear(channels, 2 * num_keypoints)
        # Everything starts close to one corner of the crop, the same for all images.
        nn.init.normal_(self.fc.weight, std=0.01)
        nn.init.zeros_(self.fc.bias)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        coordinates: Tensor = self.fc(features_BCHW.mean(dim=(2, 3))).unflatten(1, (-1, 2))
        return coordinates
