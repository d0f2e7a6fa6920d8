"""The two encoders: coarse layers with MHSA, fine layers with MHGA, both pruning between attention and FFN.

A `position` goes with every sequence: zero where a token has no position embedding (keypoint and dense tokens).
B batch, T tokens of the sequence, D width. Source: spec/gtpt.md §5, §7, §9.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.models.blocks.encoder_layer import EncoderLayer
from gtpt_bench.models.gtpt.attention_net import MHGA, MHSA
from gtpt_bench.models.gtpt.introduction.human_sparse_net import HumanSparseTokens
from gtpt_bench.models.gtpt.pruning_net import TokenPruner, keep_image_tokens
from gtpt_bench.models.gtpt.schedule import GroupTokens, LayerTokens


class CoarseTokens(NamedTuple):
    """What the coarse encoder hands to the split.

    Attributes:
        x: part and sparse tokens, then image tokens, `[B, K + N, D]`.
        position: embedding of the image tokens, `[B or 1, N, D]`.
        logits: of the keypoint tokens on the image tokens in the last layer, `[B, H, K, N]`.
    """

    x: Tensor
    position: Tensor
    logits: Tensor


class CoarseEncoder(nn.Module):
    """MHSA layers; one prunes by the human token's attention and then introduces the sparse tokens."""

    def __init__(self, num_layers: int, *, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer(MHSA(width, heads), width, hidden) for _ in range(num_layers))
        self.pruners = nn.ModuleList(TokenPruner() for _ in range(num_layers))

    def forward(
        self,
        image_BND: Tensor,
        position_1ND: Tensor,
        tokens: HumanSparseTokens,
        schedule: Sequence[LayerTokens],
    ) -> CoarseTokens:
        x = torch.cat((tokens.start(len(image_BND)), image_BND + position_1ND), dim=1)
        position, last = position_1ND, len(schedule) - 1
        logits = None
        layers = cast("Iterable[EncoderLayer[MHSA]]", self.layers)
        for index, (layer, step) in enumerate(zip(layers, schedule, strict=True)):
            before, after = step.attention[0], step.feed_forward[0]
            if index > 0:
                x = x + functional.pad(position, (0, 0, before.keypoints, 0))
            normed = layer.attention_norm(x)
            if step.prunes or index == last:
                attended, logits = layer.attention.with_logits(normed, before.keypoints)
            else:
                attended = layer.attention(normed)
            x = x + attended
            if step.prunes:
                kept = self.pruners[index](logits, after.image)
                x = keep_image_tokens(x, before.keypoints, kept)
                position = keep_image_tokens(position, 0, kept)
            if before.keypoints != after.keypoints:
                x = torch.cat((tokens.introduce(x[:, : before.keypoints]), x[:, before.keypoints :]), dim=1)
            x = layer.fed_forward(x)
        assert logits is not None, "the last layer always records its logits"
        return CoarseTokens(x, position, logits)


class FineTokens(NamedTuple):
    """Tokens of all groups in one sequence, group after group, each [sparse | dense | image]; both `[B, T, D]`."""

    x: Tensor
    position: Tensor


class FineEncoder(nn.Module):
    """MHGA layers; each group prunes its own image tokens by its own sparse and dense tokens."""

    def __init__(self, num_layers: int, num_groups: int, *, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer(MHGA(width, heads), width, hidden) for _ in range(num_layers))
        self.pruners = nn.ModuleList(nn.ModuleList(TokenPruner() for _ in range(num_groups)) for _ in range(num_layers))

    def forward(self, tokens: FineTokens, schedule: Sequence[LayerTokens]) -> Tensor:
        """Tokens after the last layer, `[B, T, D]`."""
        x, position = tokens
        layers = cast("Iterable[EncoderLayer[MHGA]]", self.layers)
        pruner_lists = cast("Iterable[nn.ModuleList]", self.pruners)
        for layer, pruners, step in zip(layers, pruner_lists, schedule, strict=True):
            x = x + position
            normed = layer.attention_norm(x)
            if step.prunes:
                attended, logits = layer.attention.with_logits(normed, step.attention)
                x, position = self.prune(x + attended, position, logits, pruners, step)
            else:
                x = x + layer.attention(normed, step.attention)
            x = layer.fed_forward(x)
        return x

    def prune(
        self,
        x_BTD: Tensor,
        position_BTD: Tensor,
        logits: Sequence[Tensor],
        pruners: nn.ModuleList,
        step: LayerTokens,
    ) -> FineTokens:
        kept = [
            pruner(group_logits, after.image)
            for pruner, group_logits, after in zip(pruners, logits, step.feed_forward, strict=True)
        ]
        return FineTokens(*(keep_in_groups(t, step.attention, kept) for t in (x_BTD, position_BTD)))


def keep_in_groups(x_BTD: Tensor, groups: Sequence[GroupTokens], kept: Sequence[Tensor]) -> Tensor:
    """Sequence in which each group has only its kept image tokens."""
    pieces = x_BTD.split([group.queries for group in groups], dim=1)
    return torch.cat(
        [
            keep_image_tokens(piece, group.keypoints + group.dense, index)
            for piece, group, index in zip(pieces, groups, kept, strict=True)
        ],
        dim=1,
    )
