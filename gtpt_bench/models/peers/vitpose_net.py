"""Network of ViTPose, and what ViTPose+ shares with it. Config and presets: vitpose.py.

B batch, T tokens, D width.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.models.blocks.attention import attended, heads_of, side_by_side
from gtpt_bench.models.blocks.deconv_head import DeconvHead
from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.peers.vitpose import PlainTransformer, ViTPoseConfig
from gtpt_bench.models.sizes import Size

PATCH = 16
PATCH_PADDING = 2
"""Shifts all patches by two pixels; there are as many as without."""
NORM_EPS = 1e-6


class ViTPose(nn.Module):
    """`[B, 3, H, W]` to heatmaps `[B, J, H / 4, W / 4]`."""

    def __init__(self, config: ViTPoseConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = VisionTransformer(config, lambda: FeedForward(config.width, config.expansion))
        self.keypoint_head = DeconvHead(config.width, config.head_filters, config.num_keypoints)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        maps: Tensor = self.keypoint_head(self.backbone(images_B3HW))
        return maps


class VisionTransformer(nn.Module):
    """`[B, 3, H, W]` to `[B, D, H / 16, W / 16]`.

    Args:
        feed_forward: makes the feed-forward net of a layer.
    """

    def __init__(self, config: PlainTransformer, feed_forward: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.grid = config.input_size.divided(Size(PATCH, PATCH))
        # Row 0 stood for a class token when the weights were pretrained; now it is added to every patch.
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + self.grid.area, config.width))
        self.patch_embed = PatchEmbedding(config.width)
        self.blocks = nn.Sequential(*(Layer(config.width, config.heads, feed_forward()) for _ in range(config.depth)))
        self.last_norm = nn.LayerNorm(config.width, eps=NORM_EPS)
        _start(self)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        x_BTD = self.patch_embed(images_B3HW) + self.pos_embed[:, 1:] + self.pos_embed[:, :1]
        features: Tensor = self.last_norm(self.blocks(x_BTD)).transpose(1, 2).unflatten(2, tuple(self.grid))
        return features


def _start(transformer: VisionTransformer) -> None:
    """From scratch as vision transformers usually do: truncated normal 0.02, no bias."""
    nn.init.trunc_normal_(transformer.pos_embed, std=0.02)
    for module in transformer.modules():
        if isinstance(module, nn.Linear):
            nn.init.trunc_normal_(module.weight, std=0.02)
            nn.init.zeros_(module.bias)


class PatchEmbedding(nn.Module):
    """A token for each patch: `[B, 3, H, W]` to `[B, H / 16 · W / 16, D]`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, PATCH, stride=PATCH, padding=PATCH_PADDING)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        tokens_BTD: Tensor = self.proj(images_B3HW).flatten(2).transpose(1, 2)
        return tokens_BTD


class Layer(nn.Module):
    """Pre-norm: attention, then the feed-forward net, each added to its input; `[B, T, D]` to the same."""

    def __init__(self, width: int, heads: int, feed_forward: nn.Module) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=NORM_EPS)
        self.attn = SelfAttention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=NORM_EPS)
        self.mlp = feed_forward

    def forward(self, x_BTD: Tensor) -> Tensor:
        x_BTD = x_BTD + self.attn(self.norm1(x_BTD))
        out: Tensor = x_BTD + self.mlp(self.norm2(x_BTD))
        return out


class SelfAttention(nn.Module):
    """All tokens look at all tokens; every projection has a bias: `[B, T, D]` to the same."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = TokenLinear(width, 3 * width)
        self.proj = TokenLinear(width, width)

    def forward(self, x_BTD: Tensor) -> Tensor:
        q, k, v = heads_of(self.qkv(x_BTD), self.heads)
        out: Tensor = self.proj(side_by_side(attended(q, k, v, scale=q.shape[-1] ** -0.5)))
        return out


class FeedForward(nn.Module):
    """Linear, exact GELU, linear: `[B, T, D]` to the same."""

    def __init__(self, width: int, expansion: int) -> None:
        super().__init__()
        self.fc1 = TokenLinear(width, expansion * width)
        self.fc2 = TokenLinear(expansion * width, width)

    def forward(self, x_BTD: Tensor) -> Tensor:
        out: Tensor = self.fc2(functional.gelu(self.fc1(x_BTD)))
        return out
