"""COCO-WholeBody's introduction: human token, part and sparse tokens, dense tokens. Network: sparse_dense_net.py.

Source: spec/gtpt.md §6 to §8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.cost import Cost
from gtpt_bench.models.gtpt.introduction.base import (
    Layout,
    Phase,
    everyone,
    require_dense,
    require_mhsa_layer,
)
from gtpt_bench.models.gtpt.introduction.dense_tokens import DenseTokens, PartAdd
from gtpt_bench.models.gtpt.introduction.human_sparse import AfterHuman
from gtpt_bench.models.gtpt.introduction.sparse_dense import dense_phases, part_and_sparse

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.introduction.sparse_dense_net import HumanSparseDenseTokens


class HumanSparseDense(AfterHuman):
    """human token → part tokens and sparse tokens → dense tokens at the split, or where it would be."""

    kind: Literal["human_sparse_dense"] = "human_sparse_dense"
    dense_tokens: DenseTokens = PartAdd()
    dense_at_split: ClassVar[bool] = True

    def check(self, keypoints: KeypointSet, layout: Layout) -> None:
        require_dense(self.kind, keypoints, "human_sparse, human_sparse_keep_human, human_parts_sparse or all_at_start")
        layer = self.entry(layout)
        require_mhsa_layer("layer", layer, layout)
        if layer >= layout.split:
            raise ValueError(
                f"introduction.layer {layer} is not before layer {layout.split}, where stage_depths puts the dense "
                f"tokens; use at most {layout.split - 1}"
            )

    def phases(self, keypoints: KeypointSet, layout: Layout) -> tuple[Phase, ...]:
        return (
            Phase(0, "before_attention", (everyone(keypoints),), human=True),
            Phase(self.entry(layout), "after_attention", part_and_sparse(keypoints, self.dense_tokens)),
            *dense_phases(keypoints, layout),
        )

    def cost(self, keypoints: KeypointSet, width: int) -> Cost:
        return super().cost(keypoints, width) + self.dense_tokens.cost(keypoints, width)

    def build(self, keypoints: KeypointSet, width: int, *, dense_at_split: bool) -> HumanSparseDenseTokens:
        from gtpt_bench.models.gtpt.introduction.sparse_dense_net import HumanSparseDenseTokens

        return HumanSparseDenseTokens(self.dense_tokens, keypoints, width, dense_at_split=dense_at_split)
