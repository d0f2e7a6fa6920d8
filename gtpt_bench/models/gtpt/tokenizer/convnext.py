"""ConvNeXt tokenizers, with the norms of ConvNeXt V2 or with BatchNorm: what they cost. Networks: convnext_net.py.

Source: spec/ablations.md §3.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from gtpt_bench.models.blocks.convnext_cost import convnext_block, global_response_norm
from gtpt_bench.models.cost import Cost, batch_norm, conv
from gtpt_bench.models.gtpt.tokenizer.base import BaseTokenizer
from gtpt_bench.models.gtpt.tokenizer.patch_cost import PatchNorm
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.tokenizer.convnext_net import ConvNext


class _ConvNextTokenizer(BaseTokenizer):
    """4×4 cells of pixels to channels by a stride-4 convolution, a norm, then ConvNeXt blocks."""

    channels: int = Field(96, ge=1)
    blocks: int = Field(3, ge=0)
    kernel: Literal[3, 5, 7, 9, 11] = 7
    """Of the depth-wise convolution of a block."""
    expansion: int = Field(4, ge=1)
    """Width of a block's middle over its channels."""

    def cost(self, image: Size) -> Cost:
        """Without response norms."""
        cells = image.divided(Size(4, 4))
        first = conv(3, self.channels, 4, pixels=cells.area) + batch_norm(self.channels, pixels=cells.area)
        return first + convnext_block(self.channels, self.expansion, self.kernel, cells) * self.blocks


class ConvNextV2Tokenizer(_ConvNextTokenizer):
    """LayerNorm everywhere and a global response norm in each block."""

    kind: Literal["convnext_v2"] = "convnext_v2"
    patch_norm: ClassVar[PatchNorm] = "layer"

    def cost(self, image: Size) -> Cost:
        return super().cost(image) + global_response_norm(self.expansion * self.channels) * self.blocks

    def build(self) -> ConvNext:
        from gtpt_bench.models.gtpt.tokenizer.convnext_net import convnext_v2

        return convnext_v2(self)


class ConvNextBatchNormTokenizer(_ConvNextTokenizer):
    """BatchNorm everywhere and no global response norm."""

    kind: Literal["convnext_bn"] = "convnext_bn"

    def build(self) -> ConvNext:
        from gtpt_bench.models.gtpt.tokenizer.convnext_net import convnext_bn

        return convnext_bn(self)
