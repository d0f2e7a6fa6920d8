"""Known layers counted by the trace against arithmetic that anyone can do. Runs before the first count of a process.

Counters go wrong in silence when an operator is renamed or fused (spec/measurement.md §3); this one then refuses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.efficiency.counting.operators import NORMS, PRODUCTS, Kind, Trace
from gtpt_bench.efficiency.counting.trace import trace_call
from gtpt_bench.errors import MeasurementRejected


class CountingBroken(MeasurementRejected):
    """A layer whose cost is known is counted wrong, so no count of this process can be trusted."""


@dataclass(frozen=True)
class Known:
    """A layer with what it must cost.

    Attributes:
        input: shape of its only argument.
        expected: MACs of each kind of product, elements of norms; kinds that are not named must not occur.
    """

    name: str
    layer: nn.Module
    input: tuple[int, ...]
    expected: Mapping[Kind, int]


class Applied(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class SelfAttention(nn.MultiheadAttention):
    """Attention of a sequence to itself."""

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(x, x, x, need_weights=False)[0]


N, C = 5, 8
"""Tokens and channels of what the layers below are given."""
_ATTENTION: Mapping[Kind, int] = {"attention": 2 * N * N * C}
_PROJECTIONS = 4 * N * C * C
_SEQUENCE = (1, N, C)
_TWO_HEADS = (1, 2, N, C // 2)


def known_layers() -> tuple[Known, ...]:
    """One of each way in which products are written; on 5 tokens of 8 channels, or images of 6 × 4 pixels."""
    with torch.device("meta"):
        return (
            Known("attention by matmul", Applied(_by_matmul), _TWO_HEADS, _ATTENTION),
            Known("attention by einsum", Applied(_by_einsum), _TWO_HEADS, _ATTENTION),
            Known("scaled_dot_product_attention", Applied(_by_sdpa), _TWO_HEADS, _ATTENTION),
            Known(
                "nn.MultiheadAttention",
                SelfAttention(C, 2, batch_first=True),
                _SEQUENCE,
                {"linear": _PROJECTIONS, **_ATTENTION},
            ),
            Known(
                "nn.TransformerEncoderLayer",
                nn.TransformerEncoderLayer(C, 2, dim_feedforward=3 * C, batch_first=True),
                _SEQUENCE,
                {"linear": _PROJECTIONS + 2 * N * C * 3 * C, "layer norm": 2 * N * C, **_ATTENTION},
            ),
            Known("nn.Linear", nn.Linear(C, 3), _SEQUENCE, {"linear": N * C * 3}),
            Known("nn.Conv2d", nn.Conv2d(3, 8, 3, padding=1), (1, 3, 6, 4), {"conv": 24 * 8 * 3 * 9}),
            Known("nn.Conv2d in groups", nn.Conv2d(4, 8, 3, groups=4), (1, 4, 6, 4), {"conv": 8 * 8 * 1 * 9}),
            Known(
                "nn.ConvTranspose2d",
                nn.ConvTranspose2d(3, 8, 4, stride=2, padding=1),
                (1, 3, 6, 4),
                {"transposed conv": 24 * 3 * 8 * 16},
            ),
            Known("nn.BatchNorm2d", nn.BatchNorm2d(3), (1, 3, 6, 4), {"batch norm": 3 * 24}),
            Known("nn.LayerNorm", nn.LayerNorm(C), _SEQUENCE, {"layer norm": N * C}),
        )


def _by_matmul(x_BHNd: Tensor) -> Tensor:
    return (x_BHNd @ x_BHNd.transpose(-1, -2)).softmax(-1) @ x_BHNd


def _by_einsum(x_BHNd: Tensor) -> Tensor:
    attention = torch.einsum("bhnd,bhmd->bhnm", x_BHNd, x_BHNd).softmax(-1)
    return torch.einsum("bhnm,bhmd->bhnd", attention, x_BHNd)


def _by_sdpa(x_BHNd: Tensor) -> Tensor:
    return functional.scaled_dot_product_attention(x_BHNd, x_BHNd, x_BHNd)


def self_test() -> None:
    """Counts every known layer.

    Raises:
        CountingBroken: names the first layer that is counted wrong, with both numbers.
    """
    for known in known_layers():
        found = by_kind(trace_call(known.layer, torch.empty(known.input, device="meta")))
        if found != dict(known.expected):
            raise CountingBroken(
                f"{known.name} is counted as {_in_words(found)} where arithmetic says {_in_words(known.expected)}; "
                f"torch {torch.__version__} runs operators that counting/rules.py does not know, so no count is given"
            )


@cache
def self_test_once() -> None:
    """The same, the first time that a process counts."""
    self_test()


def by_kind(trace: Trace) -> dict[Kind, int]:
    """MACs of each kind of product and elements of each kind of norm, as far as they occur."""
    total: Counter[Kind] = Counter()
    for operator in trace.of_kinds(PRODUCTS | NORMS):
        total[operator.kind] += operator.macs or operator.elements
    return dict(total)


def _in_words(counts: Mapping[Kind, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "nothing"
