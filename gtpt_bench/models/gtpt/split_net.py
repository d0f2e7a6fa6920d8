"""The split from coarse to fine: channel gate, one copy of the image tokens a group, pruning, dense tokens.

B batch, G groups, K keypoint tokens (parts first), N image tokens, D width. Source: spec/gtpt.md §8.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gtpt_bench.models.gtpt.encoder_net import CoarseTokens, FineTokens
from gtpt_bench.models.gtpt.grouping import Group
from gtpt_bench.models.gtpt.introduction.human_sparse_dense_net import HumanSparseDenseTokens
from gtpt_bench.models.gtpt.introduction.human_sparse_net import HumanSparseTokens
from gtpt_bench.models.gtpt.pruning_net import TokenPruner, take
from gtpt_bench.models.gtpt.schedule import GroupTokens


class ChannelGateNet(nn.Module):
    """Gates `[B, N, D]` for each of G groups from the image tokens `[B, N, D]`."""

    def __init__(self, width: int, hidden: int, num_groups: int) -> None:
        super().__init__()
        self.num_groups = num_groups
        self.reduce = nn.Linear(width, hidden)
        self.expand = nn.Linear(hidden, num_groups * width)

    def forward(self, image_BND: Tensor) -> tuple[Tensor, ...]:
        gates: Tensor = self.expand(self.reduce(image_BND).relu()).sigmoid()
        return gates.chunk(self.num_groups, dim=-1)


class Split(nn.Module):
    """Coarse tokens to the fine sequence, group after group, each [sparse | dense | image]."""

    def __init__(self, groups: Sequence[Group], num_parts: int, gate: ChannelGateNet) -> None:
        super().__init__()
        self.groups = tuple(groups)
        self.num_parts = num_parts
        self.gate = gate
        self.pruners = nn.ModuleList(TokenPruner() for _ in groups)

    def forward(self, coarse: CoarseTokens, tokens: HumanSparseTokens, schedule: Sequence[GroupTokens]) -> FineTokens:
        num_keypoints = coarse.logits.shape[2]
        keypoints, image = coarse.x[:, :num_keypoints], coarse.x[:, num_keypoints:]
        pieces, positions = [], []
        for index, (group, gate) in enumerate(zip(self.groups, self.gate(image), strict=True)):
            asking = self.asking(group)
            own, embedding = image * gate, coarse.position * gate
            if schedule[index].image < image.shape[1]:
                kept = self.pruners[index](coarse.logits[:, :, asking], schedule[index].image)
                own, embedding = take(own, kept), take(embedding, kept)
            sparse = keypoints[:, asking[len(group.parts) :]]
            grown = [*self.dense(keypoints, group, tokens)]
            pieces += [sparse, *grown, own]
            unplaced = sparse.shape[1] + sum(dense.shape[1] for dense in grown)
            positions.append(nn.functional.pad(embedding, (0, 0, unplaced, 0)))
        return FineTokens(torch.cat(pieces, dim=1), torch.cat(positions, dim=1))

    def asking(self, group: Group) -> list[int]:
        """Places, among the keypoint tokens, of the group's part tokens and its sparse tokens."""
        return [*group.parts, *(self.num_parts + keypoint for keypoint in group.sparse)]

    def dense(self, keypoints_BKD: Tensor, group: Group, tokens: HumanSparseTokens) -> list[Tensor]:
        """Dense tokens of the group, `[B, n, D]` a part; none where the introduction has none."""
        if not isinstance(tokens, HumanSparseDenseTokens):
            return []
        return [tokens.dense(part, keypoints_BKD[:, part : part + 1]) for part in group.parts]
