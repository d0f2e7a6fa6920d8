"""Top-k with Gumbel noise and a straight-through gradient, in training only. Source: spec/ablations.md §3.6."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gtpt_bench.frozen import Frozen
from gtpt_bench.models.blocks.pruning.selection.topk import Selected, TopK

if TYPE_CHECKING:
    from torch import Tensor

EPSILON = 1e-20


class GumbelTopK(Frozen):
    """The k most probable tokens under noise; in evaluation the k highest scores.

    A kept token is onehot · x + (p − stopped p) · x: its value is the token's, its gradient reaches all scores
    through p. The second part is the same for every slot, so it is handed on once, as `soft`.
    """

    kind: Literal["gumbel_topk"] = "gumbel_topk"
    learns: ClassVar[bool] = True

    def select(self, scores_BN: Tensor, num_kept: int, *, training: bool) -> Selected:
        if not training:
            return TopK().select(scores_BN, num_kept, training=False)
        import torch

        uniform = torch.rand_like(scores_BN)
        noise = -torch.log(-torch.log(uniform + EPSILON) + EPSILON)
        noisy = scores_BN + noise
        probability = noisy.softmax(1)
        # Ranked before the softmax, which rounds the probabilities of far-off scores to the same zero.
        return Selected(noisy.topk(num_kept, dim=1).indices, probability - probability.detach())
