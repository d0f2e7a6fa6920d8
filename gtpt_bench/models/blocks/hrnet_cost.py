"""Cost of HRNet in closed form; the modules are in hrnet.py."""

from __future__ import annotations

from collections.abc import Sequence

from gtpt_bench.models.blocks.residual_cost import EXPANSION, basic_block, bottleneck_stage, conv_norm
from gtpt_bench.models.cost import NOTHING, Cost
from gtpt_bench.models.sizes import Size

STEM_CHANNELS = EXPANSION * 64
"""Channels that leave the stem of every published HRNet."""


def stem(image: Size, first_channels: int = 64, middle: int = 64, blocks: int = 4) -> Cost:
    half, quarter = image.divided(Size(2, 2)), image.divided(Size(4, 4))
    return (
        conv_norm(3, first_channels, 3, half)
        + conv_norm(first_channels, first_channels, 3, quarter)
        + bottleneck_stage(first_channels, middle, blocks, quarter)
    )


def trunk(image: Size, width: int, modules: Sequence[int], blocks: int = 4) -> Cost:
    """From the image to the branch of highest resolution; `modules` as in `HighResolutionTrunk`."""
    cost, before = stem(image), [STEM_CHANNELS]
    for stage, count in enumerate(modules, start=2):
        channels = [width * 2**branch for branch in range(stage)]
        sizes = [image.divided(Size(4 * 2**branch, 4 * 2**branch)) for branch in range(stage)]
        last = 1 if stage == len(modules) + 1 else stage
        cost += transition(before, channels, sizes)
        cost += exchange_module(channels, sizes, blocks, stage) * (count - 1)
        cost += exchange_module(channels, sizes, blocks, last)
        before = channels
    return cost


def transition(before: Sequence[int], after: Sequence[int], sizes: Sequence[Size]) -> Cost:
    """To the widths of the next stage; branches it does not have before come from the lowest one."""
    entering = [*before, *[before[-1]] * (len(after) - len(before))]
    changed = [
        conv_norm(cin, cout, 3, size)
        for branch, (cin, cout, size) in enumerate(zip(entering, after, sizes, strict=True))
        if cin != cout or branch >= len(before)
    ]
    return sum(changed, start=NOTHING)


def exchange_module(channels: Sequence[int], sizes: Sequence[Size], blocks: int, num_fused: int) -> Cost:
    """Blocks of every branch, then the sums into the first `num_fused`."""
    branches = [basic_block(c, c, size) * blocks for c, size in zip(channels, sizes, strict=True)]
    paths = [
        fuse_path(channels, sizes, source, target) for target in range(num_fused) for source in range(len(channels))
    ]
    return sum([*branches, *paths], start=NOTHING)


def fuse_path(channels: Sequence[int], sizes: Sequence[Size], source: int, target: int) -> Cost:
    """1×1 before upsampling, or one stride-2 convolution a level down, all but the last at the source's width."""
    if source == target:
        return NOTHING
    if source > target:
        return conv_norm(channels[source], channels[target], 1, sizes[source])
    down = [conv_norm(channels[source], channels[source], 3, sizes[level]) for level in range(source + 1, target)]
    return sum(down, start=conv_norm(channels[source], channels[target], 3, sizes[target]))
