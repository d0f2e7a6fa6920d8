"""The paper's score: a soft maximum of raw logits over heads and asking tokens. Source: spec/gtpt.md §7."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from gtpt_bench.models.blocks.pruning.score.base import BaseScore, Candidates

if TYPE_CHECKING:
    from torch import Tensor


class SoftmaxPool(BaseScore):
    """Logits of each image token, pooled by their own softmax over heads and asking tokens."""

    kind: Literal["softmax_pool"] = "softmax_pool"

    def scores(self, candidates: Candidates) -> Tensor:
        return softmax_pool(candidates.image_logits)


def softmax_pool(logits_BHQN: Tensor) -> Tensor:
    """Soft maximum `[B, N]` of each image token's logits over all heads and queries.

    In float32 whatever the input, so that half precision ranks tokens alike (spec/gtpt.md §15.12).
    """
    rows_BRN = logits_BHQN.flatten(1, 2).float()
    return (rows_BRN.softmax(1) * rows_BRN).sum(1)
