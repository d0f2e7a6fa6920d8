"""Coarse to fine in two steps: human token, region tokens, sparse tokens. Network: human_parts_sparse_net.py.

Source: spec/ablations.md §3.3 ("c2f") and S10: the authors' regions mix the sides of the body.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

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
    from gtpt_bench.models.gtpt.introduction.human_parts_sparse_net import HumanPartsSparseTokens


class HumanPartsSparse(BaseIntroduction):
    """human token → region tokens (human + a learned token each) → sparse tokens (region + a learned token each)."""

    kind: Literal["human_parts_sparse"] = "human_parts_sparse"
    layers: tuple[int, int] | None = None
    """Layers after whose attention regions and sparse tokens enter; the last of each coarse stage if None."""
    region_sizes: tuple[int, ...] = (5, 3, 3, 3, 3)
    """Consecutive keypoints of each region; the authors' for COCO."""

    @model_validator(mode="after")
    def _regions_before_keypoints(self) -> Self:
        if self.layers and self.layers[0] >= self.layers[1]:
            raise ValueError(f"introduction.layers {list(self.layers)}: regions must enter before sparse tokens do")
        if min(self.region_sizes, default=0) < 1:
            raise ValueError(f"introduction.region_sizes {list(self.region_sizes)}: each region needs a keypoint")
        return self

    def check(self, keypoints: KeypointSet, layout: Layout) -> None:
        require_no_dense(self.kind, keypoints, "human_sparse_dense, sparse_dense or all_at_start")
        for layer in self.entries(layout):
            require_mhsa_layer("layers", layer, layout)
        if sum(self.region_sizes) != len(keypoints):
            raise ValueError(
                f"introduction.region_sizes {list(self.region_sizes)} sum up to {sum(self.region_sizes)}, but "
                f"keypoints {keypoints.name!r} are {len(keypoints)}"
            )

    def entries(self, layout: Layout) -> tuple[int, int]:
        return self.layers or (layout.first_cut - 1, layout.split - 1)

    def regions(self) -> tuple[tuple[int, ...], ...]:
        ends = [sum(self.region_sizes[: place + 1]) for place in range(len(self.region_sizes))]
        return tuple(tuple(range(end - size, end)) for end, size in zip(ends, self.region_sizes, strict=True))

    def phases(self, keypoints: KeypointSet, layout: Layout) -> tuple[Phase, ...]:
        first, second = self.entries(layout)
        return (
            Phase(0, "before_attention", (everyone(keypoints),), human=True),
            Phase(first, "after_attention", self.regions()),
            Phase(second, "after_attention", each(keypoints.sparse)),
        )

    def cost(self, keypoints: KeypointSet, width: int) -> Cost:
        return parameters((1 + len(self.region_sizes) + len(keypoints)) * width)

    def build(self, keypoints: KeypointSet, width: int, *, dense_at_split: bool) -> HumanPartsSparseTokens:
        from gtpt_bench.models.gtpt.introduction.human_parts_sparse_net import HumanPartsSparseTokens

        return HumanPartsSparseTokens(self.region_of_each(), width)

    def region_of_each(self) -> Sequence[int]:
        """For each keypoint the region it grows out of."""
        return [region for region, size in enumerate(self.region_sizes) for _ in range(size)]
