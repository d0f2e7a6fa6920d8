"""COCO-WholeBody's introduction: human token, then part and sparse tokens, then dense tokens at the split.

Source: spec/gtpt.md §6 to §8. Network: human_sparse_dense_net.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gtpt_bench.frozen import Frozen
from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.cost import Cost, parameters
from gtpt_bench.models.gtpt.grouping import body_parts
from gtpt_bench.models.gtpt.introduction.human_sparse import NUM_BODY_KEYPOINTS

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.introduction.human_sparse_dense_net import HumanSparseDenseTokens


class HumanSparseDense(Frozen):
    """human token → part tokens and sparse tokens → dense tokens (part + a learned token each)."""

    kind: Literal["human_sparse_dense"] = "human_sparse_dense"

    def accepts(self, keypoints: KeypointSet) -> bool:
        return bool(body_parts(keypoints))

    def num_tokens_at_start(self) -> int:
        return 1

    def num_tokens_after(self, keypoints: KeypointSet) -> int:
        """Tokens once introduced: part tokens followed by sparse ones."""
        return len(body_parts(keypoints)) + NUM_BODY_KEYPOINTS

    def num_dense(self, keypoints: KeypointSet) -> int:
        return sum(len(part.keypoints) for part in body_parts(keypoints))

    def cost(self, keypoints: KeypointSet, width: int) -> Cost:
        return parameters((1 + self.num_tokens_after(keypoints) + self.num_dense(keypoints)) * width)

    def build(self, keypoints: KeypointSet, width: int) -> HumanSparseDenseTokens:
        from gtpt_bench.models.gtpt.introduction.human_sparse_dense_net import HumanSparseDenseTokens

        return HumanSparseDenseTokens(NUM_BODY_KEYPOINTS, body_parts(keypoints), width)
