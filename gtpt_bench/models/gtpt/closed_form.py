"""What a GTPT costs, in closed form from its config: parameters and MACs, without building the network.

Agrees with the operator trace (efficiency/counting/macs.py) to the integer. Source: spec/gtpt.md §13 and §14.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from gtpt_bench.models.cost import NOTHING, Cost, attention_products, layer_norm, linear, parameters
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.gtpt.schedule import LayerTokens, TokenSchedule
from gtpt_bench.models.gtpt.tokenizer import Tokenizer
from gtpt_bench.models.gtpt.tokenizer.patch_cost import patch_embedding_cost
from gtpt_bench.models.gtpt.tokens import GroupTokens
from gtpt_bench.models.sizes import Size


def gtpt_cost(config: GTPTConfig, schedule: TokenSchedule | None = None) -> Cost:
    """Cost of one image in evaluation mode: the pruned pass, or a pass at another schedule."""
    schedule = schedule or config.schedule
    return (
        tokenizer_cost(config)
        + config.introduction.cost(config.keypoint_set, config.width)
        + coarse_layers_cost(config, schedule.coarse)
        + split_cost(config, schedule)
        + fine_layers_cost(config, schedule.fine)
        + head_cost(config)
        + inert_cost(config)
    )


def tokenizer_cost(config: GTPTConfig) -> Cost:
    """Feature map, patch embedding and the frozen position embedding."""
    return _tokenizer_cost(config.tokenizer, config.input_size, config.feature_size, config.patch_size, config.width)


@lru_cache(maxsize=256)
def _tokenizer_cost(tokenizer: Tokenizer, image: Size, feature: Size, patch: Size, width: int) -> Cost:
    """Worked out once for all variants of a study that have it in common."""
    tokens = feature.divided(patch).area
    patches = patch_embedding_cost(
        tokenizer.patch_norm,
        channels=tokenizer.channels,
        patch=patch,
        width=width,
        tokens=tokens,
        pixels=feature.area,
    )
    return tokenizer.cost(image) + patches + parameters(tokens * width)


def coarse_layers_cost(config: GTPTConfig, layers: Sequence[LayerTokens]) -> Cost:
    """Layers of plain attention: projections and products, what their cuts take, then the feed-forward nets."""
    asking, feeding = tokens_through(layers)
    width, hidden = config.width, config.ffn_ratio * config.width
    one_with_all_tokens = (
        layer_norm(width, tokens=asking)
        + linear(width, 3 * width, tokens=asking, bias=False)
        + linear(width, width, tokens=asking)
        + layer_norm(width, tokens=feeding)
        + linear(width, hidden, tokens=feeding)
        + linear(hidden, width, tokens=feeding)
    )
    return each_with_its_own(one_with_all_tokens, layers) + products(config, layers) + cuts_cost(config, layers)


def fine_layers_cost(config: GTPTConfig, layers: Sequence[LayerTokens]) -> Cost:
    """The same for MHGA, whose groups may have weights of their own."""
    if not layers:
        return NOTHING
    asking, feeding = tokens_through(layers)
    width, hidden = config.width, config.fine_ffn_ratio * config.width
    weights, num_groups = config.fine_layers.weights, len(layers[0].attention)
    one_with_all_tokens = (
        layer_norm(width, tokens=asking)
        + weights.attention_cost(width, num_groups=num_groups, tokens=asking)
        + layer_norm(width, tokens=feeding)
        + weights.feed_forward_cost(width, hidden, num_groups=num_groups, tokens=feeding)
    )
    return each_with_its_own(one_with_all_tokens, layers) + products(config, layers) + cuts_cost(config, layers)


def each_with_its_own(one_with_all_tokens: Cost, layers: Sequence[LayerTokens]) -> Cost:
    """Layers that are alike, from one of them that all their tokens pass: work is linear in tokens, and each layer has
    parameters of its own."""
    return one_with_all_tokens._replace(params=one_with_all_tokens.params * len(layers))


def products(config: GTPTConfig, layers: Iterable[LayerTokens]) -> Cost:
    """Both products of attention, group by group."""
    pairs = sum(
        group.queries * keys for layer in layers for group, keys in zip(layer.attention, layer.keys, strict=True)
    )
    return attention_products(config.width, queries=pairs, keys=1)


def cuts_cost(config: GTPTConfig, layers: Iterable[LayerTokens]) -> Cost:
    """What becomes of the tokens that layers drop between their halves."""
    return sum(
        (cut_cost(config, layer.attention, layer.feed_forward) for layer in layers if layer.prunes), start=NOTHING
    )


def cut_cost(config: GTPTConfig, before: Sequence[GroupTokens], after: Sequence[GroupTokens]) -> Cost:
    """What becomes of dropped tokens, group by group."""
    dropped = config.pruning.dropped
    return sum(
        (
            dropped.cost(config.width, before=was.image, after=left.image)
            for was, left in zip(before, after, strict=True)
            if left.image < was.image
        ),
        start=NOTHING,
    )


def split_cost(config: GTPTConfig, schedule: TokenSchedule) -> Cost:
    """Channel gate and cut of each group at the split; nothing where nothing is split."""
    if not schedule.split:
        return NOTHING
    entering = schedule.split_prunes_from
    gate = config.channel_gate
    gated = gate.cost(config.width, num_groups=len(schedule.split), tokens=entering) if gate else NOTHING
    before = [GroupTokens(0, 0, entering)] * len(schedule.split)
    return gated + cut_cost(config, before, schedule.split)


def head_cost(config: GTPTConfig) -> Cost:
    height, width = (config.split_ratio * length for length in config.input_size)
    return config.head.cost(config.width, Size(height, width), keypoints=len(config.keypoint_set))


def inert_cost(config: GTPTConfig) -> Cost:
    """What dummy tokens would add in the authors' convention.

    Their layout gives every group as many sparse slots as the largest has; what is left over (one slot in the
    released models) is filled with dummies that change no output.
    """
    split = config.schedule.split
    if not split:
        return NOTHING
    num_dummies = len(split) * max(group.keypoints for group in split) - sum(group.keypoints for group in split)
    width = config.width
    attention = layer_norm(width, tokens=1) + linear(width, 4 * width, tokens=1)

    def feed_forward(ratio: int) -> Cost:
        return layer_norm(width, tokens=1) + linear(width, ratio * width, tokens=1) * 2

    macs = (attention + feed_forward(config.fine_ffn_ratio)).thop * len(config.schedule.fine)
    if config.schedule.coarse[-1].splits:
        macs += feed_forward(config.ffn_ratio).thop
    return Cost(inert_macs=num_dummies * macs)


def tokens_through(layers: Iterable[LayerTokens]) -> tuple[int, int]:
    """Tokens that pass the attention of the layers, and their feed-forward nets."""
    asking = feeding = 0
    for layer in layers:
        asking += num_tokens(layer.attention)
        feeding += num_tokens(layer.feed_forward)
    return asking, feeding


def num_tokens(groups: Iterable[GroupTokens]) -> int:
    return sum(group.queries for group in groups)
