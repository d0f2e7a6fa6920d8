"""The paper's head: a LayerNorm and a linear layer an axis. Source: spec/gtpt.md §10."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gtpt_bench.frozen import Frozen
from gtpt_bench.models.cost import NOTHING, Cost, layer_norm, linear
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from torch import nn


class PlainHead(Frozen):
    """One logit a bin."""

    kind: Literal["plain"] = "plain"

    def cost(self, width: int, bins: Size, *, keypoints: int) -> Cost:
        """`bins`: of y and of x."""
        return axes_cost(width, bins, keypoints=keypoints)

    def build(self, width: int, image: Size, split_ratio: int) -> nn.Module:
        from gtpt_bench.models.blocks.simcc_head import SimccHead

        return SimccHead(width, image, split_ratio)


def axes_cost(width: int, bins: Size, *, keypoints: int) -> Cost:
    """Two linear layers with a LayerNorm each, shared by all keypoints."""
    return sum(
        (layer_norm(width, tokens=keypoints) + linear(width, length, tokens=keypoints) for length in bins),
        start=NOTHING,
    )
