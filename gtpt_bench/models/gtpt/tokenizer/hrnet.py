"""HRNet tokenizer: what it is and what it costs. Network: hrnet_net.py.

Source: spec/ablations.md §3.1, spec/baselines.md §3.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from gtpt_bench.models.blocks.hrnet_cost import trunk
from gtpt_bench.models.cost import Cost
from gtpt_bench.models.gtpt.tokenizer.base import BaseTokenizer
from gtpt_bench.models.sizes import Size

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.tokenizer.hrnet_net import HRNet

MODULES = (1, 4)
"""Exchange modules of stage 2 and stage 3; stage 4 is left out."""


class HRNetTokenizer(BaseTokenizer):
    """HRNet up to stage 3, of which only the branch of highest resolution is read."""

    kind: Literal["hrnet"] = "hrnet"
    deepest_stride: ClassVar[int] = 16
    width: int = Field(32, ge=1)
    """Channels of that branch; the lower two have twice and four times as many. 32 and 18 are in the ablations."""

    @property
    def channels(self) -> int:
        return self.width

    def cost(self, image: Size) -> Cost:
        return trunk(image, self.width, MODULES)

    def build(self) -> HRNet:
        from gtpt_bench.models.gtpt.tokenizer.hrnet_net import HRNet

        return HRNet(self)
