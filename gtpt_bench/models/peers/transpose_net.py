"""Networks of TransPose. Config and presets: transpose.py.

B batch, N cells of the map, D width. Source: spec/baselines.md §3.5.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.deconv_head import deconvolutions, heatmaps
from gtpt_bench.models.blocks.hrnet import HighResolutionTrunk
from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.blocks.packed_attention import PackedAttention
from gtpt_bench.models.blocks.resnet import ResNetTrunk
from gtpt_bench.models.blocks.sine_table import sine_position
from gtpt_bench.models.blocks.start import he_convolutions
from gtpt_bench.models.peers.input_size import check_images
from gtpt_bench.models.peers.transpose import TransPoseConfig
from gtpt_bench.models.peers.trunks import HRNetToStage3, ResNetToStage2


class EncoderLayer(nn.Module):
    """Attention, then a feed-forward net with ReLU; the norm comes after each sum."""

    def __init__(self, config: TransPoseConfig) -> None:
        super().__init__()
        width, hidden = config.width, config.hidden
        self.self_attn = PackedAttention(width, config.heads, dropout=config.dropout)
        self.linear1 = TokenLinear(width, hidden)
        self.linear2 = TokenLinear(hidden, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x_BND: Tensor, position_1ND: Tensor) -> Tensor:
        """`[B, N, D]`; positions say where to look, and are in nothing that is taken from there."""
        placed = x_BND + position_1ND
        x: Tensor = self.norm1(x_BND + self.dropout(self.self_attn(placed, placed, x_BND)))
        fed = self.linear2(self.dropout(torch.relu(self.linear1(x))))
        out: Tensor = self.norm2(x + self.dropout(fed))
        return out


class Encoder(nn.Module):
    """Every layer is told the positions anew; no norm at the end."""

    def __init__(self, config: TransPoseConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.depth))

    def forward(self, x_BND: Tensor, position_1ND: Tensor) -> Tensor:
        for layer in self.layers:
            x_BND = layer(x_BND, position_1ND)
        return x_BND


class TransPoseEnd(nn.Module):
    """What comes after the CNN: its map `[B, C, h, w]` to heatmaps `[B, J, H / 4, W / 4]`.

    A base class, because the official names of its modules have no prefix.

    Args:
        trunk: for the CNN, a base class that comes after this one.
    """

    def __init__(self, config: TransPoseConfig, **trunk: Any) -> None:
        super().__init__(**trunk)
        he_convolutions(self)
        self.config = config
        width = config.width
        self.reduce = nn.Conv2d(config.trunk.channels, width, 1, bias=False)
        position_ND = sine_position(config.grid_size, width)[0]
        self.pos_embedding = nn.Parameter(position_ND[:, None], requires_grad=False)
        self.global_encoder = Encoder(config)
        doubled = config.trunk.stride > 4
        self.deconv_layers = deconvolutions(width, [config.deconv_width] if doubled else [])
        self.final_layer = heatmaps(config.deconv_width if doubled else width, config.num_keypoints)

    def maps(self, features_BChw: Tensor) -> Tensor:
        reduced = self.reduce(features_BChw)
        tokens_BND = self.global_encoder(reduced.flatten(2).transpose(1, 2), self.pos_embedding.transpose(0, 1))
        looked_around = tokens_BND.transpose(1, 2).unflatten(2, self.config.grid_size)
        maps: Tensor = self.final_layer(self.deconv_layers(looked_around))
        return maps


class TransPoseR(TransPoseEnd, ResNetTrunk):
    """On a ResNet: images `[B, 3, H, W]` to heatmaps `[B, J, H / 4, W / 4]`."""

    def __init__(self, config: TransPoseConfig, trunk: ResNetToStage2) -> None:
        super().__init__(config, blocks=trunk.blocks, width=trunk.width)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        check_images(images_B3HW.shape, self.config.input_size)
        return self.maps(self.features(images_B3HW))


class TransPoseH(TransPoseEnd, HighResolutionTrunk):
    """On an HRNet: images `[B, 3, H, W]` to heatmaps `[B, J, H / 4, W / 4]`."""

    def __init__(self, config: TransPoseConfig, trunk: HRNetToStage3) -> None:
        super().__init__(config, width=trunk.width, modules=trunk.modules)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        check_images(images_B3HW.shape, self.config.input_size)
        return self.maps(HighResolutionTrunk.forward(self, images_B3HW))
