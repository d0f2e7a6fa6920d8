"""Gated attention unit (Hua et al. 2022) and the scale norm before it, as RTMPose's head has them.

One layer is attention and feed-forward net at once: values are mixed by squared ReLU scores, not a softmax, and gated.
Modules carry the official names. Source: spec/baselines.md §3.9.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.models.blocks.linear import TokenLinear


class ScaleNorm(nn.Module):
    """Every token to root mean square 1, times one learned gain: `[..., D]` to the same."""

    def __init__(self, eps: float = 1e-5) -> None:
        super().__init__()
        self.g = nn.Parameter(torch.ones(1))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        size = torch.linalg.vector_norm(x, dim=-1, keepdim=True) * x.shape[-1] ** -0.5
        out: Tensor = x / size.clamp(min=self.eps) * self.g
        return out


class Scale(nn.Module):
    """A learned factor for each channel: `[..., D]` to the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


class GatedAttentionUnit(nn.Module):
    """`[B, T, D]` to the same.

    Args:
        width: D.
        gate_width: E, channels of gate u and values v.
        key_width: S, channels of queries and keys, which are one projection under two learned scales and shifts.
    """

    def __init__(self, width: int, gate_width: int, key_width: int) -> None:
        super().__init__()
        self.parts = [gate_width, gate_width, key_width]
        self.ln = ScaleNorm()
        self.uv = TokenLinear(width, sum(self.parts), bias=False)
        # Queries and keys both start as the projection itself.
        self.gamma = nn.Parameter(torch.ones(2, key_width))
        self.beta = nn.Parameter(torch.zeros(2, key_width))
        self.o = TokenLinear(gate_width, width, bias=False)
        self.res_scale = Scale(width)
        nn.init.xavier_uniform_(self.uv.weight)

    def forward(self, x_BTD: Tensor) -> Tensor:
        u_BTE, v_BTE, base_BTS = functional.silu(self.uv(self.ln(x_BTD))).split(self.parts, dim=-1)
        q_BTS, k_BTS = (base_BTS * gamma + beta for gamma, beta in zip(self.gamma, self.beta, strict=True))
        scores_BTT = torch.relu(q_BTS @ k_BTS.transpose(-1, -2) * q_BTS.shape[-1] ** -0.5).square()
        out: Tensor = self.res_scale(x_BTD) + self.o(u_BTE * (scores_BTT @ v_BTE))
        return out
