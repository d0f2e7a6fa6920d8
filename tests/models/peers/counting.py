"""What a network costs by our own counter, in the units of spec/baselines.md §1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from gtpt_bench.efficiency.counting.conventions import CONVENTIONS, GIGA
from gtpt_bench.efficiency.counting.macs import cost_of
from gtpt_bench.efficiency.counting.operators import Trace
from gtpt_bench.efficiency.counting.trace import trace_forward
from gtpt_bench.models.cost import Cost
from gtpt_bench.models.sizes import Size


@dataclass(frozen=True)
class Counted:
    """One image's forward pass."""

    cost: Cost
    trace: Trace

    @property
    def params_m(self) -> float:
        return self.cost.params / 1e6

    @property
    def full_g(self) -> float:
        return self.cost.full / GIGA

    def printed(self, convention: str) -> float:
        """The figure in a convention, as its users print it."""
        named = CONVENTIONS[convention]
        return named.printed(named.macs(self.trace))


def on_meta(build: Callable[[], nn.Module]) -> nn.Module:
    """The network with shapes and no memory; for one of many small layers, memory is quicker."""
    with torch.device("meta"):
        return build()


def counted(build: Callable[[], nn.Module], input_size: Size) -> Counted:
    """The network that `build` gives, at one input size."""
    return counted_network(on_meta(build), input_size)


def counted_network(network: nn.Module, input_size: Size) -> Counted:
    """A network that is there already."""
    trace = trace_forward(network, input_size)
    assert trace.unknown == {}, "operators that no rule counts"
    return Counted(cost_of(trace, network), trace)
