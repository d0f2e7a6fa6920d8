"""ptflops with both of its back ends: `aten` sees operators, `pytorch` hooks modules and so misses attention products.

Both count additions of biases; norms, activations and pooling are told to cost nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.efficiency.counting import rules
from gtpt_bench.efficiency.counting.referee import Bound, Calls, RefereeCount, refereed


def ptflops_aten(model: nn.Module, inputs: tuple[Any, ...]) -> RefereeCount:
    """The operators' back end, told of fused attention, of `baddbmm` and of oneDNN's linear layer."""
    return refereed("ptflops aten", _count_operators, model, inputs)


def ptflops_pytorch(model: nn.Module, inputs: tuple[Any, ...]) -> RefereeCount:
    """The modules' back end: convolutions, `nn.Linear`, `nn.MultiheadAttention`; no product written as a function."""
    return refereed("ptflops pytorch", _count_modules, model, inputs)


def _count_operators(model: nn.Module, inputs: tuple[Any, ...]) -> tuple[int, dict[str, int]]:
    from ptflops.aten_ops import ATEN_OPS_MAPPING

    aten = torch.ops.aten
    hooks: dict[Any, Any] = {
        getattr(aten, name): _attention for name in rules.FUSED_ATTENTION_NAMES if hasattr(aten, name)
    }
    hooks[aten.baddbmm] = _product(1)
    if hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        hooks[torch.ops.mkldnn._linear_pointwise] = _product(0)
    calls = Calls()
    with calls:
        macs = _run(model, inputs, "aten", hooks)
    return macs, calls.without((*ATEN_OPS_MAPPING, *hooks))


def _count_modules(model: nn.Module, inputs: tuple[Any, ...]) -> tuple[int, dict[str, int]]:
    from ptflops.pytorch_ops import MODULES_MAPPING

    hooks: dict[Any, Any] = {}
    unknown: Counter[str] = Counter()
    for module in model.modules():
        kind = type(module)
        # By default ptflops knows the very classes only, no subclass of them.
        base = next((base for base in kind.__mro__ if base in MODULES_MAPPING), None)
        if base is not None:
            hooks[kind] = MODULES_MAPPING[base] if issubclass(base, _COUNTED_LAYERS) else _nothing
        elif not [*module.children()]:
            unknown[kind.__name__] += 1
    with patched_functions_restored():
        return _run(model, inputs, "pytorch", hooks), dict(unknown.most_common())


_COUNTED_LAYERS = (nn.modules.conv._ConvNd, nn.Linear, nn.MultiheadAttention, nn.RNNBase, nn.RNNCellBase)


def _run(model: nn.Module, inputs: tuple[Any, ...], backend: Literal["aten", "pytorch"], hooks: dict[Any, Any]) -> int:
    """MACs by one of the back ends, with rules for layers or operators besides its own."""
    from ptflops import get_model_complexity_info

    first, *others = inputs
    macs, _ = get_model_complexity_info(
        Bound(model, tuple(others)),
        tuple(first.shape[1:]),
        print_per_layer_stat=False,
        as_strings=False,
        input_constructor=lambda _: first,
        custom_modules_hooks=hooks,
        backend=backend,
        backend_specific_config={"count_functional": False},
    )
    if macs is None:
        raise RuntimeError("it gave up and keeps the reason to itself")
    return int(macs)


def _attention(args: tuple[Any, ...], out: tuple[Tensor, ...]) -> int:
    return rules.fused_attention_macs([tuple(tensor.shape) for tensor in args[:3]])


def _product(left: int) -> Callable[[tuple[Any, ...], tuple[Tensor, ...]], int]:
    """A rule for products whose left operand is at that place, biases left out."""
    return lambda args, out: out[0].numel() * int(args[left].shape[-1])


def _nothing(module: nn.Module, args: Any, out: Any) -> None:
    """A hook of ptflops for a layer that shall cost nothing."""


_PATCHED = (functional, torch, torch.Tensor)


@contextmanager
def patched_functions_restored() -> Iterator[None]:
    """Undoes, however it ends, what ptflops may replace inside torch while it counts."""
    before = [dict(vars(owner)) for owner in _PATCHED]
    try:
        yield
    finally:
        for owner, names in zip(_PATCHED, before, strict=True):
            for name, value in [*vars(owner).items()]:
                if name not in names:
                    delattr(owner, name)
                elif names[name] is not value:
                    setattr(owner, name, names[name])
