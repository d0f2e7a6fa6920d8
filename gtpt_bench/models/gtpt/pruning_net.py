"""Which image tokens survive: a score from attention logits, then top-k. How many: pruning.py.

Source: spec/gtpt.md §7 (softmax-pool score), §8 and §9.3 (groups).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def softmax_pool(logits_BHQN: Tensor) -> Tensor:
    """Score `[B, N]` of each image token: soft maximum of its logits over all heads and queries.

    In float32 whatever the input, so that half precision ranks tokens alike (spec/gtpt.md §15.12).
    """
    rows_BRN = logits_BHQN.flatten(1, 2).float()
    return (rows_BRN.softmax(1) * rows_BRN).sum(1)


class TokenPruner(nn.Module):
    """Ranks image tokens by keypoint attention and keeps the best.

    A module without parameters, one for each place that prunes, so that a forward hook can watch what is kept.
    """

    def forward(self, logits_BHQN: Tensor, num_kept: int) -> Tensor:
        """Indices `[B, num_kept]` of the kept tokens among the N, best first."""
        return softmax_pool(logits_BHQN).topk(num_kept, dim=1).indices


def take(tokens_BTD: Tensor, index_BK: Tensor) -> Tensor:
    """Tokens at the indices, `[B, K, D]`; a batch of one is shared by all."""
    B, K = index_BK.shape
    D = tokens_BTD.shape[-1]
    return tokens_BTD.expand(B, -1, -1).gather(1, index_BK[..., None].expand(B, K, D))


def keep_image_tokens(x_BTD: Tensor, first_image: int, index_BK: Tensor) -> Tensor:
    """Sequence with the tokens before `first_image` unchanged and of those after it only the kept ones."""
    others = x_BTD[:, :first_image].expand(len(index_BK), -1, -1)
    return torch.cat((others, take(x_BTD[:, first_image:], index_BK)), dim=1)
