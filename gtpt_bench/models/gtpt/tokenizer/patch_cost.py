"""Cost of the patch embedding in closed form, and the norms it knows; torch-free. The module is in patches.py."""

from __future__ import annotations

from typing import Literal

from gtpt_bench.models.cost import NOTHING, Cost, batch_norm, layer_norm, linear
from gtpt_bench.models.sizes import Size

PatchNorm = Literal["batch", "layer", "none"]
"""What a feature map passes before it is cut: BatchNorm, LayerNorm over the channels of each cell, or nothing."""


def patch_embedding_cost(norm: PatchNorm, *, channels: int, patch: Size, width: int, tokens: int, pixels: int) -> Cost:
    """Norm and linear layer; the position embedding is not part of it.

    Args:
        norm: of the feature map.
        channels: of the feature map.
        patch: cells of the feature map in a patch.
        width: of a token.
        tokens: patches of the map.
        pixels: cells of the map.
    """
    norms = {
        "batch": batch_norm(channels, pixels=pixels),
        "layer": layer_norm(channels, tokens=pixels),
        "none": NOTHING,
    }
    return norms[norm] + linear(patch.area * channels, width, tokens=tokens)
