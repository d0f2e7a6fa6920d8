"""Multi-head self-attention (MHSA) of the coarse layers and multi-head group attention (MHGA) of the fine ones.

B batch, T tokens, H heads, D width, d = D / H, Q queries, K keys.
Both return, on request, the scaled logits before the softmax: these rank the image tokens.
Source: spec/gtpt.md §7 and §9. The scale is D^(-1/2), the full width, not d^(-1/2) (quirk 1).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.models.gtpt.schedule import GroupTokens

FUSED_FROM = 128 * 128
"""Queries x keys from which PyTorch's fused attention wins on a CPU: below, logits fit in the cache and the plain
formula takes half the time, forward and backward (batch 1 to 32, 16 to 24 channels a head, two cores)."""


class Attention(nn.Module):
    """Projections shared by MHSA and MHGA: one linear layer without bias to q, k and v, one back."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.scale = width**-0.5
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width)

    def project(self, x_BTD: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, each `[B, H, T, d]`."""
        B, T, _ = x_BTD.shape
        q, k, v = self.qkv(x_BTD).view(B, T, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        return q, k, v

    def merge(self, heads_BHTd: Tensor) -> Tensor:
        """Heads side by side, projected: `[B, T, D]`."""
        merged: Tensor = self.out(heads_BHTd.transpose(1, 2).flatten(2))
        return merged

    def attend(self, q_BHQd: Tensor, k_BHKd: Tensor, v_BHKd: Tensor) -> Tensor:
        """`[B, H, Q, d]`, by a fused kernel unless the plain formula is faster."""
        if q_BHQd.device.type == "cpu" and q_BHQd.shape[2] * k_BHKd.shape[2] < FUSED_FROM:
            return self.attend_with_logits(q_BHQd, k_BHKd, v_BHKd)[0]
        return functional.scaled_dot_product_attention(q_BHQd, k_BHKd, v_BHKd, scale=self.scale)

    def attend_with_logits(self, q_BHQd: Tensor, k_BHKd: Tensor, v_BHKd: Tensor) -> tuple[Tensor, Tensor]:
        """`[B, H, Q, d]` and the logits `[B, H, Q, K]`; the same product serves both."""
        logits = (q_BHQd * self.scale) @ k_BHKd.transpose(-1, -2)
        return logits.softmax(-1) @ v_BHKd, logits


class MHSA(Attention):
    """Every token attends to every token."""

    def forward(self, x_BTD: Tensor) -> Tensor:
        return self.merge(self.attend(*self.project(x_BTD)))

    def with_logits(self, x_BTD: Tensor, num_keypoints: int) -> tuple[Tensor, Tensor]:
        """Also the logits of the keypoint tokens (first in x) on the image tokens, `[B, H, keypoints, image]`."""
        out, logits = self.attend_with_logits(*self.project(x_BTD))
        return self.merge(out), logits[:, :, :num_keypoints, num_keypoints:]


class MHGA(Attention):
    """Each group attends to the keypoint tokens of all groups and to its own dense and image tokens.

    Tokens of all groups lie in one sequence, group after group, each [keypoints | dense | image]; groups may
    differ in size, so no dummy token is needed.
    """

    def forward(self, x_BTD: Tensor, groups: Sequence[GroupTokens]) -> Tensor:
        return self.merge(torch.cat([self.attend(*qkv) for qkv in self.per_group(x_BTD, groups)], dim=2))

    def with_logits(self, x_BTD: Tensor, groups: Sequence[GroupTokens]) -> tuple[Tensor, list[Tensor]]:
        """Also, a group each, the logits of its keypoint and dense tokens on its image tokens."""
        outs, logits = zip(*(self.attend_with_logits(*qkv) for qkv in self.per_group(x_BTD, groups)), strict=True)
        of_image = [
            group_logits[:, :, : group.keypoints + group.dense, group_logits.shape[-1] - group.image :]
            for group_logits, group in zip(logits, groups, strict=True)
        ]
        return self.merge(torch.cat(outs, dim=2)), of_image

    def per_group(self, x_BTD: Tensor, groups: Sequence[GroupTokens]) -> list[tuple[Tensor, Tensor, Tensor]]:
        """Queries, keys and values of each group; the exchanged keypoint tokens come first among the keys."""
        q, k, v = (t.split([g.queries for g in groups], dim=2) for t in self.project(x_BTD))
        k_shared, v_shared = ([t[:, :, : g.keypoints] for t, g in zip(ts, groups, strict=True)] for ts in (k, v))
        return [
            (
                q[i],
                torch.cat([*k_shared, k[i][:, :, g.keypoints :]], dim=2),
                torch.cat([*v_shared, v[i][:, :, g.keypoints :]], dim=2),
            )
            for i, g in enumerate(groups)
        ]
