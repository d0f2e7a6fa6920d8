"""As human_sparse, but the human token stays beside the sparse ones, in the first group.

Source: spec/ablations.md §3.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.cost import Cost, parameters
from gtpt_bench.models.gtpt.introduction.base import (
    BaseIntroduction,
    Layout,
    Phase,
    each,
    everyone,
    require_no_dense,
    require_plain_layer,
)

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.introduction.human_sparse_net import HumanBesideSparseTokens


class HumanSparseKeepHuman(BaseIntroduction):
    """human token → human token and sparse tokens (human + a learned token each)."""

    kind: Literal["human_sparse_keep_human"] = "human_sparse_keep_human"
    layer: int | None = Field(None, ge=0)
    """Coarse layer after whose pruning the sparse tokens enter; the first of the second stage if None."""

    def check(self, keypoints: KeypointSet, layout: Layout) -> None:
        require_no_dense(self.kind, keypoints, "human_sparse_dense, sparse_dense or all_at_start")
        require_plain_layer("layer", self.entry(layout), layout)

    def entry(self, layout: Layout) -> int:
        return layout.first_cut if self.layer is None else self.layer

    def phases(self, keypoints: KeypointSet, layout: Layout) -> tuple[Phase, ...]:
        return (
            Phase(0, "before_attention", (everyone(keypoints),), human=True),
            Phase(self.entry(layout), "after_attention", ((), *each(keypoints.sparse)), human=True),
        )

    def cost(self, keypoints: KeypointSet, width: int) -> Cost:
        return parameters((1 + len(keypoints.sparse)) * width)

    def build(self, keypoints: KeypointSet, width: int, *, dense_at_split: bool) -> HumanBesideSparseTokens:
        from gtpt_bench.models.gtpt.introduction.human_sparse_net import HumanBesideSparseTokens

        return HumanBesideSparseTokens(len(keypoints.sparse), width)
