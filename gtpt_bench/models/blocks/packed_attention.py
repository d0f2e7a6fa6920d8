"""Multi-head attention under the names that PyTorch's own has: queries, keys and values share one packed projection.

B batch, Q queries, K keys, D width, H heads, d = D / H.

Not `nn.MultiheadAttention` itself, so that its projections take the same fast path as everybody else's (linear.py).
Like those, they are no layers of their own: counters that hook modules do not see them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.attention import attended, attended_with_logits, side_by_side
from gtpt_bench.models.blocks.linear import token_linear


class PackedAttention(nn.Module):
    """Queries `[B, Q, D]` look at keys `[B, K, D]` and take values `[B, K, D]`: `[B, Q, D]`, scaled by d^(-1/2).

    Args:
        dropout: in training, the probability that a query leaves a key out.
    """

    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, queries_BQD: Tensor, keys_BKD: Tensor, values_BKD: Tensor) -> Tensor:
        weights, biases = self.in_proj_weight.chunk(3), self.in_proj_bias.chunk(3)
        q, k, v = (
            self._heads_of(token_linear(x, weight, bias))
            for x, weight, bias in zip((queries_BQD, keys_BKD, values_BKD), weights, biases, strict=True)
        )
        scale = q.shape[-1] ** -0.5
        if q.is_meta:  # counted by the plain formula, which scales queries alone; PyTorch's own scales keys as well
            mixed_BHQd, _ = attended_with_logits(q, k, v, scale=scale)
        else:
            mixed_BHQd = attended(q, k, v, scale=scale, dropout=self.dropout * self.training)
        return token_linear(side_by_side(mixed_BHQd), self.out_proj.weight, self.out_proj.bias)

    def _heads_of(self, x_BTD: Tensor) -> Tensor:
        heads_BHTd: Tensor = x_BTD.unflatten(2, (self.heads, -1)).transpose(1, 2)
        return heads_BHTd
