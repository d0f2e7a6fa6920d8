"""What operators move at the least: each reads its inputs and writes its results once. Torch-free.

A lower bound of the bytes that pass between an operator and memory or cache. What an operator reads twice, what it
reorders for itself and the lines that a processor reads before it overwrites them come on top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from types import MappingProxyType

from gtpt_bench.efficiency.counting.operators import Operator
from gtpt_bench.efficiency.options import DType

BYTES_OF: Mapping[DType, int] = MappingProxyType({"float32": 4, "tf32": 4, "bfloat16": 2, "float16": 2})
"""Of an element; indices, which are wider, are few."""

_ALLOCATIONS = frozenset("empty empty_like empty_strided empty_permuted new_empty new_empty_strided resize".split())
_PICKING = frozenset("gather index index_select embedding take take_along_dim masked_select".split())
_OVERWRITING = frozenset("copy fill zero".split())


@dataclass(frozen=True)
class OperatorCost:
    """Multiply-accumulates of an operator, and the bytes that it moves at the least."""

    macs: int
    moved_bytes: int


def operator_cost(operator: Operator, dtype: DType) -> OperatorCost:
    return OperatorCost(operator.macs, moved_elements(operator) * BYTES_OF[dtype])


def moved_elements(operator: Operator) -> int:
    """Elements read and written; none for views and allocations.

    What picks elements reads as many as it gives, and their places; what overwrites a tensor does not read it.
    """
    if operator.kind == "view" or operator.name in _ALLOCATIONS:
        return 0
    sizes = [prod(shape) for shape in operator.inputs]
    if operator.name in _PICKING:
        read = operator.written + sum(sizes[1:])
    elif operator.name in _OVERWRITING:
        read = sum(sizes[1:])
    else:
        read = sum(sizes)
    return read + operator.written
