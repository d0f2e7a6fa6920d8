"""COCO's introduction: one human token first, replaced by the sparse tokens. Network: human_sparse_net.py.

Source: spec/gtpt.md §6 and §7.
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
    require_mhsa_layer,
    require_no_dense,
)

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.introduction.human_sparse_net import HumanSparseTokens


class AfterHuman(BaseIntroduction):
    """A human token first; sparse tokens (human + a learned token each) after some layer."""

    layer: int | None = Field(None, ge=0)
    """Coarse layer after whose pruning the sparse tokens enter; the first of the second stage if None."""

    def check(self, keypoints: KeypointSet, layout: Layout) -> None:
        require_no_dense(self.kind, keypoints, "human_sparse_dense, sparse_dense or all_at_start")
        require_mhsa_layer("layer", self.entry(layout), layout)

    def entry(self, layout: Layout) -> int:
        return layout.first_cut if self.layer is None else self.layer

    def cost(self, keypoints: KeypointSet, width: int) -> Cost:
        return parameters((1 + len(keypoints.sparse)) * width)


class HumanSparse(AfterHuman):
    """human token → sparse tokens."""

    kind: Literal["human_sparse"] = "human_sparse"

    def phases(self, keypoints: KeypointSet, layout: Layout) -> tuple[Phase, ...]:
        return (
            Phase(0, "before_attention", (everyone(keypoints),), human=True),
            Phase(self.entry(layout), "after_attention", each(keypoints.sparse)),
        )

    def build(self, keypoints: KeypointSet, width: int, *, dense_at_split: bool) -> HumanSparseTokens:
        from gtpt_bench.models.gtpt.introduction.human_sparse_net import HumanSparseTokens

        return HumanSparseTokens(len(keypoints.sparse), width)
