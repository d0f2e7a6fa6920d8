"""Network of the HRNet tokenizer. Config and cost: hrnet.py."""

from __future__ import annotations

from gtpt_bench.models.blocks.hrnet import HighResolutionTrunk
from gtpt_bench.models.blocks.start import initialise_convolutions
from gtpt_bench.models.gtpt.tokenizer.hrnet import MODULES, HRNetTokenizer


class HRNet(HighResolutionTrunk):
    """`[B, 3, H, W]` to `[B, width, H / 4, W / 4]`, under the official names."""

    def __init__(self, config: HRNetTokenizer) -> None:
        super().__init__(config.width, MODULES)
        initialise_convolutions(self)
