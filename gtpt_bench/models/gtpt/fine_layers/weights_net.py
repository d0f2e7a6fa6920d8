"""Linear layers over a sequence of groups, with weights shared or not. Config: weights.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.linear import TokenLinear, token_linear
from gtpt_bench.models.gtpt.fine_layers.weights import LinearKind

START_STD = 0.02
"""Of weights that groups do not share, as the authors start them (spec/ablations.md §3.4)."""


class SharedLinear(TokenLinear):
    """The same for every token; `sizes` of the groups do not matter."""

    def forward(self, x_BTD: Tensor, sizes: Sequence[int]) -> Tensor:  # type: ignore[override]
        return super().forward(x_BTD)


class OwnLinear(nn.ModuleList):
    """One layer a group: the first `sizes[0]` tokens of `[B, T, D]` are the first group's, and so on."""

    def __init__(self, din: int, dout: int, num_groups: int, *, bias: bool) -> None:
        super().__init__(TokenLinear(din, dout, bias=bias) for _ in range(num_groups))
        for layer in self:
            start(layer)

    def forward(self, x_BTD: Tensor, sizes: Sequence[int]) -> Tensor:
        pieces = x_BTD.split(list(sizes), dim=1)
        return torch.cat([layer(piece) for layer, piece in zip(self, pieces, strict=True)], dim=1)


class ResidualLinear(nn.Module):
    """One weight for all, plus a weight of zeros and a bias for each group."""

    def __init__(self, din: int, dout: int, num_groups: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(dout, din))
        nn.init.trunc_normal_(self.weight, std=START_STD)
        self.own = nn.ModuleList(Difference(din, dout) for _ in range(num_groups))

    def forward(self, x_BTD: Tensor, sizes: Sequence[int]) -> Tensor:
        pieces = x_BTD.split(list(sizes), dim=1)
        return torch.cat([own(piece, self.weight) for own, piece in zip(self.own, pieces, strict=True)], dim=1)


class Difference(nn.Linear):
    """What one group adds to the shared weight; nothing at first."""

    def __init__(self, din: int, dout: int) -> None:
        super().__init__(din, dout)
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x_BTD: Tensor, shared: Tensor) -> Tensor:  # type: ignore[override]
        return token_linear(x_BTD, shared + self.weight, self.bias)


def start(layer: nn.Module) -> None:
    assert isinstance(layer, nn.Linear)
    nn.init.trunc_normal_(layer.weight, std=START_STD)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


LINEARS: Mapping[LinearKind, Callable[[int, int, int, bool], nn.Module]] = MappingProxyType(
    {
        "shared": lambda din, dout, num_groups, bias: SharedLinear(din, dout, bias=bias),
        "own": lambda din, dout, num_groups, bias: OwnLinear(din, dout, num_groups, bias=bias),
        "residual": lambda din, dout, num_groups, bias: ResidualLinear(din, dout, num_groups),
    }
)
