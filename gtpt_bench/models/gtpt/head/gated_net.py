"""Networks of the gated heads. Configs: gated.py."""

from __future__ import annotations

from torch import Tensor, nn

from gtpt_bench.models.blocks.simcc_head import SimccHead, SimccLogits
from gtpt_bench.models.sizes import Size


class SplitGate(SimccHead):
    """Twice the bins an axis, folded to logit · sigmoid(gate)."""

    def __init__(self, width: int, image: Size, split_ratio: int) -> None:
        super().__init__(width, image, 2 * split_ratio)

    def forward(self, keypoints_BJD: Tensor) -> SimccLogits:
        halves = [axis.chunk(2, dim=-1) for axis in super().forward(keypoints_BJD)]
        return SimccLogits(*(logits * gates.sigmoid() for logits, gates in halves))


class TwoHeadGate(nn.Module):
    """One head for logits, one for gates."""

    def __init__(self, width: int, image: Size, split_ratio: int) -> None:
        super().__init__()
        self.logits = SimccHead(width, image, split_ratio)
        self.gates = SimccHead(width, image, split_ratio)

    def forward(self, keypoints_BJD: Tensor) -> SimccLogits:
        pairs = zip(self.logits(keypoints_BJD), self.gates(keypoints_BJD), strict=True)
        return SimccLogits(*(logits * gates.sigmoid() for logits, gates in pairs))
