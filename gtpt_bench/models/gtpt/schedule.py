"""How many tokens each layer of GTPT sees, worked out before anything is built. Torch-free, pure.

Both the closed form (closed_form.py) and the network (encoder_net.py) follow this schedule. Layer order
(spec/gtpt.md §7): attention on the tokens that come in, then pruning, then introduction, then the feed-forward net.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gtpt_bench.models.gtpt.grouping import Group
from gtpt_bench.models.gtpt.pruning import kept


@dataclass(frozen=True)
class GroupTokens:
    """Tokens of one group, in slot order [keypoints | dense | image]; coarse layers have one group.

    Attributes:
        keypoints: human or part and sparse tokens in coarse layers; the group's sparse tokens in fine layers.
    """

    keypoints: int
    dense: int
    image: int

    @property
    def queries(self) -> int:
        """Every token of the group asks."""
        return self.keypoints + self.dense + self.image


@dataclass(frozen=True)
class LayerTokens:
    """Tokens of one layer: those its attention works on and those left for its feed-forward net."""

    attention: tuple[GroupTokens, ...]
    feed_forward: tuple[GroupTokens, ...]

    @property
    def keys(self) -> tuple[int, ...]:
        """Keys each group sees: the keypoint tokens of all groups and its own dense and image tokens."""
        shared = sum(group.keypoints for group in self.attention)
        return tuple(shared + group.dense + group.image for group in self.attention)

    @property
    def prunes(self) -> bool:
        return any(before.image != after.image for before, after in zip(self.attention, self.feed_forward, strict=True))


@dataclass(frozen=True)
class TokenSchedule:
    """Tokens of every layer of one pass; the split lies between `coarse` and `fine`."""

    coarse: tuple[LayerTokens, ...]
    fine: tuple[LayerTokens, ...]

    @property
    def num_image_tokens(self) -> int:
        return self.coarse[0].attention[0].image

    @property
    def image_slots(self) -> tuple[int, ...]:
        """Image and dense tokens a group holds after each layer: the target of the keep rates."""
        return tuple(layer.feed_forward[0].dense + layer.feed_forward[0].image for layer in (*self.coarse, *self.fine))


def coarse_schedule(
    keep_rates: Sequence[float],
    *,
    num_image_tokens: int,
    introduction_layer: int,
    keypoints_at_start: int,
    keypoints_after: int,
) -> tuple[LayerTokens, ...]:
    """Tokens of the coarse layers; `keep_rates` has one rate a layer."""
    layers, keypoints, image = [], keypoints_at_start, num_image_tokens
    for index, keep_rate in enumerate(keep_rates):
        before = GroupTokens(keypoints, 0, image)
        image = kept(num_image_tokens, keep_rate)
        if index == introduction_layer:
            keypoints = keypoints_after
        layers.append(LayerTokens((before,), (GroupTokens(keypoints, 0, image),)))
    return tuple(layers)


def fine_schedule(
    keep_rates: Sequence[float], groups: Sequence[Group], *, num_image_tokens: int
) -> tuple[LayerTokens, ...]:
    """Tokens of the fine layers. The first rate already holds at the split; dense tokens take image slots."""

    def tokens(keep_rate: float) -> tuple[GroupTokens, ...]:
        slots = kept(num_image_tokens, keep_rate)
        return tuple(GroupTokens(len(g.sparse), len(g.dense), slots - len(g.dense)) for g in groups)

    entering = (keep_rates[0], *keep_rates[:-1])
    return tuple(LayerTokens(tokens(before), tokens(after)) for before, after in zip(entering, keep_rates, strict=True))
