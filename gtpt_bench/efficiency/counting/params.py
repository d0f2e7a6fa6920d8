"""Parameters: of one copy of the weights, the trainable ones among them, and as thop counts them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from gtpt_bench.efficiency.counting.operators import Trace


@dataclass(frozen=True)
class Params:
    """Numbers of parameters.

    Attributes:
        deployed: one copy of the weights, frozen ones included; a moving average kept for training is not.
        trainable: those that a gradient reaches, so without a frozen position table.
        thop: of layer modules that ran: bare parameters such as learned tokens or a position table are left out, and
            a weight that two layers share counts twice. Source: spec/training_and_evaluation.md §9.
    """

    deployed: int
    trainable: int
    thop: int


def count_params(model: nn.Module, trace: Trace) -> Params:
    """All three, `trace` being a forward pass of the same model."""
    trainable = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    return Params(num_params(model), trainable, thop_params(model, trace))


def num_params(model: nn.Module) -> int:
    """Parameters of one copy of the weights, frozen ones included."""
    return sum(parameter.numel() for parameter in model.parameters())


def thop_params(model: nn.Module, trace: Trace) -> int:
    """Parameters of the layer modules that the pass ran, each module once."""
    ran = {operator.module for operator in trace.operators if operator.in_layer}
    return sum(num_params(model.get_submodule(path)) for path in ran)
