"""Network of the linear tokenizer, which only moves pixels. Config and cost: linear.py."""

from __future__ import annotations

from torch import nn

from gtpt_bench.models.gtpt.tokenizer.linear import LinearTokenizer


class LinearNet(nn.PixelUnshuffle):
    """`[B, 3, H, W]` to `[B, 48, H / 4, W / 4]`: channels are (colour, row in cell, column in cell), column fastest."""

    def __init__(self, config: LinearTokenizer) -> None:
        super().__init__(config.stride)
