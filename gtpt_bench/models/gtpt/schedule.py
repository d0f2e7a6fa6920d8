"""How many tokens each layer of GTPT sees, worked out before anything is built. Torch-free, pure.

Both the closed form (closed_form.py) and the network follow this schedule. Layer order (spec/gtpt.md §7): attention on
the tokens that come in, then pruning, then introduction, then the feed-forward net.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from gtpt_bench.models.gtpt.fine_layers.exchange import BaseExchange
from gtpt_bench.models.gtpt.grouping.partition import Group
from gtpt_bench.models.gtpt.introduction.base import Phase
from gtpt_bench.models.gtpt.pruning.config import kept
from gtpt_bench.models.gtpt.tokens import GroupTokens


@dataclass(frozen=True)
class LayerTokens:
    """Tokens of one layer: those its attention works on and those left for its feed-forward net.

    Attributes:
        keys: that each group sees.
        splits: whether image tokens split in groups between the two halves of this layer.
    """

    attention: tuple[GroupTokens, ...]
    feed_forward: tuple[GroupTokens, ...]
    keys: tuple[int, ...]
    splits: bool = False

    @property
    def prunes(self) -> bool:
        """Whether image tokens are dropped between the halves; a split sees to that itself."""
        if self.splits:
            return False
        return any(before.image != after.image for before, after in zip(self.attention, self.feed_forward, strict=True))


@dataclass(frozen=True)
class Layers:
    """Attributes:
    mhsa: layers of plain attention.
    coarse: layers before the one that the split comes before, or lies in.
    """

    mhsa: int
    coarse: int


@dataclass(frozen=True)
class TokenSchedule:
    """Tokens of every layer of one pass; the split lies between `coarse` and `fine`, if there is one."""

    coarse: tuple[LayerTokens, ...]
    fine: tuple[LayerTokens, ...]

    @property
    def layers(self) -> tuple[LayerTokens, ...]:
        return (*self.coarse, *self.fine)

    @property
    def num_image_tokens(self) -> int:
        return self.coarse[0].attention[0].image

    @property
    def split(self) -> tuple[GroupTokens, ...]:
        """Tokens of each group right after the split; none where nothing is split."""
        if self.coarse[-1].splits:
            return self.coarse[-1].feed_forward
        return self.fine[0].attention if self.fine else ()

    @property
    def split_prunes_from(self) -> int:
        """Image tokens that come to the split."""
        return self.coarse[-1].attention[0].image if self.coarse[-1].splits else self.coarse[-1].feed_forward[0].image

    @property
    def image_slots(self) -> tuple[int, ...]:
        """Image and dense tokens a group holds after each layer: the target of the keep rates."""
        return tuple(layer.feed_forward[0].dense + layer.feed_forward[0].image for layer in self.layers)


def num_common_layers(one: TokenSchedule, other: TokenSchedule) -> int:
    """Leading layers that do the same in two passes over the same images: nothing is dropped there, so far."""
    same = takewhile(
        lambda steps: steps[0] == steps[1] and not (steps[0].prunes or steps[0].splits),
        zip(one.coarse, other.coarse, strict=True),
    )
    return sum(1 for _ in same)


@lru_cache(maxsize=1024)
def token_schedule(
    keep_rates: tuple[float, ...],
    phases: tuple[Phase, ...],
    groups: tuple[Group, ...],
    exchange: BaseExchange,
    layers: Layers,
    num_image_tokens: int,
) -> TokenSchedule:
    """Tokens of every layer. Worked out once for all variants of a study that have it in common, and so are its halves.

    Args:
        keep_rates: one a layer.
        groups: none where nothing is split.
    """
    plain = mhsa_schedule(keep_rates[: layers.mhsa], phases, num_image_tokens)
    if not groups:
        return TokenSchedule(plain, ())
    num_beside = sum(not scope for scope in phases[-1].scopes)
    at_split, fine = grouped_schedule(
        keep_rates[layers.coarse :], groups, exchange, layers.mhsa > layers.coarse, num_beside, num_image_tokens
    )
    if layers.mhsa > layers.coarse:
        inside = LayerTokens(plain[-1].attention, at_split, plain[-1].keys, splits=True)
        return TokenSchedule((*plain[:-1], inside), fine)
    return TokenSchedule(plain, fine)


@lru_cache(maxsize=1024)
def mhsa_schedule(
    keep_rates: tuple[float, ...], phases: tuple[Phase, ...], num_image_tokens: int
) -> tuple[LayerTokens, ...]:
    """Tokens of layers of plain attention; `keep_rates` has one rate a layer."""
    layers, image = [], num_image_tokens
    for index, keep_rate in enumerate(keep_rates):
        before = GroupTokens(num_keypoints(phases, index, after_attention=False), 0, image)
        image = kept(num_image_tokens, keep_rate)
        after = GroupTokens(num_keypoints(phases, index, after_attention=True), 0, image)
        layers.append(LayerTokens((before,), (after,), keys=(before.queries,)))
    return tuple(layers)


def num_keypoints(phases: Sequence[Phase], layer: int, *, after_attention: bool) -> int:
    """Keypoint tokens in a layer, before or after its attention."""
    return len(phase_at(phases, layer, after_attention=after_attention).scopes)


def phase_at(phases: Sequence[Phase], layer: int, *, after_attention: bool) -> Phase:
    """The phase of a moment: the last one that has entered."""
    entered = [
        phase
        for phase in phases
        if phase.layer < layer or (phase.layer == layer and (after_attention or phase.when == "before_attention"))
    ]
    return entered[-1]


def split_tokens(
    groups: Sequence[Group], keep_rate: float, *, num_beside: int, num_image_tokens: int
) -> tuple[GroupTokens, ...]:
    """Tokens of each group at a keep rate; dense tokens take image slots.

    Args:
        num_beside: tokens beside the sparse ones, which the first group takes along.
    """
    slots = kept(num_image_tokens, keep_rate)
    return tuple(
        GroupTokens(len(group.sparse) + num_beside * (place == 0), len(group.dense), slots - len(group.dense))
        for place, group in enumerate(groups)
    )


@lru_cache(maxsize=1024)
def grouped_schedule(
    keep_rates: tuple[float, ...],
    groups: tuple[Group, ...],
    exchange: BaseExchange,
    splits_inside: bool,
    num_beside: int,
    num_image_tokens: int,
) -> tuple[tuple[GroupTokens, ...], tuple[LayerTokens, ...]]:
    """Tokens of each group right after the split, and those of the fine layers.

    Args:
        keep_rates: one a layer from the split on, the layer inside which it may lie included.
        splits_inside: whether the first of these layers is that one, and no fine layer.
    """
    by_rate = {
        rate: split_tokens(groups, rate, num_beside=num_beside, num_image_tokens=num_image_tokens)
        for rate in keep_rates
    }
    at_split, *after = (by_rate[rate] for rate in keep_rates)
    if not splits_inside:
        after = [at_split, *after]
    entering = (at_split, *after[:-1])
    fine = (LayerTokens(before, left, keys=exchange.keys(before)) for before, left in zip(entering, after, strict=True))
    return at_split, tuple(fine)
