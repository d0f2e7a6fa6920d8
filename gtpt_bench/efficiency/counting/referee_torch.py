"""torch's own FLOP counter, which counts two a multiply-accumulate, told of what it misses."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from gtpt_bench.efficiency.counting import rules
from gtpt_bench.efficiency.counting.referee import Calls, RefereeCount, refereed


def torch_counter(model: nn.Module, inputs: tuple[Any, ...]) -> RefereeCount:
    """`torch.utils.flop_counter.FlopCounterMode`, halved.

    Told of fused attention on a CPU, which torch 2.13 counts as nothing (pytorch#195460), and of oneDNN's linear layer.
    """
    return refereed("torch", _count, model, inputs)


def _count(model: nn.Module, inputs: tuple[Any, ...]) -> tuple[int, dict[str, int]]:
    counter = FlopCounterMode(display=False, custom_mapping=_missing())
    calls = Calls()
    with calls, counter:
        model(*inputs)
    return counter.get_total_flops() // 2, calls.without(counter.flop_registry)


def _missing() -> dict[Any, Any]:
    """Formulas, in FLOPs of shapes, for operators that this torch has and its counter lacks."""
    aten, mkldnn = torch.ops.aten, torch.ops.mkldnn
    names = ("_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_fused_attention_overrideable")
    formulas: dict[Any, Any] = {getattr(aten, name): _attention_flops for name in names if hasattr(aten, name)}
    return formulas | ({mkldnn._linear_pointwise: _linear_flops} if hasattr(mkldnn, "_linear_pointwise") else {})


def _attention_flops(query: Any, key: Any, value: Any, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
    return 2 * rules.fused_attention_macs((tuple(query), tuple(key), tuple(value)))


def _linear_flops(x: Any, *args: Any, out_shape: Any = None, **kwargs: Any) -> int:
    macs: int = prod(out_shape) * x[-1]
    return 2 * macs
