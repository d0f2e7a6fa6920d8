"""Linear tokenizer, raw pixels: what it is and what it costs. Network: linear_net.py.

Source: spec/ablations.md §3.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gtpt_bench.models.cost import NOTHING, Cost
from gtpt_bench.models.gtpt.tokenizer.base import BaseTokenizer
from gtpt_bench.models.gtpt.tokenizer.patch_cost import PatchNorm
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.tokenizer.linear_net import LinearNet


class LinearTokenizer(BaseTokenizer):
    """No network: 4×4 pixels are stacked to one cell of 48 values, so that patches count cells as in any tokenizer.

    Patches of 4×3 cells, the default, are then 16×12 pixels, 576 values, which the patch embedding takes as they are.
    """

    kind: Literal["linear"] = "linear"
    patch_norm: ClassVar[PatchNorm] = "none"

    @property
    def channels(self) -> int:
        return 3 * self.stride**2

    def cost(self, image: Size) -> Cost:
        return NOTHING

    def build(self) -> LinearNet:
        from gtpt_bench.models.gtpt.tokenizer.linear_net import LinearNet

        return LinearNet(self)
