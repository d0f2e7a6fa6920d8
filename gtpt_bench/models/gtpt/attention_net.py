"""Multi-head self-attention (MHSA) of the coarse layers, and what it shares with that of the fine ones (MHGA).

B batch, T tokens, H heads, D width, d = D / H, Q queries, K keys.
Both return, on request, the scaled logits before the softmax: these rank the image tokens.
Source: spec/gtpt.md §7. The scale is D^(-1/2), the full width, not d^(-1/2) (quirk 1).
"""

from __future__ import annotations

from torch import Tensor, nn

from gtpt_bench.models.blocks.attention import attended, attended_with_logits, heads_of, side_by_side
from gtpt_bench.models.blocks.linear import TokenLinear


class Attention(nn.Module):
    """Projections and products: one linear layer without bias to queries, keys and values, one back."""

    def __init__(self, heads: int, width: int, *, qkv: nn.Module, out: nn.Module) -> None:
        super().__init__()
        self.heads = heads
        self.scale = width**-0.5
        self.qkv = qkv
        self.out = out

    def heads_of(self, qkv_BT3D: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, each `[B, H, T, d]`."""
        return heads_of(qkv_BT3D, self.heads)

    def attend(self, q_BHQd: Tensor, k_BHKd: Tensor, v_BHKd: Tensor) -> Tensor:
        """`[B, H, Q, d]`, by a fused kernel unless the plain formula is faster."""
        return attended(q_BHQd, k_BHKd, v_BHKd, scale=self.scale)

    def attend_with_logits(self, q_BHQd: Tensor, k_BHKd: Tensor, v_BHKd: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, H, Q, d]` and the logits `[B, H, Q, K]`; the same product serves both."""
        return attended_with_logits(q_BHQd, k_BHKd, v_BHKd, scale=self.scale)


class MHSA(Attention):
    """Every token attends to every token."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__(heads, width, qkv=TokenLinear(width, 3 * width, bias=False), out=TokenLinear(width, width))

    def forward(self, x_BTD: Tensor) -> Tensor:
        return self.merge(self.attend(*self.heads_of(self.qkv(x_BTD))))

    def with_logits(self, x_BTD: Tensor, num_keypoints: int) -> tuple[Tensor, Tensor]:
        """Also the logits of the keypoint tokens, which come first in x, on all tokens: `[B, H, keypoints, T]`."""
        out, logits = self.attend_with_logits(*self.heads_of(self.qkv(x_BTD)))
        return self.merge(out), logits[:, :, :num_keypoints]

    def merge(self, heads_BHTd: Tensor) -> Tensor:
        """Heads side by side, projected: `[B, T, D]`."""
        merged: Tensor = self.out(side_by_side(heads_BHTd))
        return merged
