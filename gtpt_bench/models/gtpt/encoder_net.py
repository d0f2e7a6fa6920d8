"""The coarse encoder: layers of plain attention that prune and let keypoint tokens in between attention and FFN.

B batch, T tokens of the sequence, K keypoint tokens, N image tokens, D width. Source: spec/gtpt.md §5 and §7.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.models.blocks.encoder_layer import EncoderLayer
from gtpt_bench.models.blocks.pruning.cut_net import PlacedCut
from gtpt_bench.models.blocks.pruning.image_tokens import ImageTokens
from gtpt_bench.models.blocks.pruning.score.softmax_pool import softmax_pool
from gtpt_bench.models.blocks.pruning.truth import Telling
from gtpt_bench.models.gtpt.attention_net import MHSA
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.gtpt.introduction.base import Phase, When
from gtpt_bench.models.gtpt.introduction.base_net import KeypointTokens
from gtpt_bench.models.gtpt.pruning.cut_net import placed_cut
from gtpt_bench.models.gtpt.schedule import LayerTokens, phase_at


class Asked(NamedTuple):
    """What keypoint tokens thought of image tokens in the last layer before the split.

    Attributes:
        logits: of the Q keypoint tokens of that layer on all of its keys, the image tokens last, `[B, H, Q, Q + N]`.
        grid_index: places of those image tokens in the grid, `[B or 1, N]`.
    """

    logits: Tensor
    grid_index: Tensor


class CoarseTokens(NamedTuple):
    """What the coarse encoder hands on: keypoint tokens `[B, K, D]`, image tokens, and who asked for which.

    `asked` is None in evaluation where nothing is split.
    """

    keypoints: Tensor
    image: ImageTokens
    asked: Asked | None


class CoarseState(NamedTuple):
    """A pass between two coarse layers.

    Attributes:
        x: keypoint tokens, then image tokens, `[B, T, D]`.
        image: what travels with the image tokens; their present features are in x.
        entered: the phase of the introduction that has begun.
        asked: see `CoarseTokens`.
    """

    x: Tensor
    image: ImageTokens
    entered: int = 0
    asked: Asked | None = None


class CoarseEncoder(nn.Module):
    """MHSA layers. Those that prune rank image tokens by all keypoint tokens that there are at that moment."""

    def __init__(self, config: GTPTConfig) -> None:
        super().__init__()
        width, hidden, num_layers = config.width, config.ffn_ratio * config.width, config.num_mhsa_layers
        self.layers = nn.ModuleList(EncoderLayer(MHSA(width, config.heads), width, hidden) for _ in range(num_layers))
        everyone = range(len(config.keypoint_set))
        self.cuts = nn.ModuleList(placed_cut(config, everyone) for _ in range(num_layers))
        self.phases = config.phases
        self.grouped = bool(config.groups)
        self.asked_layer = asked_layer(config)
        self.human_layer = last_human_layer(self.phases, num_layers) if config.pruning.score.needs_human else None

    def begin(self, image: ImageTokens, tokens: KeypointTokens) -> CoarseState:
        """Before the first layer: the keypoint tokens of the first phase, then the image tokens."""
        return CoarseState(torch.cat((tokens.start().expand(len(image.x), -1, -1), image.x), dim=1), image)

    def forward(
        self,
        state: CoarseState,
        tokens: KeypointTokens,
        schedule: Sequence[LayerTokens],
        told: Telling,
        *,
        layers: range,
    ) -> CoarseState:
        """After the given layers of a pass at this schedule."""
        for index in layers:
            layer = cast("EncoderLayer[MHSA]", self.layers[index])
            state = self.layer(index, layer, state, tokens, schedule[index], told)
        return state

    def layer(
        self,
        index: int,
        layer: EncoderLayer[MHSA],
        state: CoarseState,
        tokens: KeypointTokens,
        step: LayerTokens,
        told: Telling,
    ) -> CoarseState:
        x, image, entered, asked = state
        num_keypoints = step.attention[0].keypoints
        if self.enters(entered + 1, index, "before_attention"):
            entered += 1
            x = with_advanced(tokens, entered, x, step.attention[0].image)
        if index > 0:
            x = x + functional.pad(image.position, (0, 0, num_keypoints, 0))
        normed = layer.attention_norm(x)
        is_asked = index == self.asked_layer and (self.training or self.grouped)
        if step.prunes or is_asked or index == self.human_layer:
            attended, logits = layer.attention.with_logits(normed, num_keypoints)
            image = self.with_human(image, logits, self.phases[entered], num_keypoints)
            if is_asked:
                asked = Asked(logits, image.grid_index)
            x = x + attended
            if step.prunes:
                whole, cut = image._replace(x=x[:, num_keypoints:]), cast(PlacedCut, self.cuts[index])
                image = cut.of(whole, logits, told, step.feed_forward[0].image)
                x = torch.cat((x[:, :num_keypoints], image.x), dim=1)
        else:
            x = x + layer.attention(normed)
        if self.enters(entered + 1, index, "after_attention"):
            entered += 1
            x = with_advanced(tokens, entered, x, image.grid_index.shape[1])
        if not step.splits:
            x = layer.fed_forward(x)
        return CoarseState(x, image, entered, asked)

    def end(self, state: CoarseState) -> CoarseTokens:
        """After the last layer."""
        num_image = state.image.grid_index.shape[1]
        image = state.image._replace(x=state.x[:, -num_image:])
        return CoarseTokens(state.x[:, :-num_image], image, state.asked)

    def enters(self, phase: int, layer: int, when: When) -> bool:
        """Whether a phase begins here; the first one began before layer 0."""
        if phase >= len(self.phases):
            return False
        return (self.phases[phase].layer, self.phases[phase].when) == (layer, when)

    def with_human(self, image: ImageTokens, logits: Tensor, phase: Phase, num_keypoints: int) -> ImageTokens:
        """The image tokens with what the human token thinks of them now, if there is one and anybody wants to know."""
        if self.human_layer is None or not phase.human:
            return image
        return image._replace(human=softmax_pool(logits[:, :, :1, num_keypoints:]))


def with_advanced(tokens: KeypointTokens, phase: int, x_BTD: Tensor, num_image: int) -> Tensor:
    """The sequence with the keypoint tokens of another phase before its image tokens."""
    return torch.cat((tokens.advance(phase, x_BTD[:, :-num_image]), x_BTD[:, -num_image:]), dim=1)


def asked_layer(config: GTPTConfig) -> int:
    """The plain layer whose attention ranks image tokens at the split, or before where it would be."""
    return (config.num_mhsa_layers if config.groups else config.num_coarse_layers) - 1


def asking_scopes(config: GTPTConfig) -> tuple[tuple[int, ...], ...]:
    """For each keypoint token of that layer's attention, the keypoints it stands for."""
    return phase_at(config.phases, asked_layer(config), after_attention=False).scopes


def last_human_layer(phases: Sequence[Phase], num_layers: int) -> int:
    """The last layer in whose attention the human token takes part."""
    return max(layer for layer in range(num_layers) if phase_at(phases, layer, after_attention=False).human)
