"""Linear layers over a sequence of groups for inference. Trained forms: fine_layers/weights_net.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from gtpt_bench.models.deploy.linear import Activation, PackedLinear
from gtpt_bench.models.gtpt.fine_layers.layer_net import GroupFeedForward
from gtpt_bench.models.gtpt.fine_layers.weights_net import Difference, OwnLinear, ResidualLinear, SharedLinear


class ForAllGroups(PackedLinear):
    """The same layer for every token."""

    def forward(self, x_BTD: Tensor, sizes: Sequence[int]) -> Tensor:  # type: ignore[override]
        return super().forward(x_BTD)


class PerGroup(nn.ModuleList):
    """One layer a group: the first `sizes[0]` tokens of `[B, T, D]` are the first group's, and so on."""

    def __init__(self, layers: Iterable[nn.Linear], activation: Activation) -> None:
        super().__init__(PackedLinear(layer, activation) for layer in layers)

    def forward(self, x_BTD: Tensor, sizes: Sequence[int]) -> Tensor:
        pieces = x_BTD.split(list(sizes), dim=1)
        return torch.cat([layer(piece) for layer, piece in zip(self, pieces, strict=True)], dim=1)


class DeployedGroupFeedForward(nn.Module):
    """Linear with GELU, linear: `[B, T, D]` to `[B, T, D]`."""

    def __init__(self, trained: GroupFeedForward) -> None:
        super().__init__()
        widen, _, narrow = trained
        self.widen, self.narrow = deployed_linear(widen, "gelu"), deployed_linear(narrow)

    def forward(self, x_BTD: Tensor, sizes: Sequence[int]) -> Tensor:
        narrowed: Tensor = self.narrow(self.widen(x_BTD, sizes), sizes)
        return narrowed


def deployed_linear(layer: nn.Module, activation: Activation = "none") -> ForAllGroups | PerGroup:
    """The inference form of any of the three; one that adds to a shared weight becomes a layer of its own a group."""
    if isinstance(layer, SharedLinear):
        return ForAllGroups(layer, activation)
    if isinstance(layer, OwnLinear):
        return PerGroup((cast(nn.Linear, own) for own in layer), activation)
    assert isinstance(layer, ResidualLinear)
    return PerGroup((summed(cast(Difference, own), layer.weight) for own in layer.own), activation)


def summed(own: Difference, shared: Tensor) -> nn.Linear:
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, own.in_features, own.out_features)
    layer.weight, layer.bias = nn.Parameter((shared + own.weight).detach()), own.bias
    return layer
