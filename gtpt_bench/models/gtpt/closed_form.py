"""What a GTPT costs, in closed form from its config: parameters and MACs, without building the network.

Agrees with the operator trace (efficiency/macs.py) to the integer. Source: spec/gtpt.md §13 and §14.
"""

from __future__ import annotations

from collections.abc import Iterable

from gtpt_bench.models.cost import (
    NOTHING,
    Cost,
    attention_products,
    batch_norm,
    layer_norm,
    linear,
    parameters,
)
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.gtpt.schedule import GroupTokens, LayerTokens


def gtpt_cost(config: GTPTConfig) -> Cost:
    """Cost of one image in evaluation mode (pruned pass)."""
    schedule = config.schedule
    layers = (*schedule.coarse, *schedule.fine)
    return (
        tokenizer_cost(config)
        + config.introduction.cost(config.keypoint_set, config.width)
        + sum((layer_cost(config, layer) for layer in layers), start=NOTHING)
        + config.channel_gate.cost(
            config.width,
            num_groups=len(config.groups),
            tokens=schedule.coarse[-1].feed_forward[0].image,
        )
        + head_cost(config)
        + inert_cost(config)
    )


def tokenizer_cost(config: GTPTConfig) -> Cost:
    """Feature map, BatchNorm, patch embedding and the frozen position embedding."""
    channels, tokens = config.tokenizer.channels, config.num_image_tokens
    return (
        config.tokenizer.cost(config.input_size)
        + batch_norm(channels, pixels=config.feature_size.area)
        + linear(config.patch_size.area * channels, config.width, tokens=tokens)
        + parameters(tokens * config.width)
    )


def layer_cost(config: GTPTConfig, layer: LayerTokens) -> Cost:
    """One encoder layer, MHSA or MHGA: projections and products of attention, then the feed-forward net."""
    asking, feeding = num_tokens(layer.attention), num_tokens(layer.feed_forward)
    width, hidden = config.width, config.ffn_ratio * config.width
    products = sum(
        (
            attention_products(width, queries=group.queries, keys=keys)
            for group, keys in zip(layer.attention, layer.keys, strict=True)
        ),
        start=NOTHING,
    )
    return (
        layer_norm(width, tokens=asking)
        + linear(width, 3 * width, tokens=asking, bias=False)
        + products
        + linear(width, width, tokens=asking)
        + layer_norm(width, tokens=feeding)
        + linear(width, hidden, tokens=feeding)
        + linear(hidden, width, tokens=feeding)
    )


def head_cost(config: GTPTConfig) -> Cost:
    """Two SimCC heads, each a LayerNorm and a linear layer shared by all keypoints."""
    keypoints = len(config.keypoint_set)
    return sum(
        (
            layer_norm(config.width, tokens=keypoints)
            + linear(config.width, config.split_ratio * length, tokens=keypoints)
            for length in config.input_size
        ),
        start=NOTHING,
    )


def inert_cost(config: GTPTConfig) -> Cost:
    """What the dummy token of the released network adds in the authors' convention: one token in each fine layer."""
    width, hidden = config.width, config.ffn_ratio * config.width
    one_token = (
        layer_norm(width, tokens=1) * 2 + linear(width, 4 * width, tokens=1) + linear(width, hidden, tokens=1) * 2
    )
    return Cost(inert_macs=one_token.thop * config.num_fine_layers)


def num_tokens(groups: Iterable[GroupTokens]) -> int:
    return sum(group.queries for group in groups)
