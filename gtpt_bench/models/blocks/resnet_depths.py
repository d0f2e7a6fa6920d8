"""Which ResNets of bottlenecks there are. Torch-free; the modules are in resnet.py."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

ResNetDepth = Literal[50, 101, 152]
RESNET_BLOCKS: Mapping[ResNetDepth, tuple[int, int, int, int]] = MappingProxyType(
    {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
)
"""Bottlenecks of the four stages by the number of layers."""
