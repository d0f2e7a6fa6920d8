"""As human_sparse, but the human token stays beside the sparse ones, in the first group.

Source: spec/ablations.md §3.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.gtpt.introduction.base import Layout, Phase, each, everyone
from gtpt_bench.models.gtpt.introduction.human_sparse import AfterHuman

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.introduction.human_sparse_net import HumanBesideSparseTokens


class HumanSparseKeepHuman(AfterHuman):
    """human token → human token and sparse tokens."""

    kind: Literal["human_sparse_keep_human"] = "human_sparse_keep_human"

    def phases(self, keypoints: KeypointSet, layout: Layout) -> tuple[Phase, ...]:
        return (
            Phase(0, "before_attention", (everyone(keypoints),), human=True),
            Phase(self.entry(layout), "after_attention", ((), *each(keypoints.sparse)), human=True),
        )

    def build(self, keypoints: KeypointSet, width: int, *, dense_at_split: bool) -> HumanBesideSparseTokens:
        from gtpt_bench.models.gtpt.introduction.human_sparse_net import HumanBesideSparseTokens

        return HumanBesideSparseTokens(len(keypoints.sparse), width)
