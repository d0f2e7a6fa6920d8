"""The same model counted by everyone: closed form, operator trace, and counters made by others; who disagrees is named.

Source: spec/measurement.md §3, rule 2: two counters and the closed form must agree within 1 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from gtpt_bench.efficiency.counting.conventions import CONVENTIONS
from gtpt_bench.efficiency.counting.operators import PRODUCTS, Operator, Trace
from gtpt_bench.efficiency.counting.referee import RefereeCount
from gtpt_bench.efficiency.counting.referee_fvcore import fvcore_counter
from gtpt_bench.efficiency.counting.referee_ptflops import ptflops_aten, ptflops_pytorch
from gtpt_bench.efficiency.counting.referee_torch import torch_counter
from gtpt_bench.efficiency.counting.self_test import self_test_once
from gtpt_bench.efficiency.counting.trace import trace_call
from gtpt_bench.efficiency.inputs import sample_inputs
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.sizes import Size

TOLERANCE = 0.01
"""Relative."""

Referee = Callable[[nn.Module, tuple[Any, ...]], RefereeCount]
BIASES = "full and biases"
LAYERS = "layers and biases"
REFEREES: Mapping[Referee, tuple[str, ...]] = MappingProxyType(
    {
        torch_counter: ("full",),
        fvcore_counter: ("full",),
        ptflops_aten: (BIASES,),
        ptflops_pytorch: (BIASES, LAYERS),
    }
)
"""Each with what it can be expected to see: ptflops adds biases, and its modules' back end knows layer modules and of
attention only what `nn.MultiheadAttention` does."""


@dataclass(frozen=True)
class Opinion:
    """One counter's figure beside the one it should have found.

    Attributes:
        macs: None if it could not count.
        against: what it is compared with: `full`, with biases added, or what layer modules alone do.
        expected: that figure, from the trace.
        note: what it leaves out, or why it could not count.
    """

    name: str
    macs: int | None
    against: str
    expected: int
    note: str
    seconds: float
    uncounted: Mapping[str, int]

    @property
    def deviation(self) -> float | None:
        """Relative to what was expected; None without a count."""
        if self.macs is None:
            return None
        if self.macs == self.expected:
            return 0.0
        return self.macs / self.expected - 1 if self.expected else float("inf")

    @property
    def agrees(self) -> bool | None:
        """Within a hundredth; None without a count."""
        return None if self.macs is None else abs(self.macs - self.expected) <= TOLERANCE * self.expected


@dataclass(frozen=True)
class CrossCheck:
    """All opinions on one model.

    Attributes:
        full: MACs of the trace, which all others are held against.
        uncounted: calls of each operator that computes something and is in no MACs.
        unknown: those among them that no rule knows.
    """

    full: int
    opinions: tuple[Opinion, ...]
    uncounted: Mapping[str, int]
    unknown: Mapping[str, int]

    @property
    def agrees(self) -> bool:
        """Whether two counters or more beside the trace could count all products, and nobody who could disagrees."""
        heard = [opinion for opinion in self.opinions if opinion.agrees is not None]
        whole = [opinion for opinion in heard if opinion.against != LAYERS]
        return len(whole) >= 2 and all(opinion.agrees for opinion in heard)

    @property
    def complaints(self) -> tuple[str, ...]:
        """A line for each counter that disagrees or could not count."""
        return tuple(
            opinion.note if opinion.macs is None else f"{opinion.name} is off by {opinion.deviation:+.2%}"
            for opinion in self.opinions
            if not opinion.agrees
        )


def cross_check(model: nn.Module) -> CrossCheck:
    """One image of a model that has a config, in evaluation mode on the CPU; the model itself is left alone.

    Raises:
        CountingBroken: this installation counts known layers wrong.
    """
    config: Any = model.config
    size: Size = config.input_size
    closed_form = gtpt_cost(config).full if isinstance(config, GTPTConfig) else None
    return cross_check_call(model, *sample_inputs(model, torch.zeros(1, 3, *size)), closed_form=closed_form)


def cross_check_call(model: nn.Module, *inputs: Any, closed_form: int | None = None) -> CrossCheck:
    """The same of `model(*inputs)`, a batch of one.

    Args:
        closed_form: MACs in the convention `full`, if anyone knows them.
    """
    self_test_once()
    trace = trace_call(model, *inputs)
    full = CONVENTIONS["full"].macs(trace)
    opinions = [_opinion(referee(model, inputs), sees, trace) for referee, sees in REFEREES.items()]
    if closed_form is not None:
        opinions.insert(0, Opinion("closed form", closed_form, "full", full, "", 0.0, {}))
    return CrossCheck(full, tuple(opinions), trace.uncounted, trace.unknown)


def _opinion(count: RefereeCount, sees: Sequence[str], trace: Trace) -> Opinion:
    """Held against what comes nearest of all that the counter may see."""
    expected = {name: _EXPECTED[name](trace) for name in sees}
    nearest = min(sees, key=lambda name: abs((count.macs or 0) - expected[name]))
    note = count.problem or (_left_out(trace) if nearest == LAYERS else "")
    return Opinion(count.name, count.macs, nearest, expected[nearest], note, count.seconds, count.uncounted)


def _left_out(trace: Trace) -> str:
    """What a counter that looks at layer modules does not see."""
    unseen = [operator for operator in trace.of_kinds(PRODUCTS) if not operator.in_layer]
    kinds = sorted({f"{operator.kind} products" for operator in unseen})
    return f"leaves out {' and '.join(kinds)} that no layer module runs" if kinds else ""


def num_bias_additions(operators: Iterable[Operator]) -> int:
    """An addition for each element that a convolution or linear layer gives, if it has a bias."""
    return sum(
        operator.elements
        for operator in operators
        if operator.kind in PRODUCTS - {"attention"} and len(operator.inputs) > 2
    )


def _in_layers(trace: Trace) -> int:
    seen = [operator for operator in trace.of_kinds(PRODUCTS) if operator.in_layer]
    return sum(operator.macs for operator in seen) + num_bias_additions(seen)


_EXPECTED: Mapping[str, Callable[[Trace], int]] = MappingProxyType(
    {
        "full": CONVENTIONS["full"].macs,
        BIASES: lambda trace: CONVENTIONS["full"].macs(trace) + num_bias_additions(trace.operators),
        LAYERS: _in_layers,
    }
)
