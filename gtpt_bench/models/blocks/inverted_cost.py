"""Cost of inverted residual blocks in closed form; the modules are in inverted.py."""

from __future__ import annotations

from gtpt_bench.models.cost import Cost, batch_norm, conv
from gtpt_bench.models.sizes import Size


def inverted_block(channels: int, expansion: int, out: Size) -> Cost:
    pixels, middle = out.area, expansion * channels
    spatial = conv(channels, channels, 3, pixels=pixels, groups=channels, bias=False) + batch_norm(
        channels, pixels=pixels
    )
    return spatial + conv(channels, middle, 1, pixels=pixels) + conv(middle, channels, 1, pixels=pixels)


def halving(cin: int, cout: int, out: Size) -> Cost:
    """Stride-2 convolution to a map of size `out`."""
    return conv(cin, cout, 3, pixels=out.area, bias=False) + batch_norm(cout, pixels=out.area)
