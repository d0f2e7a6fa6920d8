"""Convolution, BatchNorm and activation under the names `conv` and `bn`, as mmpose's networks have them."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from gtpt_bench.models.blocks.residual import conv_norm


def conv_unit(
    cin: int, cout: int, kernel: int, *, stride: int = 1, groups: int = 1, activation: nn.Module | None = None
) -> nn.Sequential:
    """No bias, "same" padding: `[B, cin, H, W]` to `[B, cout, H / stride, W / stride]`."""
    conv, norm = conv_norm(cin, cout, kernel, stride=stride, groups=groups)
    parts: OrderedDict[str, nn.Module] = OrderedDict(conv=conv, bn=norm)
    if activation is not None:
        parts["activation"] = activation
    return nn.Sequential(parts)
