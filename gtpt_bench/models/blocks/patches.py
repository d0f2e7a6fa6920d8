"""Cutting a feature map in patches that do not overlap. Source: spec/gtpt.md §4, spec/baselines.md §3.3."""

from __future__ import annotations

from torch import Tensor

from gtpt_bench.models.sizes import Size


def in_patches(features_BCHW: Tensor, patch: Size) -> Tensor:
    """`[B, C, H, W]` to patch vectors `[B, N, patch area · C]`, row-major over the grid of patches.

    A patch vector is ordered (row in patch, column in patch, channel), channel fastest.
    """
    B, C, H, W = features_BCHW.shape
    rows, columns = H // patch.height, W // patch.width
    cells = features_BCHW.movedim(1, -1).reshape(B, rows, patch.height, columns, patch.width, C)
    return cells.transpose(2, 3).reshape(B, rows * columns, patch.area * C)
