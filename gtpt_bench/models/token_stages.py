"""At which points of a network one looks at the image tokens that are left, and which keypoints they are for.

Torch-free: it follows from the config. Watching a network and counting what survives: evaluation/kept_tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from gtpt_bench.models.catalogue import ModelConfig
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.peers.token_config import TokenConfig
from gtpt_bench.models.sizes import Size

EVERYONE = "all keypoints"
"""Name of the only group of a network that has none."""


class TokenGroup(NamedTuple):
    """Keypoints, as places in the data set's order, that image tokens are kept for."""

    name: str
    keypoints: tuple[int, ...]


class TokenSet(NamedTuple):
    """The image tokens at the end of a stage: of one group, or with `group` None those that all groups share."""

    stage: int
    group: int | None


@dataclass(frozen=True)
class TokenStages:
    """Where one looks; a stage's tokens are those after its last layer.

    Attributes:
        grid: rows and columns of image tokens before any was dropped.
        cell: height and width of an image token in pixels of the crop.
        names: of the stages, as pictures show them.
        ends: last layer of each stage, counted over all layers from 0.
        groups: at least one.
        left: of each stage, how many image tokens are left: one number where all groups share them, else one a group.
    """

    grid: Size
    cell: Size
    names: tuple[str, ...]
    ends: tuple[int, ...]
    groups: tuple[TokenGroup, ...]
    left: tuple[tuple[int, ...], ...]

    @cached_property
    def token_sets(self) -> tuple[TokenSet, ...]:
        """All that differ, stage by stage."""
        return tuple(
            TokenSet(stage, None if self.shares(stage) else group)
            for stage, left in enumerate(self.left)
            for group in range(len(left))
        )

    def shares(self, stage: int) -> bool:
        """Whether all groups, or the only one, have the same tokens at the end of a stage."""
        return len(self.left[stage]) == 1

    def set_of(self, stage: int, group: int) -> int:
        """Place in `token_sets` of what a group has at the end of a stage."""
        return self.token_sets.index(TokenSet(stage, None if self.shares(stage) else group))

    @cached_property
    def group_of(self) -> tuple[int, ...]:
        """Of each keypoint, its group."""
        own = {keypoint: place for place, group in enumerate(self.groups) for keypoint in group.keypoints}
        return tuple(own[keypoint] for keypoint in range(len(own)))


def token_stages(config: ModelConfig) -> TokenStages | None:
    """Of the network that a config describes; None if it keeps all its image tokens, or has none."""
    stages = None
    if isinstance(config, GTPTConfig):
        stages = _of_gtpt(config)
    elif isinstance(config, TokenConfig):
        stages = _of_one_sequence(config)
    if stages is None or all(num == stages.grid.area for left in stages.left for num in left):
        return None
    return stages


def _of_gtpt(config: GTPTConfig) -> TokenStages:
    """Its four stages. From the split on each group has tokens of its own."""
    ends = tuple(end - 1 for end in accumulate(config.stage_depths))
    layers = config.schedule.layers
    groups = tuple(TokenGroup(group.name, group.keypoints) for group in config.groups)
    return TokenStages(
        grid=config.grid_size,
        cell=config.cell_size,
        names=tuple(f"stage {number}" for number in range(1, len(ends) + 1)),
        ends=ends,
        groups=groups or (_everyone(len(config.keypoint_set)),),
        left=tuple(tuple(tokens.image for tokens in layers[end].feed_forward) for end in ends),
    )


def _of_one_sequence(config: TokenConfig) -> TokenStages:
    """The start of a TokenPose or PPT, and each layer that drops tokens."""
    counts = config.image_tokens_left
    cuts = [layer for layer, left in enumerate(counts) if left < _before(counts, layer, config.grid_size.area)]
    return TokenStages(
        grid=config.grid_size,
        cell=config.cell_size,
        names=("start", *(f"from layer {layer + 1}" for layer in cuts)),
        ends=(-1, *cuts),
        groups=(_everyone(config.num_keypoints),),
        left=((config.grid_size.area,), *((counts[layer],) for layer in cuts)),
    )


def _before(counts: Sequence[int], layer: int, num_tokens: int) -> int:
    return counts[layer - 1] if layer else num_tokens


def _everyone(num_keypoints: int) -> TokenGroup:
    return TokenGroup(EVERYONE, tuple(range(num_keypoints)))
