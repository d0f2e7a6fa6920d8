"""From feature map to image tokens: norm, non-overlapping patches, one linear layer. Source: spec/gtpt.md §4."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from gtpt_bench.models.blocks.channel_norm import ChannelNorm
from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.blocks.patches import in_patches
from gtpt_bench.models.gtpt.tokenizer.patch_cost import PatchNorm
from gtpt_bench.models.sizes import Size

_NORMS: dict[PatchNorm, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm2d,
    "layer": ChannelNorm,
    "none": nn.Identity,
}


class PatchEmbedding(nn.Module):
    """`[B, C, H, W]` to image tokens `[B, N, D]`, row-major over the grid of patches. Cost: patch_cost.py."""

    def __init__(self, channels: int, patch: Size, width: int, norm: PatchNorm = "batch") -> None:
        super().__init__()
        self.patch = patch
        self.norm = _NORMS[norm](channels)
        self.projection = TokenLinear(patch.area * channels, width)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        tokens: Tensor = self.projection(in_patches(self.norm(features_BCHW), self.patch))
        return tokens
