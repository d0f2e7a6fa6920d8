"""MACs and parameters of a network from its operator trace; each convention is a function of the same trace."""

from __future__ import annotations

from torch import nn

from gtpt_bench.efficiency.trace import Kind, Trace, trace_forward
from gtpt_bench.models.cost import Cost
from gtpt_bench.models.gtpt.closed_form import inert_cost
from gtpt_bench.models.gtpt.model import GTPT


def measured_cost(model: GTPT) -> Cost:
    """Cost of one image in evaluation mode: one copy of the parameters, operators as they are executed."""
    trace = trace_forward(model, model.config.input_size)
    return Cost(
        params=num_params(model),
        conv_macs=_total(trace, "conv"),
        linear_macs=_total(trace, "linear"),
        attention_macs=_total(trace, "attention"),
        norm_elements=_total(trace, "norm"),
        inert_macs=inert_cost(model.config).inert_macs,
    )


def num_params(model: nn.Module) -> int:
    """Parameters of one copy of the weights, frozen ones included."""
    return sum(parameter.numel() for parameter in model.parameters())


def _total(trace: Trace, kind: Kind) -> int:
    return sum(operator.macs for operator in trace.operators if operator.kind == kind)
