"""fvcore's counter, told of attention and of the few products that it misses; its norms are left out."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import nn

from gtpt_bench.efficiency.counting import rules
from gtpt_bench.efficiency.counting.referee import Bound, RefereeCount, refereed


def fvcore_counter(model: nn.Module, inputs: tuple[Any, ...]) -> RefereeCount:
    """`fvcore.nn.FlopCountAnalysis` on products alone.

    Convolutions, linear layers and plain matrix products by fvcore's own rules; fused attention, `baddbmm`, einsum,
    broadcast products and convolutions with padding by name by those below. Only this analysis is told of them.
    """
    return refereed("fvcore", _count, model, inputs)


def _count(model: nn.Module, inputs: tuple[Any, ...]) -> tuple[int, dict[str, int]]:
    from fvcore.nn import FlopCountAnalysis
    from fvcore.nn.jit_handles import addmm_flop_jit, bmm_flop_jit, conv_flop_jit, linear_flop_jit

    first, *others = inputs
    if first.is_meta:
        raise RuntimeError("it traces real tensors, and the model was left without memory")
    analysis = FlopCountAnalysis(Bound(model, tuple(others)), first)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
    analysis.clear_op_handles().set_op_handle(
        **{
            "aten::addmm": addmm_flop_jit,
            "aten::bmm": bmm_flop_jit,
            "aten::linear": linear_flop_jit,
            "aten::_convolution": conv_flop_jit,
            "aten::_convolution_mode": _convolution,
            "aten::matmul": _product(0),
            "aten::mm": _product(0),
            "aten::mv": _product(0),
            "aten::dot": _product(0),
            "aten::baddbmm": _product(1),
            "aten::addmv": _product(1),
            "aten::einsum": _einsum,
            "aten::scaled_dot_product_attention": _attention,
            "aten::_scaled_dot_product_flash_attention_for_cpu": _attention,
        }
    )
    # The jit tracer under fvcore refuses oneDNN's own linear operator, which deployed models call where it is on.
    with torch.backends.mkldnn.flags(enabled=False):
        return int(analysis.total()), dict(analysis.unsupported_ops().most_common())


def _shape(value: Any) -> tuple[int, ...]:
    """Of a value in fvcore's graph."""
    return tuple(value.type().sizes())


def _product(left: int) -> Any:
    """A handle for products whose left operand is at that place: its last axis for each element of the result."""

    def handle(inputs: list[Any], outputs: list[Any]) -> int:
        return prod(_shape(outputs[0])) * _shape(inputs[left])[-1]

    return handle


def _convolution(inputs: list[Any], outputs: list[Any]) -> int:
    return rules.convolution_macs([_shape(inputs[0]), _shape(inputs[1])], _shape(outputs[0]))


def _attention(inputs: list[Any], outputs: list[Any]) -> int:
    return rules.fused_attention_macs([_shape(value) for value in inputs[:3]])


def _einsum(inputs: list[Any], outputs: list[Any]) -> int:
    """Operands joined from left to right, each time over all letters of both, as torch does it."""
    terms = inputs[0].toIValue().replace(" ", "").partition("->")[0].split(",")
    shapes = [_shape(value) for value in inputs[1].node().inputs()]
    length = {
        letter: size
        for term, shape in zip(terms, shapes, strict=True)
        for letter, size in zip(term, shape, strict=True)
    }
    macs, joined = 0, set(terms[0])
    for place, term in enumerate(terms[1:], start=1):
        letters = joined | set(term)
        macs += prod(length[letter] for letter in letters)
        needed = set("".join(terms[place + 1 :])) | set(_result_letters(inputs[0].toIValue()))
        joined = letters & needed
    return macs


def _result_letters(equation: str) -> str:
    """After the arrow; without one, the letters that occur once."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    return right if arrow else "".join(letter for letter in left if left.count(letter) == 1)
