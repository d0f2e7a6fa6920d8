"""Cost of a HEViTPose written out from spec/hevitpose.md §3: the second way to its tables, beside the operators."""

from __future__ import annotations

from gtpt_bench.models.cost import (
    NOTHING,
    Cost,
    attention_products,
    batch_norm,
    conv,
    layer_norm,
    linear,
)
from gtpt_bench.models.peers.hevitpose import HEViTPoseConfig


def hevitpose_cost(config: HEViTPoseConfig) -> Cost:
    total, cin, pixels = NOTHING, 3, config.input_size.area
    for stage, (width, stride) in enumerate(zip(config.widths, (4, 2, 2), strict=True)):
        sandwich = config.sandwich and stage > 0
        total += local(cin, config.expansion, pixels) * sandwich
        pixels //= stride**2
        kernel = stride + config.overlaps[stage]
        total += conv(cin, width, kernel, pixels=pixels) + layer_norm(width, tokens=pixels)
        total += local(width, config.expansion, pixels) * sandwich
        block = local(width, config.expansion, pixels) * 2 + attention(config, stage, pixels)
        total += block * config.depths[stage]
        cin = width
    for filters in config.head_filters:  # a transposed convolution works at its input
        total += conv(cin, filters, 4, pixels=pixels, bias=False)
        pixels *= 4
        total += batch_norm(filters, pixels=pixels)
        cin = filters
    return total + conv(cin, config.num_keypoints, 1, pixels=pixels)


def conv_norm(cin: int, cout: int, kernel: int, *, pixels: int, groups: int = 1) -> Cost:
    return conv(cin, cout, kernel, pixels=pixels, groups=groups, bias=False) + batch_norm(cout, pixels=pixels)


def local(width: int, expansion: int, pixels: int) -> Cost:
    """Depthwise unit and feed-forward net."""
    hidden = expansion * width
    return (
        conv_norm(width, width, 3, pixels=pixels, groups=width)
        + conv_norm(width, hidden, 1, pixels=pixels)
        + conv_norm(hidden, width, 1, pixels=pixels)
    )


def attention(config: HEViTPoseConfig, stage: int, pixels: int) -> Cost:
    width, groups, reduction = config.widths[stage], config.groups[stage], config.reductions[stage]
    channels, keys = width // groups, pixels // reduction**2
    by_channel = channels if config.reduction_conv == "depthwise" else 1
    group = (
        conv(channels, channels, reduction, pixels=keys, groups=by_channel) * (reduction > 1)
        + (linear(channels, channels, tokens=pixels) + layer_norm(channels, tokens=pixels)) * 2  # queries and output
        + (linear(channels, channels, tokens=keys) + layer_norm(channels, tokens=keys)) * 2  # keys and values
        + attention_products(channels, queries=pixels, keys=keys)
    )
    return group * groups + conv_norm(width, width, 1, pixels=pixels)
