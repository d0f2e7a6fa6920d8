"""COCO's introduction: one human token first, the 17 sparse tokens after the coarse encoder's first stage.

Source: spec/gtpt.md §6 and §7. Network: human_sparse_net.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gtpt_bench.frozen import Frozen
from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.cost import Cost, parameters

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.introduction.human_sparse_net import HumanSparseTokens

NUM_BODY_KEYPOINTS = 17


class HumanSparse(Frozen):
    """human token → sparse tokens (human + a learned token each); no dense tokens."""

    kind: Literal["human_sparse"] = "human_sparse"

    def accepts(self, keypoints: KeypointSet) -> bool:
        return len(keypoints) == NUM_BODY_KEYPOINTS

    def num_tokens_at_start(self) -> int:
        return 1

    def num_tokens_after(self, keypoints: KeypointSet) -> int:
        """Tokens once introduced: the sparse ones."""
        return len(keypoints)

    def cost(self, keypoints: KeypointSet, width: int) -> Cost:
        return parameters((1 + self.num_tokens_after(keypoints)) * width)

    def build(self, keypoints: KeypointSet, width: int) -> HumanSparseTokens:
        from gtpt_bench.models.gtpt.introduction.human_sparse_net import HumanSparseTokens

        return HumanSparseTokens(len(keypoints), width)
