"""MACs and parameters of a network from its operator trace, as the `Cost` that closed forms give too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from gtpt_bench.efficiency.counting.operators import NORMS, Kind, Trace
from gtpt_bench.efficiency.counting.params import num_params
from gtpt_bench.efficiency.counting.self_test import self_test_once
from gtpt_bench.efficiency.counting.trace import trace_forward
from gtpt_bench.models.cost import Cost


@dataclass(frozen=True)
class Counted:
    """What a trace says: its cost in parts, and the trace itself, with the operators that no MACs count."""

    cost: Cost
    trace: Trace


def measured_cost(model: nn.Module) -> Cost:
    """Cost of one image in evaluation mode: one copy of the parameters, operators as they are executed.

    Raises:
        CountingBroken: this installation counts known layers wrong.
    """
    return counted(model).cost


def counted(model: nn.Module) -> Counted:
    """The same with the trace it comes from; every convention is a function of that (conventions.py)."""
    self_test_once()
    config: Any = model.config
    trace = trace_forward(model, config.input_size)
    return Counted(cost_of(trace, model), trace)


def cost_of(trace: Trace, model: nn.Module) -> Cost:
    """A trace summed up by kinds of operators."""
    return Cost(
        params=num_params(model),
        conv_macs=_macs(trace, "conv", "transposed conv"),
        linear_macs=_macs(trace, "linear"),
        attention_macs=_macs(trace, "attention"),
        norm_elements=sum(operator.elements for operator in trace.of_kinds(NORMS)),
        inert_macs=trace.inert_macs,
    )


def _macs(trace: Trace, *kinds: Kind) -> int:
    return sum(operator.macs for operator in trace.of_kinds(frozenset(kinds)))
