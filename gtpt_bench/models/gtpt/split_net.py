"""The split from coarse to fine: channel gate, one copy of the image tokens a group, pruning, dense tokens.

B batch, G groups, K keypoint tokens, N image tokens, D width. Source: spec/gtpt.md §8.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.blocks.pruning.cut_net import PlacedCut
from gtpt_bench.models.blocks.pruning.image_tokens import ImageTokens
from gtpt_bench.models.blocks.pruning.truth import Telling
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.gtpt.encoder_net import Asked, CoarseTokens, asking_scopes
from gtpt_bench.models.gtpt.grouping import Group
from gtpt_bench.models.gtpt.introduction.base_net import KeypointTokens
from gtpt_bench.models.gtpt.pruning.cut_net import placed_cut
from gtpt_bench.models.gtpt.tokens import GroupTokens


class FineTokens(NamedTuple):
    """Tokens of all groups in one sequence, group after group, each [keypoints | dense | image].

    Attributes:
        x: features, `[B, T, D]`.
        position: embedding of image tokens, zero for the others, `[B, T, D]`.
        image: what travels with each group's image tokens; their features and positions are in the sequence.
    """

    x: Tensor
    position: Tensor
    image: tuple[ImageTokens, ...]


class ChannelGateNet(nn.Module):
    """Gates `[B, N, D]` for each of G groups from the image tokens `[B, N, D]`."""

    def __init__(self, width: int, hidden: int, num_groups: int) -> None:
        super().__init__()
        self.num_groups = num_groups
        self.reduce = TokenLinear(width, hidden)
        self.expand = TokenLinear(hidden, num_groups * width)

    def forward(self, image_BND: Tensor) -> tuple[Tensor, ...]:
        gates: Tensor = self.expand(self.reduce(image_BND).relu()).sigmoid()
        return gates.chunk(self.num_groups, dim=-1)


class GroupRows(nn.Module):
    """Which tokens a group takes, as indices that live on the device.

    Attributes:
        asking: keypoint tokens of the layer before that rank image tokens for the group.
        carried: keypoint tokens that go on in the group, in slot order.
        grown: dense tokens that the split makes for it, in the order of dense parts.
    """

    asking: Tensor
    carried: Tensor
    grown: Tensor

    def __init__(self, **rows: Sequence[int]) -> None:
        super().__init__()
        for name, places in rows.items():
            self.register_buffer(name, torch.tensor(places, dtype=torch.int64), persistent=False)


class Split(nn.Module):
    """Coarse tokens to the fine sequence."""

    def __init__(self, config: GTPTConfig) -> None:
        super().__init__()
        groups, keypoints = config.groups, config.keypoint_set
        self.groups = groups
        gate = config.channel_gate
        self.gate = ChannelGateNet(config.width, config.width // gate.reduction, len(groups)) if gate else None
        self.cuts = nn.ModuleList(placed_cut(config, group.keypoints) for group in groups)
        grows = config.introduction.dense_at_split
        self.rows = nn.ModuleList(
            GroupRows(
                asking=asking_rows(asking_scopes(config), group, first=place == 0),
                carried=carried_rows(
                    config.phases[-1].scopes, group.sparse if grows else group.keypoints, first=place == 0
                ),
                grown=[keypoints.dense.index(k) for k in group.dense] if grows else [],
            )
            for place, group in enumerate(groups)
        )

    def forward(
        self, coarse: CoarseTokens, tokens: KeypointTokens, schedule: Sequence[GroupTokens], told: Telling
    ) -> FineTokens:
        dense = tokens.dense(coarse.keypoints)
        copies = self.copies(coarse.image)
        pieces, positions, kept = [], [], []
        for place, (copy, step) in enumerate(zip(copies, schedule, strict=True)):
            image = copy
            if step.image < copy.x.shape[1]:
                cut, logits = cast(PlacedCut, self.cuts[place]), self.asked(place, copy, coarse.asked)
                image = cut.of(copy, logits, told, step.image)
            rows = cast(GroupRows, self.rows[place])
            own = [coarse.keypoints[:, rows.carried]]
            own += [dense[:, rows.grown]] if dense is not None else []
            pieces += [*own, image.x]
            positions.append(functional.pad(image.position, (0, 0, step.keypoints + step.dense, 0)))
            kept.append(image)
        # Without gate nor cut a group's position may still be one for all images.
        positions = [position.expand(len(coarse.keypoints), -1, -1) for position in positions]
        return FineTokens(torch.cat(pieces, dim=1), torch.cat(positions, dim=1), tuple(kept))

    def copies(self, image: ImageTokens) -> list[ImageTokens]:
        """The image tokens once for each group, features and positions through the group's gate if there is one."""
        if self.gate is None:
            return [image for _ in self.groups]
        return [image._replace(x=image.x * gate, position=image.position * gate) for gate in self.gate(image.x)]

    def asked(self, place: int, image: ImageTokens, asked: Asked | None) -> Tensor:
        """Logits `[B, H, Q, Q + N]` of the tokens that rank image tokens for a group."""
        assert asked is not None, "a split follows a layer that was asked"
        assert asked.grid_index.shape[1] == image.grid_index.shape[1], "nothing is cut between that layer and the split"
        return asked.logits[:, :, cast(GroupRows, self.rows[place]).asking]


def asking_rows(scopes: Sequence[tuple[int, ...]], group: Group, *, first: bool) -> list[int]:
    """Tokens that rank image tokens for a group: those that stand for any of its keypoints.

    A token that stands for nobody belongs to the first group.
    """
    own = set(group.keypoints)
    return [row for row, scope in enumerate(scopes) if own & set(scope) or (first and not scope)]


def carried_rows(scopes: Sequence[tuple[int, ...]], keypoints: Sequence[int], *, first: bool) -> list[int]:
    """Tokens that go on in a group, in slot order: one that stands for nobody, then those of its `keypoints`.

    These are its sparse ones, and its dense ones if they have tokens by now; a part token that stands for a single
    keypoint is not yet that keypoint's.
    """
    row_of = {scope[0]: row for row, scope in enumerate(scopes) if len(scope) == 1}
    beside = [row for row, scope in enumerate(scopes) if first and not scope]
    return [*beside, *(row_of[keypoint] for keypoint in keypoints)]
