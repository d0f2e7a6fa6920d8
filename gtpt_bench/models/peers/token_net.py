"""Keypoint tokens and image tokens of one feature map through the encoder, then a head on the keypoint tokens.

What TokenPose, PPT and DistilPose share, under the names that all three have. Config: token_config.py.
B batch, K keypoints, N image tokens, D width. Source: spec/baselines.md §3.3.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.hrnet import HighResolutionStem, HighResolutionTrunk
from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.blocks.patches import in_patches
from gtpt_bench.models.blocks.pruning.cut_net import CutInPlace
from gtpt_bench.models.blocks.pruning.image_tokens import ImageTokens
from gtpt_bench.models.blocks.pruning.truth import Telling, Truth
from gtpt_bench.models.blocks.sine_table import sine_position
from gtpt_bench.models.blocks.start import he_convolutions
from gtpt_bench.models.blocks.token_encoder import TokenAttention, TokenEncoder, TokenLayer
from gtpt_bench.models.peers.token_config import TokenConfig
from gtpt_bench.models.peers.trunks import HRNetToStage3, Stem


class TokenNet(nn.Module):
    """Feature map `[B, C, h, w]` to what the head says of each keypoint, `[B, K, …]`.

    Args:
        config: sizes and pruning.
        head: of the keypoint tokens `[B, K, D]` after the last layer.
        beside: for a base class that comes after this one.
    """

    def __init__(self, config: TokenConfig, head: nn.Module, **beside: Any) -> None:
        super().__init__(**beside)
        grid, width = config.grid_size, config.width
        self.patch_size, self.left = config.patch_size, config.image_tokens_left
        self.counts_tokens = config.pruning.dropped.counts_tokens
        self.grid_index: Tensor
        self.register_buffer("grid_index", torch.arange(grid.area)[None], persistent=False)
        self.keypoint_token = nn.Parameter(torch.empty(1, config.num_keypoints, width))
        nn.init.trunc_normal_(self.keypoint_token, std=config.token_std)
        self.pos_embedding = nn.Parameter(sine_position(grid, width), requires_grad=False)
        self.patch_to_embedding = TokenLinear(config.trunk.channels * config.patch_size.area, width)
        self.transformer = encoder(config)
        self.mlp_head = head

    def answers(self, features_BChw: Tensor, truth: Truth | None) -> Tensor:
        """What the head says of each keypoint, in the data set's order."""
        embedded_BND = self.patch_to_embedding(in_patches(features_BChw, self.patch_size))
        image = ImageTokens(
            embedded_BND + self.pos_embedding,
            self.pos_embedding,
            self.grid_index,
            size=torch.ones_like(self.grid_index, dtype=torch.float32) if self.counts_tokens else None,
        )
        keypoints = self.keypoint_token.expand(len(embedded_BND), -1, -1)
        answers: Tensor = self.mlp_head(self.transformer(keypoints, image, self.left, Telling(truth)))
        return answers

    def forward(self, features_BChw: Tensor, truth: Truth | None = None) -> Tensor:
        return self.answers(features_BChw, truth)


def encoder(config: TokenConfig) -> TokenEncoder:
    """Layers and cuts that a config describes."""
    width, hidden = config.width, config.ffn_ratio * config.width
    everyone = range(config.num_keypoints)
    made = TokenEncoder(
        (
            TokenLayer(
                TokenAttention(width, config.heads, scale=config.logit_scale),
                width,
                hidden,
                wrapped=config.attention_wrapped,
            )
            for _ in range(config.depth)
        ),
        (
            CutInPlace(config.pruning, everyone, grid=config.grid_size, cell=config.cell_size)
            for _ in range(config.depth)
        ),
    )
    _start(made, config)
    return made


@torch.no_grad()
def _start(encoder: TokenEncoder, config: TokenConfig) -> None:
    """Linear layers keep the framework's start, as in GTPT (spec/gtpt.md §12), but for the config's gain."""
    for module in encoder.modules():
        if isinstance(module, TokenAttention):
            module.to_qkv.weight[: 2 * config.width] *= config.query_key_gain


class TokensOnStem(TokenNet, HighResolutionStem):
    """The same from images `[B, 3, H, W]`; the stem's modules stand beside the tokens, as in the official names."""

    def __init__(self, config: TokenConfig, trunk: Stem, head: nn.Module) -> None:
        super().__init__(config, head, first_channels=trunk.width, middle=trunk.width)
        he_convolutions(self)

    def forward(self, images_B3HW: Tensor, truth: Truth | None = None) -> Tensor:
        return self.answers(self.stem(images_B3HW), truth)


def feature_net(trunk: Stem | HRNetToStage3) -> nn.Module:
    """Images `[B, 3, H, W]` to `[B, C, H / 4, W / 4]`."""
    net = (
        HighResolutionStem(trunk.width, trunk.width)
        if isinstance(trunk, Stem)
        else HighResolutionTrunk(trunk.width, trunk.modules)
    )
    he_convolutions(net)
    return net
