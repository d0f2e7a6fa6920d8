"""Ranking by the length of a token's own features: no keypoint is asked. Not of the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gtpt_bench.models.blocks.pruning.score.base import BaseScore, Candidates

if TYPE_CHECKING:
    from torch import Tensor


class FeatureNorm(BaseScore):
    """Euclidean norm of an image token where it is cut: after the layer's attention, at the split of the gated copy."""

    kind: Literal["feature_norm"] = "feature_norm"
    asks_keypoints: ClassVar[bool] = False

    def scores(self, candidates: Candidates) -> Tensor:
        norms: Tensor = candidates.tokens.x.float().norm(dim=-1)
        return norms
