"""Counting conventions: what published "GFLOPs" mean. Each is a pure function of an operator trace. Torch-free.

All figures are multiply-accumulates (MACs), whatever their authors call them; FLOPs are twice that.
Sources: spec/baselines.md §2 (five conventions in one table), spec/measurement.md §3,
spec/training_and_evaluation.md §9. What the specification leaves open was settled by the figures that it quotes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from gtpt_bench.efficiency.counting.operators import PRODUCTS, Kind, Operator, Trace

GIGA: Literal[1_000_000_000] = 1_000_000_000
GIBI: Literal[1_073_741_824] = 1_073_741_824

_LAYERS_ALONE: frozenset[Kind] = PRODUCTS - {"attention"}


@dataclass(frozen=True)
class Convention:
    """How a trace becomes one number.

    Attributes:
        definition: a paragraph for people.
        unit: what its figures are usually divided by, though they are all labelled G.
        products: kinds whose MACs count.
        transposed_at: where a transposed convolution is counted: at its `output`, stride² more than it costs.
        an_element: what else counts, for each element of its result, by kind or by the operator's name.
        layers_only: only what a layer module runs counts, as for counters that hook modules; products written as
            functions, such as the projections inside `nn.MultiheadAttention`, are not seen, nor the layers of a
            deployed model: count the model itself.
        in_brief: of those whose names say nothing; `definition` in a few words.
        with_inert: whether the dummy token of the released GTPT is added, which our network leaves out.
    """

    name: str
    definition: str
    unit: Literal[1_000_000_000, 1_073_741_824] = GIGA
    products: frozenset[Kind] = PRODUCTS
    transposed_at: Literal["input", "output"] = "input"
    an_element: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}), hash=False)
    layers_only: bool = False
    with_inert: bool = False
    in_brief: str = ""

    def macs(self, trace: Trace) -> int:
        """Exact; of the one pass that was traced."""
        counted = sum(self.of_operator(operator) for operator in trace.operators)
        return counted + (trace.inert_macs if self.with_inert else 0)

    def of_operator(self, operator: Operator) -> int:
        if self.layers_only and not operator.in_layer:
            return 0
        if operator.kind in self.products:
            return operator.macs if self.transposed_at == "input" else operator.macs_at_output
        price = self.an_element.get(operator.name, self.an_element.get(operator.kind, 0))
        return price * operator.elements

    def printed(self, macs: int) -> float:
        """The figure as its users print it: thousand millions, or 2³⁰."""
        return macs / self.unit


_NORMS_TWICE: Mapping[str, int] = MappingProxyType({"batch norm": 2, "layer norm": 2})
_ALL = (
    Convention(
        "full",
        "Multiply-accumulates of convolutions, linear layers and every attention product (queries × keys, "
        "probabilities × values). Transposed convolutions are counted at their input, where they compute. No bias, "
        "norm, softmax or activation, and no token that changes no output. The true cost, and the one to compare by.",
    ),
    Convention(
        "full_with_norms",
        "As full, plus 2 for each element that a BatchNorm, LayerNorm or GroupNorm gives: a scale and a shift.",
        an_element=_NORMS_TWICE,
    ),
    Convention(
        "thop",
        "What the thop package prints: GTPT's tables, and the rows of TokenPose, PPT and DistilPose in them. It sees "
        "layer modules only: convolutions and linear layers without bias, transposed convolutions at their output "
        "(stride² too many), 4 for each element of a norm, and for each element of an nn.Upsample 1 (nearest) or 11 "
        "(bilinear). No attention product is in it, nor the projections inside nn.MultiheadAttention. For a GTPT it "
        "includes what the released code spends on a dummy token that changes no output; our network has none, so "
        "that part is added in closed form. What thop charges for adaptive pooling and softmax modules is left out.",
        products=_LAYERS_ALONE,
        transposed_at="output",
        an_element=MappingProxyType(
            {"batch norm": 4, "layer norm": 4, "upsample_nearest2d": 1, "upsample_bilinear2d": 11}
        ),
        layers_only=True,
        with_inert=True,
    ),
    Convention(
        "H",
        "HRNet's summary script, for SimpleBaseline and HRNet, and for AE and PAF: weight size × output pixels for "
        "every convolution and every transposed convolution (stride² too many), plus linear layers; no attention, no "
        "norm. Divided by 2^30 although labelled G. (For linear layers on token sequences the script multiplies by "
        "the number of tokens instead of the features; here they cost what they cost. None of its rows has one.)",
        unit=GIBI,
        products=_LAYERS_ALONE,
        transposed_at="output",
        layers_only=True,
        in_brief="as HRNet's script counts",
    ),
    Convention(
        "D",
        "TransPose's counting script: all products, attention included, with transposed convolutions at their output "
        "(stride² too many), plus 4 for each element of a BatchNorm, 5 of a softmax and 1 of an addition, "
        "multiplication, division or ReLU. LayerNorm is free.",
        transposed_at="output",
        an_element=MappingProxyType({"batch norm": 4, "softmax": 5, "add": 1, "multiply": 1, "divide": 1, "relu": 1}),
        in_brief="as TransPose's script counts",
    ),
    Convention(
        "N",
        "Convolutions, linear layers and norms, without attention products; transposed convolutions at their input. "
        "A norm costs 2 for each element, as counters made from ptflops have it: that gives ViTPose+ (5.4, 122.9), "
        "DeepPose (17.3) and EfficientPose-B (1.08); with thop's 4 they would be 5.4, 123.0, 17.3 and 1.11.",
        products=_LAYERS_ALONE,
        an_element=_NORMS_TWICE,
        in_brief="convolutions, linear layers and norms, no attention products",
    ),
    Convention(
        "E",
        "As N without norms: convolutions and linear layers, nothing else. RTMPose's figures, and HEViTPose's fit it.",
        products=_LAYERS_ALONE,
        in_brief="as N without norms",
    ),
)
CONVENTIONS: Mapping[str, Convention] = MappingProxyType({convention.name: convention for convention in _ALL})
"""By name, the one to compare by first."""

ATTENTION = Convention("attention", "The part of full that is attention products.", products=frozenset({"attention"}))


def macs_by_convention(trace: Trace) -> dict[str, int]:
    """MACs in every convention, and the attention products alone."""
    return {convention.name: convention.macs(trace) for convention in (CONVENTIONS["full"], ATTENTION, *_ALL[1:])}
