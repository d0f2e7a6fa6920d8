"""A residual around any row of layers."""

from __future__ import annotations

from torch import Tensor, nn


class Added(nn.Sequential):
    """What the layers make of the input, added to it: any shape to the same."""

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + super().forward(x)
        return out
