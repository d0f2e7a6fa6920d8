"""Cost of residual blocks in closed form; the modules are in residual.py. No convolution has a bias."""

from __future__ import annotations

from gtpt_bench.models.cost import NOTHING, Cost, batch_norm, conv
from gtpt_bench.models.sizes import Size

EXPANSION = 4
"""Channels that leave a bottleneck over those of its middle."""


def conv_norm(cin: int, cout: int, kernel: int, out: Size) -> Cost:
    """Convolution and BatchNorm; `out` is the size of its output map."""
    return conv(cin, cout, kernel, pixels=out.area, bias=False) + batch_norm(cout, pixels=out.area)


def projection(cin: int, cout: int, out: Size, *, stride: int) -> Cost:
    return NOTHING if cin == cout and stride == 1 else conv_norm(cin, cout, 1, out)


def bottleneck(cin: int, middle: int, out: Size, *, stride: int = 1) -> Cost:
    """The first 1×1 convolution still works on the large map."""
    entering, cout = Size(out.height * stride, out.width * stride), EXPANSION * middle
    return (
        conv_norm(cin, middle, 1, entering)
        + conv_norm(middle, middle, 3, out)
        + conv_norm(middle, cout, 1, out)
        + projection(cin, cout, out, stride=stride)
    )


def basic_block(cin: int, cout: int, out: Size, *, stride: int = 1) -> Cost:
    return conv_norm(cin, cout, 3, out) + conv_norm(cout, cout, 3, out) + projection(cin, cout, out, stride=stride)


def bottleneck_stage(cin: int, middle: int, blocks: int, out: Size, *, stride: int = 1) -> Cost:
    """A stage of a ResNet whose output map has size `out`."""
    return bottleneck(cin, middle, out, stride=stride) + bottleneck(EXPANSION * middle, middle, out) * (blocks - 1)
