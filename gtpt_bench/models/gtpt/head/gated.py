"""Heads whose logits pass a learned gate: logit · sigmoid(gate). Networks: gated_net.py.

Source: spec/ablations.md §3.10 (`head_gate`). The gate is trained through the logits alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gtpt_bench.frozen import Frozen
from gtpt_bench.models.cost import Cost
from gtpt_bench.models.gtpt.head.plain import axes_cost
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from torch import nn


class SplitGateHead(Frozen):
    """Each linear layer has twice the bins: the first half are logits, the second gates."""

    kind: Literal["split"] = "split"

    def cost(self, width: int, bins: Size, *, keypoints: int) -> Cost:
        return axes_cost(width, Size(2 * bins.height, 2 * bins.width), keypoints=keypoints)

    def build(self, width: int, image: Size, split_ratio: int) -> nn.Module:
        from gtpt_bench.models.gtpt.head.gated_net import SplitGate

        return SplitGate(width, image, split_ratio)


class TwoHeads(Frozen):
    """A LayerNorm and a linear layer of their own for the gates."""

    kind: Literal["two_head"] = "two_head"

    def cost(self, width: int, bins: Size, *, keypoints: int) -> Cost:
        return axes_cost(width, bins, keypoints=keypoints) * 2

    def build(self, width: int, image: Size, split_ratio: int) -> nn.Module:
        from gtpt_bench.models.gtpt.head.gated_net import TwoHeadGate

        return TwoHeadGate(width, image, split_ratio)
