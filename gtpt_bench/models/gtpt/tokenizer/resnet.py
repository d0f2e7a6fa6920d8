"""ResNet tokenizer, the stem of HRNet: what it is and what it costs. Network: resnet_net.py.

Source: spec/ablations.md §3.1, spec/baselines.md §3 (SH-stem).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from gtpt_bench.models.blocks.hrnet_cost import stem
from gtpt_bench.models.blocks.residual_cost import EXPANSION
from gtpt_bench.models.cost import Cost
from gtpt_bench.models.gtpt.tokenizer.base import BaseTokenizer
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.tokenizer.resnet_net import ResNet


class ResNetTokenizer(BaseTokenizer):
    """Two stride-2 convolutions, then ResNet bottlenecks at stride 4."""

    kind: Literal["resnet"] = "resnet"
    first_channels: int = Field(64, ge=1)
    """Channels of both stride-2 convolutions."""
    middle: int = Field(64, ge=1)
    """Channels inside a bottleneck; the output has four times as many."""
    blocks: int = Field(4, ge=1)
    """Bottlenecks."""

    @property
    def channels(self) -> int:
        return EXPANSION * self.middle

    def cost(self, image: Size) -> Cost:
        return stem(image, self.first_channels, self.middle, self.blocks)

    def build(self) -> ResNet:
        from gtpt_bench.models.gtpt.tokenizer.resnet_net import ResNet

        return ResNet(self)
