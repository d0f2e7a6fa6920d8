"""Counting: parameters, MACs in every convention, where they lie, and what other counters say."""

from __future__ import annotations

from torch import nn

from gtpt_bench.efficiency.counting.breakdown import breakdown
from gtpt_bench.efficiency.counting.conventions import macs_by_convention
from gtpt_bench.efficiency.counting.cross_check import cross_check
from gtpt_bench.efficiency.counting.macs import counted
from gtpt_bench.efficiency.counting.params import count_params
from gtpt_bench.efficiency.measure.figures import CostFigures


def cost_figures(model: nn.Module, *, checked: bool) -> CostFigures:
    """Counts of one image; the model itself is left alone.

    Args:
        checked: whether other counters are asked too, which takes real forward passes.

    Raises:
        CountingBroken: this installation counts known layers wrong.
    """
    trace = counted(model).trace
    return CostFigures(
        params=count_params(model, trace),
        macs=macs_by_convention(trace),
        breakdown=breakdown(model, trace),
        uncounted=trace.uncounted,
        check=cross_check(model) if checked else None,
    )
