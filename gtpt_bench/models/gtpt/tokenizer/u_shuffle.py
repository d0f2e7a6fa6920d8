"""U-shaped ShuffleNet tokenizer of GTPT-B: what it is and what it costs. Network: u_shuffle_net.py.

Source: spec/gtpt.md §3, spec/ablations.md §3.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from gtpt_bench.models.blocks.shuffle_cost import first_conv, fuse, shuffle_stage
from gtpt_bench.models.cost import Cost
from gtpt_bench.models.gtpt.tokenizer.base import BaseTokenizer
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.tokenizer.u_shuffle_net import UShuffleNet


class UShuffleTokenizer(BaseTokenizer):
    """Down to stride 4, 8 and 16, then up again to stride 4 with skip connections.

    The large form of the ablations ("ul") is `down_channels` (384, 576, 768); its output then has 384.
    """

    kind: Literal["u_shuffle"] = "u_shuffle"
    deepest_stride: ClassVar[int] = 16
    first_channels: int = Field(64, ge=2, multiple_of=2)
    down_channels: tuple[int, int, int] = (256, 384, 512)
    """Channels at stride 4, 8 and 16; the output has the first of them."""
    blocks: int = Field(4, ge=1)
    """Units of each stage on the way down."""
    fuse_blocks: int = Field(2, ge=0)
    """Units after each skip on the way up."""
    dw_kernel: Literal[3, 7] = 3
    """Depth-wise kernel of the main branch of every unit; the shortcuts of stride-2 units keep 3."""

    @property
    def channels(self) -> int:
        return self.down_channels[0]

    def cost(self, image: Size) -> Cost:
        at = {stride: image.divided(Size(stride, stride)) for stride in (2, 4, 8, 16)}
        shallow, middle, deep = self.down_channels
        kernel = self.dw_kernel
        return (
            first_conv(self.first_channels, at[2])
            + shuffle_stage(self.first_channels, shallow, self.blocks, at[4], dw_kernel=kernel)
            + shuffle_stage(shallow, middle, self.blocks, at[8], dw_kernel=kernel)
            + shuffle_stage(middle, deep, self.blocks, at[16], dw_kernel=kernel)
            + fuse(deep, middle, self.fuse_blocks, at[8], dw_kernel=kernel)
            + fuse(middle, shallow, self.fuse_blocks, at[4], dw_kernel=kernel)
        )

    def build(self) -> UShuffleNet:
        from gtpt_bench.models.gtpt.tokenizer.u_shuffle_net import UShuffleNet

        return UShuffleNet(self)
