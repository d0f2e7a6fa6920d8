"""Products of attention, which every attention here has in common; the projections are each network's own.

B batch, T tokens, H heads, D width, d = D / H, Q queries, K keys.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

FUSED_FROM = 128 * 128
"""Queries x keys from which PyTorch's fused attention wins on a CPU: below, logits fit in the cache and the plain
formula takes half the time, forward and backward (batch 1 to 32, 16 to 24 channels a head, two cores)."""


def heads_of(qkv_BT3D: Tensor, heads: int) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values, each `[B, H, T, d]`."""
    B, T, _ = qkv_BT3D.shape
    q, k, v = qkv_BT3D.view(B, T, 3, heads, -1).permute(2, 0, 3, 1, 4)
    return q, k, v


def attended(q_BHQd: Tensor, k_BHKd: Tensor, v_BHKd: Tensor, *, scale: float, dropout: float = 0.0) -> Tensor:
    """`[B, H, Q, d]`, by a fused kernel unless the plain formula is faster.

    Args:
        dropout: probability that a query leaves a key out.
    """
    small = q_BHQd.shape[2] * k_BHKd.shape[2] < FUSED_FROM
    if q_BHQd.device.type == "cpu" and small and not dropout:
        return attended_with_logits(q_BHQd, k_BHKd, v_BHKd, scale=scale)[0]
    return functional.scaled_dot_product_attention(q_BHQd, k_BHKd, v_BHKd, scale=scale, dropout_p=dropout)


def attended_with_logits(q_BHQd: Tensor, k_BHKd: Tensor, v_BHKd: Tensor, *, scale: float) -> tuple[Tensor, Tensor]:
    """`[B, H, Q, d]` and the logits `[B, H, Q, K]`; the same product serves both."""
    logits = (q_BHQd * scale) @ k_BHKd.transpose(-1, -2)
    return logits.softmax(-1) @ v_BHKd, logits


def side_by_side(heads_BHTd: Tensor) -> Tensor:
    """`[B, T, D]`."""
    return heads_BHTd.transpose(1, 2).flatten(2)
