"""Ranking by attention probabilities, as most pruning methods do (PPT, EViT), instead of by raw logits.

Not of the paper. The softmax runs over all keys of the layer, so an image token competes with keypoint tokens too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gtpt_bench.models.blocks.pruning.score.base import BaseScore, Candidates

if TYPE_CHECKING:
    from torch import Tensor


class AttentionMean(BaseScore):
    """Mean attention that an image token gets, over heads and asking tokens."""

    kind: Literal["attention_mean"] = "attention_mean"

    def scores(self, candidates: Candidates) -> Tensor:
        return attention_on_image(candidates).mean(dim=(1, 2))


class AttentionMax(BaseScore):
    """Largest attention that an image token gets from any head of any asking token."""

    kind: Literal["attention_max"] = "attention_max"

    def scores(self, candidates: Candidates) -> Tensor:
        return attention_on_image(candidates).amax(dim=(1, 2))


def attention_on_image(candidates: Candidates) -> Tensor:
    """Attention probabilities `[B, H, Q, N]` of the candidates; rows sum to at most 1."""
    probabilities: Tensor = candidates.logits.float().softmax(-1)
    return probabilities[..., probabilities.shape[-1] - candidates.tokens.x.shape[1] :]
