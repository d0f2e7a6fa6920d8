"""Attention guidance: while training, each sparse keypoint's token is told which image token the keypoint lies in.

Not of the paper: an aid for the quick profile. A keypoint token finds its place by attention alone, and without help a
tiny model needs thousands of steps to discover that; with it a few hundred do. The model and its cost are unchanged.

B batch, H heads, Q keypoint tokens, K sparse keypoints, J keypoints, M image tokens left, N cells of the patch grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.model import TokenAttention

EPSILON = 1e-6
"""Added to probabilities before the logarithm."""


def guidance_loss(
    attention: TokenAttention,
    keypoints_BJ2: Tensor,
    visibility_BJ: Tensor,
    *,
    sparse: Sequence[int],
    grid: Size,
    input_size: Size,
) -> Tensor:
    """Cross-entropy between where sparse tokens look and where their keypoints are, a scalar in nats.

    A keypoint's attention is the mean over heads, so that one head may look there and others elsewhere. Its target
    spreads bilinearly over the four image tokens whose centres surround it. Keypoints without a label, or outside the
    crop, weigh nothing but count in the mean, as in the global perceived loss.

    Args:
        sparse: indices of the sparse keypoints, in the order of `attention.rows`.
    """
    looked_BKN = looked_at(attention, num_cells=grid.area)
    keypoints, visible = keypoints_BJ2[:, list(sparse)], visibility_BJ[:, list(sparse)] > 0
    share = keypoints / torch.tensor([input_size.width, input_size.height], device=keypoints.device)
    inside = ((share >= 0) & (share < 1)).all(-1) & visible
    target = _bilinear(share[..., 1], grid.height)[..., :, None] * _bilinear(share[..., 0], grid.width)[..., None, :]
    entropy = -(target.flatten(-2) * (looked_BKN + EPSILON).log()).sum(-1)
    return (entropy * inside).mean()


def looked_at(attention: TokenAttention, *, num_cells: int) -> Tensor:
    """How much each sparse keypoint's token looks at each cell of the patch grid, mean over heads, `[B, K, N]`.

    Pruned tokens get nothing; what goes to a fused token, which has no cell, is lost, so that rows then sum to less
    than 1.
    """
    shares_BKM = attention.logits[:, :, list(attention.rows)].float().softmax(-1).mean(1)
    index_BM = attention.grid_index.expand(len(shares_BKM), -1)
    # Fused tokens, at −1, meet in a cell of their own behind the last one.
    cells_BKM = torch.where(index_BM < 0, num_cells, index_BM)[:, None].expand_as(shares_BKM)
    empty = shares_BKM.new_zeros(*shares_BKM.shape[:2], num_cells + 1)
    return empty.scatter(-1, cells_BKM, shares_BKM)[..., :num_cells]


def _bilinear(share: Tensor, length: int) -> Tensor:
    """Weights `[…, length]` of cells whose centres are nearest to a place given as a share of the whole; sum 1."""
    place = (share * length - 0.5).clamp(0, length - 1)[..., None]
    cells = torch.arange(length, device=share.device)
    return (1 - (place - cells).abs()).clamp(min=0)
