"""Attention for inference: fused, with logits for the tokens that ask and for no others.

B batch, T tokens, H heads, D width, d = D / H, Q queries, K keys. The scale of the logits lies in the queries' weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.models.blocks.attention import FUSED_FROM
from gtpt_bench.models.deploy.linear import PackedLinear
from gtpt_bench.models.gtpt.attention_net import MHSA
from gtpt_bench.models.gtpt.deploy.group_linear import PerGroup, deployed_linear
from gtpt_bench.models.gtpt.fine_layers.attention_net import MHGA, sizes
from gtpt_bench.models.gtpt.tokens import GroupTokens


class DeployedMHSA(nn.Module):
    """Every token attends to every token."""

    def __init__(self, attention: MHSA) -> None:
        super().__init__()
        self.heads = attention.heads
        scale_queries(cast(nn.Linear, attention.qkv).weight, attention.scale)
        self.qkv = PackedLinear(cast(nn.Linear, attention.qkv))
        self.out = PackedLinear(cast(nn.Linear, attention.out))

    def forward(self, x_BTD: Tensor) -> Tensor:
        q, k, v = self.heads_of(x_BTD)
        merged: Tensor = self.out(attended(q, k, v).transpose(1, 2).flatten(2))
        return merged

    def with_logits(self, x_BTD: Tensor, num_keypoints: int) -> tuple[Tensor, Tensor]:
        """Also the logits of the keypoint tokens, which come first in x, on all tokens: `[B, H, keypoints, T]`."""
        q, k, v = self.heads_of(x_BTD)
        logits = q[:, :, :num_keypoints] @ k.transpose(-1, -2)
        merged: Tensor = self.out(attended(q, k, v).transpose(1, 2).flatten(2))
        return merged, logits

    def heads_of(self, x_BTD: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, each `[B, H, T, d]`."""
        q, k, v = (in_heads(t, self.heads) for t in self.qkv(x_BTD).chunk(3, dim=-1))
        return q, k, v


class DeployedMHGA(nn.Module):
    """Each group attends to its own tokens and to what it sees of the others; groups lie one after the other."""

    def __init__(self, attention: MHGA) -> None:
        super().__init__()
        self.heads, self.exchange = attention.heads, attention.exchange
        self.qkv = deployed_linear(attention.qkv)
        for layer in self.qkv if isinstance(self.qkv, PerGroup) else (self.qkv,):
            scale_queries(cast(PackedLinear, layer).weight, attention.scale)
        self.out = deployed_linear(attention.out)

    def forward(self, x_BTD: Tensor, groups: Sequence[GroupTokens]) -> Tensor:
        return self.joined([attended(*qkv) for qkv in self.per_group(x_BTD, groups)], groups)

    def with_logits(self, x_BTD: Tensor, groups: Sequence[GroupTokens]) -> tuple[Tensor, list[Tensor]]:
        """Also, a group each, the logits of its keypoint and dense tokens on all keys, its own image tokens last."""
        qkvs = self.per_group(x_BTD, groups)
        asked = [
            q[:, :, : group.keypoints + group.dense] @ k.transpose(-1, -2)
            for (q, k, _), group in zip(qkvs, groups, strict=True)
        ]
        return self.joined([attended(*qkv) for qkv in qkvs], groups), asked

    def joined(self, outs_BHQd: Sequence[Tensor], groups: Sequence[GroupTokens]) -> Tensor:
        """Heads merged, groups in one sequence again, projected: `[B, T, D]`."""
        together = torch.cat([out.transpose(1, 2).flatten(2) for out in outs_BHQd], dim=1)
        merged: Tensor = self.out(together, sizes(groups))
        return merged

    def per_group(self, x_BTD: Tensor, groups: Sequence[GroupTokens]) -> list[tuple[Tensor, Tensor, Tensor]]:
        """Queries, keys and values of each group; keys begin with what it sees of all groups, in order."""
        qkv_BT3D: Tensor = self.qkv(x_BTD, sizes(groups))
        width = x_BTD.shape[-1]
        qs = qkv_BT3D[..., :width].split(sizes(groups), dim=1)
        kvs = qkv_BT3D[..., width:].split(sizes(groups), dim=1)
        seen = [self.exchange.seen(group) for group in groups]
        found = []
        for place, (q, group) in enumerate(zip(qs, groups, strict=True)):
            shared = [kv[:, : group.keypoints if other == place else seen[other]] for other, kv in enumerate(kvs)]
            # Keys and values of a token lie side by side, so one copy moves both.
            k, v = torch.cat([*shared, kvs[place][:, group.keypoints :]], dim=1).chunk(2, dim=-1)
            found.append((in_heads(q, self.heads), in_heads(k, self.heads), in_heads(v, self.heads)))
        return found


def attended(q_BHQd: Tensor, k_BHKd: Tensor, v_BHKd: Tensor) -> Tensor:
    """`[B, H, Q, d]`, by a fused kernel unless the plain formula is faster."""
    if q_BHQd.device.type == "cpu" and q_BHQd.shape[2] * k_BHKd.shape[2] < FUSED_FROM:
        return (q_BHQd @ k_BHKd.transpose(-1, -2)).softmax(-1) @ v_BHKd
    return functional.scaled_dot_product_attention(q_BHQd, k_BHKd, v_BHKd, scale=1.0)


def in_heads(x_BTD: Tensor, heads: int) -> Tensor:
    """`[B, H, T, d]`, a view."""
    B, T, D = x_BTD.shape
    return x_BTD.view(B, T, heads, D // heads).transpose(1, 2)


def scale_queries(weight_3DxD: Tensor, scale: float) -> None:
    """Works the scale into the rows that make queries."""
    with torch.no_grad():
        weight_3DxD[: weight_3DxD.shape[0] // 3] *= scale
