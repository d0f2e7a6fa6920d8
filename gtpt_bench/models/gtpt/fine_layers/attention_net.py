"""Multi-head group attention (MHGA): each group attends to its own tokens and to what it sees of the others.

B batch, T tokens of all groups, H heads, D width, d = D / H. Source: spec/gtpt.md §9.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from gtpt_bench.models.gtpt.attention_net import Attention
from gtpt_bench.models.gtpt.fine_layers.config import FineLayers
from gtpt_bench.models.gtpt.tokens import GroupTokens


class MHGA(Attention):
    """Tokens of all groups lie in one sequence, group after group, each [keypoints | dense | image]; groups may
    differ in size, so no dummy token is needed.
    """

    def __init__(self, width: int, heads: int, num_groups: int, config: FineLayers) -> None:
        super().__init__(
            heads,
            width,
            qkv=config.weights.attention_linear(width, 3 * width, num_groups, bias=False),
            out=config.weights.attention_linear(width, width, num_groups),
        )
        self.exchange = config.exchange

    def forward(self, x_BTD: Tensor, groups: Sequence[GroupTokens]) -> Tensor:
        return self.joined([self.attend(*qkv) for qkv in self.per_group(x_BTD, groups)], groups)

    def with_logits(self, x_BTD: Tensor, groups: Sequence[GroupTokens]) -> tuple[Tensor, list[Tensor]]:
        """Also, a group each, the logits of its keypoint and dense tokens on all keys, its own image tokens last."""
        outs, logits = zip(*(self.attend_with_logits(*qkv) for qkv in self.per_group(x_BTD, groups)), strict=True)
        asked = [
            group_logits[:, :, : group.keypoints + group.dense]
            for group_logits, group in zip(logits, groups, strict=True)
        ]
        return self.joined(outs, groups), asked

    def joined(self, outs_BHQd: Sequence[Tensor], groups: Sequence[GroupTokens]) -> Tensor:
        """Groups in one sequence again, heads merged, projected: `[B, T, D]`."""
        merged: Tensor = self.out(torch.cat(list(outs_BHQd), dim=2).transpose(1, 2).flatten(2), sizes(groups))
        return merged

    def per_group(self, x_BTD: Tensor, groups: Sequence[GroupTokens]) -> list[tuple[Tensor, Tensor, Tensor]]:
        """Queries, keys and values of each group; keys begin with the keypoint tokens of all groups, in order."""
        q, k, v = (t.split(sizes(groups), dim=2) for t in self.heads_of(self.qkv(x_BTD, sizes(groups))))
        seen = [self.exchange.seen(group) for group in groups]
        return [
            (q[place], self.keys(k, seen, groups, place), self.keys(v, seen, groups, place))
            for place in range(len(groups))
        ]

    def keys(self, tokens: Sequence[Tensor], seen: Sequence[int], groups: Sequence[GroupTokens], place: int) -> Tensor:
        """Keys or values `[B, H, K, d]` of one group: what it sees of each group in turn, then the rest of its own."""
        shared = [
            t[:, :, : groups[place].keypoints if other == place else seen[other]] for other, t in enumerate(tokens)
        ]
        return torch.cat([*shared, tokens[place][:, :, groups[place].keypoints :]], dim=2)


def sizes(groups: Sequence[GroupTokens]) -> list[int]:
    return [group.queries for group in groups]
