"""Network of DistilPose without its teacher. Config and presets: distilpose.py."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.blocks.pruning.truth import Truth
from gtpt_bench.models.peers.distilpose import DistilPoseConfig
from gtpt_bench.models.peers.input_size import check_images
from gtpt_bench.models.peers.token_net import TokenNet, feature_net


class DistilPose(nn.Module):
    """Images `[B, 3, H, W]` to `[B, K, 5]`: x and y as shares of the crop, a raw score, and two positive widths.

    The widths are those of the simulated heatmap by which a teacher's heatmaps are distilled; nothing else reads them.
    """

    def __init__(self, config: DistilPoseConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = feature_net(config.trunk)
        head = nn.Sequential(nn.LayerNorm(config.width), TokenLinear(config.width, 5))
        self.keypoint_head = nn.ModuleDict({"tokenhead": TokenNet(config, head)})

    def forward(self, images_B3HW: Tensor, truth: Truth | None = None) -> Tensor:
        """Args:
            truth: where the keypoints are, for the oracle score.

        Raises:
            InputError: the images are not of the size that the model was made for.
        """
        check_images(images_B3HW.shape, self.config.input_size)
        raw = self.keypoint_head["tokenhead"](self.backbone(images_B3HW), truth)
        point, score, sigma = raw.split((2, 1, 2), dim=-1)
        return torch.cat((point.sigmoid(), score, nn.functional.softplus(sigma)), dim=-1)
