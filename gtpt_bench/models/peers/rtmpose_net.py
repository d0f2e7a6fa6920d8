"""Network of RTMPose. Config and presets: rtmpose.py."""

from __future__ import annotations

from torch import Tensor, nn

from gtpt_bench.models.blocks.cspnext import CSPNeXt
from gtpt_bench.models.blocks.gated_attention import GatedAttentionUnit, ScaleNorm
from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.peers.rtmpose import RTMPoseConfig
from gtpt_bench.models.sizes import Size


class RTMPose(nn.Module):
    """`[B, 3, H, W]` to logits x `[B, J, ratio · W]` and y `[B, J, ratio · H]`."""

    def __init__(self, config: RTMPoseConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = CSPNeXt(config.stem_width, config.widths, config.blocks)
        self.head = KeypointAttentionHead(config)

    def forward(self, images_B3HW: Tensor) -> SimccLogits:
        logits: SimccLogits = self.head(self.backbone(images_B3HW))
        return logits


class KeypointAttentionHead(nn.Module):
    """A map for each keypoint, flattened to a token; the tokens attend to each other once, then SimCC.

    `[B, C, H / 32, W / 32]` to logits as above.
    """

    def __init__(self, config: RTMPoseConfig) -> None:
        super().__init__()
        image, width, ratio = config.input_size, config.token_width, config.split_ratio
        cells = image.divided(Size(config.stride, config.stride)).area
        self.final_layer = nn.Conv2d(config.widths[-1], config.num_keypoints, 7, padding=3)
        self.mlp = nn.Sequential(ScaleNorm(), TokenLinear(cells, width, bias=False))
        self.gau = GatedAttentionUnit(width, config.gate_width, config.key_width)
        self.cls_x = TokenLinear(width, ratio * image.width, bias=False)
        self.cls_y = TokenLinear(width, ratio * image.height, bias=False)

    def forward(self, features_BChw: Tensor) -> SimccLogits:
        keypoints_BJD = self.gau(self.mlp(self.final_layer(features_BChw).flatten(2)))
        return SimccLogits(self.cls_x(keypoints_BJD), self.cls_y(keypoints_BJD))
