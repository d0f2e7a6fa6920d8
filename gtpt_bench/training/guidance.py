"""Attention guidance: while training, each sparse token is told which image token its keypoint lies in.

Not of the paper: an aid for the quick profile. A keypoint token finds its place by attention alone, and without help a
tiny model needs thousands of steps to discover that; with it a few hundred do. The model and its cost are unchanged.

B batch, H heads, K sparse tokens (the first K keypoints), J keypoints, N image tokens.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gtpt_bench.models.sizes import Size

EPSILON = 1e-6
"""Added to probabilities before the logarithm."""


def guidance_loss(
    attention_BHKN: Tensor, keypoints_BJ2: Tensor, visibility_BJ: Tensor, *, grid: Size, input_size: Size
) -> Tensor:
    """Cross-entropy between where sparse tokens look and where their keypoints are, a scalar in nats.

    A keypoint's attention is the mean over heads, so that one head may look there and others elsewhere. Its target
    spreads bilinearly over the four image tokens whose centres surround it. Keypoints without a label, or outside the
    crop, weigh nothing but count in the mean, as in the global perceived loss.
    """
    looked = attention_BHKN.float().softmax(-1).mean(1)
    num_sparse = looked.shape[1]
    size = torch.tensor([input_size.width, input_size.height], device=keypoints_BJ2.device)
    share = keypoints_BJ2[:, :num_sparse] / size
    inside = ((share >= 0) & (share < 1)).all(-1) & (visibility_BJ[:, :num_sparse] > 0)
    target = _bilinear(share[..., 1], grid.height)[..., :, None] * _bilinear(share[..., 0], grid.width)[..., None, :]
    entropy = -(target.flatten(-2) * (looked + EPSILON).log()).sum(-1)
    return (entropy * inside).mean()


def _bilinear(share: Tensor, length: int) -> Tensor:
    """Weights `[…, length]` of cells whose centres are nearest to a place given as a share of the whole; sum 1."""
    place = (share * length - 0.5).clamp(0, length - 1)[..., None]
    cells = torch.arange(length, device=share.device)
    return (1 - (place - cells).abs()).clamp(min=0)
