"""From coarse tokens to one token a keypoint: by groups, or without any.

B batch, T tokens of all groups, J keypoints, D width. Source: spec/gtpt.md §9 and §10, spec/ablations.md §3.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.pruning.cut_net import PlacedCut
from gtpt_bench.models.blocks.pruning.truth import Telling
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.gtpt.encoder_net import CoarseEncoder, CoarseTokens
from gtpt_bench.models.gtpt.fine_layers.layer_net import FineLayer
from gtpt_bench.models.gtpt.grouping import output_order
from gtpt_bench.models.gtpt.introduction.base_net import KeypointTokens
from gtpt_bench.models.gtpt.pruning.cut_net import placed_cut
from gtpt_bench.models.gtpt.schedule import LayerTokens, TokenSchedule
from gtpt_bench.models.gtpt.split_net import FineTokens, Split


class GroupedEnd(nn.Module):
    """The split, then fine layers with MHGA; each group prunes its own image tokens by its own keypoint tokens."""

    def __init__(self, config: GTPTConfig) -> None:
        super().__init__()
        width, groups, num_layers = config.width, config.groups, len(config.schedule.fine)
        self.num_beside = sum(not scope for scope in config.phases[-1].scopes)
        self.split = Split(config)
        hidden = config.fine_ffn_ratio * width
        self.layers = nn.ModuleList(
            FineLayer(width, config.heads, hidden, len(groups), config.fine_layers) for _ in range(num_layers)
        )
        self.cuts = nn.ModuleList(
            nn.ModuleList(placed_cut(config, group.keypoints) for group in groups) for _ in range(num_layers)
        )
        self.output_order: Tensor
        self.register_buffer("output_order", torch.tensor(output_order(groups)), persistent=False)

    def forward(
        self,
        coarse: CoarseTokens,
        encoder: CoarseEncoder,
        tokens: KeypointTokens,
        schedule: TokenSchedule,
        told: Telling,
    ) -> Tensor:
        """Sparse and dense tokens in the data set's order, `[B, J, D]`."""
        fine: FineTokens = self.split(coarse, tokens, schedule.split, told)
        if schedule.coarse[-1].splits:
            fine = fine._replace(x=encoder.layers[-1].fed_forward(fine.x))  # type: ignore[operator]
        for place, (layer, step) in enumerate(
            zip(cast("Iterable[FineLayer]", self.layers), schedule.fine, strict=True)
        ):
            fine = self.layer(place, layer, fine, step, told)
        return self.keypoint_tokens(fine.x, schedule.fine[-1])

    def layer(self, place: int, layer: FineLayer, fine: FineTokens, step: LayerTokens, told: Telling) -> FineTokens:
        x = fine.x + fine.position
        normed = layer.attention_norm(x)
        if step.prunes:
            attended, logits = layer.attention.with_logits(normed, step.attention)
            fine = self.prune(place, fine._replace(x=x + attended), logits, step, told)
        else:
            fine = fine._replace(x=x + layer.attention(normed, step.attention))
        return fine._replace(x=layer.fed_forward(fine.x, step.feed_forward))

    def prune(
        self, layer: int, fine: FineTokens, logits: Sequence[Tensor], step: LayerTokens, told: Telling
    ) -> FineTokens:
        """Each group drops image tokens of its own; sparse and dense tokens are never pruned."""
        xs, positions, kept = [], [], []
        cuts = cast("nn.ModuleList", self.cuts[layer])
        whole = [t.split([group.queries for group in step.attention], dim=1) for t in (fine.x, fine.position)]
        for place, (x, position) in enumerate(zip(*whole, strict=True)):
            first_image = step.attention[place].keypoints + step.attention[place].dense
            own = fine.image[place]._replace(x=x[:, first_image:], position=position[:, first_image:])
            if step.feed_forward[place].image < own.x.shape[1]:
                own = cast(PlacedCut, cuts[place]).of(own, logits[place], told, step.feed_forward[place].image)
            xs += [x[:, :first_image], own.x]
            positions += [position[:, :first_image], own.position]
            kept.append(own)
        return FineTokens(torch.cat(xs, dim=1), torch.cat(positions, dim=1), tuple(kept))

    def keypoint_tokens(self, x_BTD: Tensor, last: LayerTokens) -> Tensor:
        """Sparse and dense tokens of all groups in the data set's order, `[B, J, D]`; tokens beside them stay out."""
        pieces = x_BTD.split([group.queries for group in last.feed_forward], dim=1)
        keypoints = [
            piece[:, self.num_beside * (place == 0) : group.keypoints + group.dense]
            for place, (piece, group) in enumerate(zip(pieces, last.feed_forward, strict=True))
        ]
        return torch.cat(keypoints, dim=1)[:, self.output_order]


class UngroupedEnd(nn.Module):
    """Nothing more to do: the coarse encoder ran to the last layer, and its keypoint tokens are the result."""

    def __init__(self, config: GTPTConfig) -> None:
        super().__init__()
        row_of = {scope[0]: row for row, scope in enumerate(config.phases[-1].scopes) if len(scope) == 1}
        self.output_order: Tensor
        order = torch.tensor([row_of[keypoint] for keypoint in range(len(config.keypoint_set))])
        self.register_buffer("output_order", order, persistent=False)

    def forward(
        self,
        coarse: CoarseTokens,
        encoder: CoarseEncoder,
        tokens: KeypointTokens,
        schedule: TokenSchedule,
        told: Telling,
    ) -> Tensor:
        return coarse.keypoints[:, self.output_order]
