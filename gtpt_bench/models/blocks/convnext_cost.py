"""Cost of ConvNeXt blocks in closed form; the modules are in convnext.py.

BatchNorm and LayerNorm cost the same here: two parameters a channel, every element once.
"""

from __future__ import annotations

from gtpt_bench.models.cost import Cost, batch_norm, conv, linear, parameters
from gtpt_bench.models.sizes import Size


def convnext_block(channels: int, expansion: int, kernel: int, out: Size) -> Cost:
    """Without a response norm."""
    middle, pixels = expansion * channels, out.area
    return (
        conv(channels, channels, kernel, pixels=pixels, groups=channels)
        + batch_norm(channels, pixels=pixels)
        + linear(channels, middle, tokens=pixels)
        + linear(middle, channels, tokens=pixels)
    )


def global_response_norm(channels: int) -> Cost:
    """Its parameters; like all element-wise work it has no MACs."""
    return parameters(2 * channels)
