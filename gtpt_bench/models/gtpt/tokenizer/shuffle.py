"""Single-stage ShuffleNet tokenizer of GTPT-T and -S: what it is and what it costs. Network: shuffle_net.py.

Source: spec/gtpt.md §3, spec/ablations.md §3.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from gtpt_bench.models.blocks.shuffle_cost import first_conv, shuffle_stage
from gtpt_bench.models.cost import Cost
from gtpt_bench.models.gtpt.tokenizer.base import BaseTokenizer
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.tokenizer.shuffle_net import ShuffleNet


class ShuffleTokenizer(BaseTokenizer):
    """Stride-2 convolution, then one stage of ShuffleNet-V2 units down to stride 4."""

    kind: Literal["shuffle"] = "shuffle"
    first_channels: int = Field(64, ge=2, multiple_of=2)
    channels: int = Field(256, ge=2, multiple_of=2)
    """Channels of the feature map that is cut in patches: 128 in T, 256 in S."""
    blocks: int = Field(4, ge=1)
    """Units of the stage, the first with stride 2."""
    dw_kernel: Literal[3, 7] = 3
    """Depth-wise kernel of the main branch of every unit; the shortcut of the stride-2 unit keeps 3."""

    def cost(self, image: Size) -> Cost:
        half = image.divided(Size(2, 2))
        quarter = image.divided(Size(4, 4))
        stage = shuffle_stage(self.first_channels, self.channels, self.blocks, quarter, dw_kernel=self.dw_kernel)
        return first_conv(self.first_channels, half) + stage

    def build(self) -> ShuffleNet:
        from gtpt_bench.models.gtpt.tokenizer.shuffle_net import ShuffleNet

        return ShuffleNet(self)
