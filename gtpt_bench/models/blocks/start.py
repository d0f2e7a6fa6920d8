"""How convolutions start from scratch."""

from __future__ import annotations

from torch import nn


def initialise_convolutions(net: nn.Module) -> None:
    """Start every convolution as the authors do (spec/gtpt.md §12): normal, standard deviation 0.001."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, std=0.001)


def he_convolutions(net: nn.Module) -> None:
    """Start every convolution as He et al. 2015 do before a ReLU: normal, variance 2 over its outgoing connections."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
