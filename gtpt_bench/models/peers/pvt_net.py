"""Network of PVT and PVTv2 with a deconvolution head, under mmpose's names. Config and presets: pvt.py.

B batch, C channels of a stage, H × W its map, N = H · W tokens in rows, K = N / reduction² keys.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.models.blocks.deconv_head import DeconvHead
from gtpt_bench.models.blocks.packed_attention import PackedAttention
from gtpt_bench.models.peers.pvt import STRIDES, PvtConfig
from gtpt_bench.models.sizes import Size

NORM_EPS = 1e-6
PRETRAINED_SIDE = 224
"""Pixels a side of the images that the position tables of v1 are made for."""


class Pvt(nn.Module):
    """`[B, 3, H, W]` to heatmaps `[B, J, H / 4, W / 4]`."""

    def __init__(self, config: PvtConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = Pyramid(config)
        self.head = DeconvHead(config.widths[-1], [config.deconv_width] * 3, config.num_keypoints)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        maps: Tensor = self.head(self.backbone(images_B3HW))
        return maps


class Pyramid(nn.Module):
    """`[B, 3, H, W]` to the map of the last stage, `[B, C, H / 32, W / 32]`."""

    def __init__(self, config: PvtConfig) -> None:
        super().__init__()
        stage = {1: stage_v1, 2: stage_v2}[config.version]
        self.layers = nn.Sequential(*(stage(config, number) for number in range(len(STRIDES))))

    def forward(self, images_B3HW: Tensor) -> Tensor:
        features: Tensor = self.layers(images_B3HW)
        return features


def stage_v1(config: PvtConfig, number: int) -> Stage:
    """Patches side by side and learned positions; no norm at the end."""
    step = STRIDES[0] if number == 0 else 2
    width = config.widths[number]
    embedding = PatchEmbedding(_entering(config, number), width, step, step)
    positions = PositionTable(width, PRETRAINED_SIDE // STRIDES[number])
    hidden = config.expansions[number] * width
    layers = (_layer(config, number, [nn.GELU()], hidden) for _ in range(config.depths[number]))
    return Stage(embedding, nn.ModuleList([positions, *layers]))


def stage_v2(config: PvtConfig, number: int) -> Stage:
    """Overlapping patches, positions from zero padding in the feed-forward nets, and a norm at the end."""
    kernel, step = (7, STRIDES[0]) if number == 0 else (3, 2)
    width = config.widths[number]
    embedding = PatchEmbedding(_entering(config, number), width, kernel, step)
    hidden = config.expansions[number] * width
    layers = (
        _layer(config, number, [nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden), nn.GELU()], hidden)
        for _ in range(config.depths[number])
    )
    return Stage(embedding, nn.ModuleList(layers), nn.LayerNorm(width, NORM_EPS))


def _entering(config: PvtConfig, number: int) -> int:
    return 3 if number == 0 else config.widths[number - 1]


def _layer(config: PvtConfig, number: int, middle: list[nn.Module], hidden: int) -> Layer:
    """`middle` is what the feed-forward net has between its two 1×1 convolutions."""
    width = config.widths[number]
    attention = SpatialReductionAttention(width, config.heads[number], config.reductions[number])
    return Layer(width, attention, FeedForward(width, hidden, middle))


class Stage(nn.ModuleList):
    """Embedding, layers, and norms if any: `[B, cin, H, W]` to `[B, C, H / step, W / step]`."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__(parts)

    def forward(self, map_BCHW: Tensor) -> Tensor:
        embedding, layers, *norms = self
        tokens_BNC, size = embedding(map_BCHW)
        for layer in layers.children():
            tokens_BNC = layer(tokens_BNC, size)
        for norm in norms:
            tokens_BNC = norm(tokens_BNC)
        return as_map(tokens_BNC, size)


def as_map(tokens_BNC: Tensor, size: Size) -> Tensor:
    """`[B, C, H, W]`, with channels last in memory."""
    map_BCHW: Tensor = tokens_BNC.transpose(1, 2).unflatten(2, size)
    return map_BCHW


def as_tokens(map_BCHW: Tensor) -> Tensor:
    """`[B, N, C]`, row by row."""
    return map_BCHW.flatten(2).transpose(1, 2)


class PatchEmbedding(nn.Module):
    """A convolution over patches and a norm: `[B, cin, H, W]` to tokens `[B, N, C]` and the size of their map.

    Patches overlap if the kernel is larger than the step; the border is then padded by half the kernel.
    """

    def __init__(self, cin: int, width: int, kernel: int, step: int) -> None:
        super().__init__()
        self.projection = nn.Conv2d(cin, width, kernel, step, padding=kernel // 2 if kernel > step else 0)
        self.norm = nn.LayerNorm(width, NORM_EPS)

    def forward(self, map_BCHW: Tensor) -> tuple[Tensor, Size]:
        patches = self.projection(map_BCHW)
        return self.norm(as_tokens(patches)), Size(*patches.shape[2:])


class PositionTable(nn.Module):
    """Adds learned positions, resized bilinearly from the square map they were learned on: `[B, N, C]` to the same."""

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        self.side = side
        self.pos_embed = nn.Parameter(torch.empty(1, side**2, width))
        nn.init.trunc_normal_(self.pos_embed, std=0.02)

    def forward(self, tokens_BNC: Tensor, size: Size) -> Tensor:
        table = as_map(self.pos_embed, Size(self.side, self.side))
        return tokens_BNC + as_tokens(functional.interpolate(table, size=size, mode="bilinear"))


class Layer(nn.Module):
    """Pre-norm: attention, then a feed-forward net, each added to its input: `[B, N, C]` to the same."""

    def __init__(self, width: int, attention: nn.Module, feed_forward: nn.Module) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, NORM_EPS)
        self.attn = attention
        self.norm2 = nn.LayerNorm(width, NORM_EPS)
        self.ffn = feed_forward

    def forward(self, tokens_BNC: Tensor, size: Size) -> Tensor:
        tokens_BNC = tokens_BNC + self.attn(self.norm1(tokens_BNC), size)
        fed: Tensor = tokens_BNC + self.ffn(self.norm2(tokens_BNC), size)
        return fed


class SpatialReductionAttention(nn.Module):
    """All tokens look at windows of them: `[B, N, C]` to the same, with K keys and values."""

    def __init__(self, width: int, heads: int, reduction: int) -> None:
        super().__init__()
        self.attn = PackedAttention(width, heads)
        self.sr = nn.Conv2d(width, width, reduction, reduction) if reduction > 1 else None
        self.norm = nn.LayerNorm(width, NORM_EPS) if reduction > 1 else None

    def forward(self, tokens_BNC: Tensor, size: Size) -> Tensor:
        keys_BKC = tokens_BNC
        if self.sr is not None and self.norm is not None:
            keys_BKC = self.norm(as_tokens(self.sr(as_map(tokens_BNC, size))))
        attended: Tensor = self.attn(tokens_BNC, keys_BKC, keys_BKC)
        return attended


class FeedForward(nn.Module):
    """1×1 convolution to the hidden width, `middle`, 1×1 back, on the map: `[B, N, C]` to the same."""

    def __init__(self, width: int, hidden: int, middle: list[nn.Module]) -> None:
        super().__init__()
        # The official names leave a place for a dropout, which is off.
        self.layers = nn.Sequential(nn.Conv2d(width, hidden, 1), *middle, nn.Identity(), nn.Conv2d(hidden, width, 1))

    def forward(self, tokens_BNC: Tensor, size: Size) -> Tensor:
        return as_tokens(self.layers(as_map(tokens_BNC, size)))
