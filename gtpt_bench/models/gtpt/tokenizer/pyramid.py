"""Pyramid tokenizer of the tiny models: what it is and what it costs. Network: pyramid_net.py.

Not of the paper. A ShuffleNet is short of MACs but, on a CPU, not of time; this one spends the same time on dense
products and learns in fewer steps, which is what a quick profile needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, field_validator

from gtpt_bench.models.blocks.inverted_cost import halving, inverted_block
from gtpt_bench.models.cost import NOTHING, Cost
from gtpt_bench.models.gtpt.tokenizer.base import BaseTokenizer
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.tokenizer.pyramid_net import PyramidNet

STRIDES = (4, 8, 16)


class PyramidTokenizer(BaseTokenizer):
    """Down to stride 4, 8 and 16 by stride-2 convolutions, each level followed by inverted residual blocks."""

    kind: Literal["pyramid"] = "pyramid"
    stride: ClassVar[int] = STRIDES[-1]
    deepest_stride: ClassVar[int] = STRIDES[-1]
    first_channels: int = Field(32, ge=1)
    """Channels at stride 2."""
    level_channels: tuple[int, int, int] = (64, 128, 128)
    """Channels at stride 4, 8 and 16; the output has the last of them."""
    level_blocks: tuple[int, int, int] = (2, 3, 3)
    """Inverted residual blocks of each level."""
    expansion: int = Field(2, ge=1)
    """Width of a block's middle over its channels."""

    @field_validator("level_channels")
    @classmethod
    def _levels_have_channels(cls, channels: tuple[int, ...]) -> tuple[int, ...]:
        if min(channels) < 1:
            raise ValueError(f"every level needs at least one channel, got {list(channels)}")
        return channels

    @field_validator("level_blocks")
    @classmethod
    def _blocks_are_counts(cls, blocks: tuple[int, ...]) -> tuple[int, ...]:
        if min(blocks) < 0:
            raise ValueError(f"a level has no fewer than 0 blocks, got {list(blocks)}")
        return blocks

    @property
    def channels(self) -> int:
        return self.level_channels[-1]

    def cost(self, image: Size) -> Cost:
        cost = halving(3, self.first_channels, image.divided(Size(2, 2)))
        entering = (self.first_channels, *self.level_channels[:-1])
        for cin, cout, blocks, stride in zip(entering, self.level_channels, self.level_blocks, STRIDES, strict=True):
            out = image.divided(Size(stride, stride))
            level = [inverted_block(cout, self.expansion, out)] * blocks
            cost += halving(cin, cout, out) + sum(level, start=NOTHING)
        return cost

    def build(self) -> PyramidNet:
        from gtpt_bench.models.gtpt.tokenizer.pyramid_net import PyramidNet

        return PyramidNet(self)
