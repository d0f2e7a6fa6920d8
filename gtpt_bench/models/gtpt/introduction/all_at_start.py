"""No introduction: every keypoint has its token from the first layer on. Network: all_at_start_net.py.

Source: spec/ablations.md §3.3 (`all_at_start`; "allfine" for the whole body).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.cost import Cost, parameters
from gtpt_bench.models.gtpt.introduction.base import BaseIntroduction, Layout, Phase, each

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.introduction.all_at_start_net import AllAtStartTokens


class AllAtStart(BaseIntroduction):
    """Sparse, then dense tokens from layer 0; no human token, no part tokens."""

    kind: Literal["all_at_start"] = "all_at_start"

    def phases(self, keypoints: KeypointSet, layout: Layout) -> tuple[Phase, ...]:
        return (Phase(0, "before_attention", each((*keypoints.sparse, *keypoints.dense))),)

    def cost(self, keypoints: KeypointSet, width: int) -> Cost:
        return parameters(len(keypoints) * width)

    def build(self, keypoints: KeypointSet, width: int, *, dense_at_split: bool) -> AllAtStartTokens:
        from gtpt_bench.models.gtpt.introduction.all_at_start_net import AllAtStartTokens

        return AllAtStartTokens(len(keypoints.sparse), len(keypoints.dense), width)
