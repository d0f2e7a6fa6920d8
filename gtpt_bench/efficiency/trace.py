"""The operators of one forward pass, on the meta device: shapes only, nothing is computed or allocated.

Attention is run by its plain formula while tracing, so both of its products appear whatever kernel is used
otherwise. Source: spec/measurement.md §3.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode

from gtpt_bench.efficiency.inputs import sample_inputs
from gtpt_bench.models.sizes import Size

Kind = Literal["conv", "linear", "attention", "norm"]


@dataclass(frozen=True)
class Operator:
    """One operator that counts.

    Attributes:
        name: of the ATen operator.
        module: path of the module that ran it, the model itself being "".
        kind: `attention` is a product of two computed tensors, `linear` one inside a linear layer.
        macs: multiply-accumulates; elements for norms.
    """

    name: str
    module: str
    kind: Kind
    macs: int


@dataclass(frozen=True)
class Trace:
    """All operators of a pass, and those that nothing here has a rule for, with the number of calls."""

    operators: tuple[Operator, ...]
    uncounted: dict[str, int]


def trace_forward(model: nn.Module, input_size: Size) -> Trace:
    """Operators of one image's forward pass in evaluation mode; `model` itself is left alone."""
    shadow = copy.deepcopy(model).to("meta").eval()
    images = torch.empty(1, 3, *input_size, device="meta")
    recorder = _Recorder()
    with torch.no_grad(), _module_paths(shadow, recorder), sdpa_kernel(SDPBackend.MATH), recorder:
        shadow(*sample_inputs(shadow, images))
    return Trace(tuple(recorder.operators), recorder.uncounted)


class _Recorder(TorchDispatchMode):
    """Sees every operator below autograd, where linear layers and attention have become matrix products."""

    def __init__(self) -> None:
        super().__init__()
        self.operators: list[Operator] = []
        self.uncounted: dict[str, int] = {}
        self.path: list[tuple[str, nn.Module]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        name = func._overloadpacket.__name__
        path, module = self.path[-1] if self.path else ("", None)
        if name in _PRODUCTS:
            kind: Kind = "linear" if isinstance(module, nn.Linear) else "attention"
            self.operators.append(Operator(name, path, kind, _PRODUCTS[name](args, out)))
        elif name == "convolution":
            self.operators.append(Operator(name, path, "conv", _convolution(args, out)))
        elif name in _NORMS:
            self.operators.append(Operator(name, path, "norm", args[0].numel()))
        else:
            self.uncounted[name] = self.uncounted.get(name, 0) + 1
        return out


def _matrix_product(args: tuple[Tensor, ...], out: Tensor) -> int:
    """`[…, n, k] @ […, k, m]`: k for each element of the result."""
    return out.numel() * args[0].shape[-1]


def _added_matrix_product(args: tuple[Tensor, ...], out: Tensor) -> int:
    """As above with the bias as the first argument."""
    return out.numel() * args[1].shape[-1]


_PRODUCTS = {
    "mm": _matrix_product,
    "bmm": _matrix_product,
    "addmm": _added_matrix_product,
    "baddbmm": _added_matrix_product,
}
_NORMS = {
    "native_layer_norm",
    "native_batch_norm",
    "_native_batch_norm_legit",
    "_native_batch_norm_legit_no_training",
    "cudnn_batch_norm",
}


def _convolution(args: tuple[Any, ...], out: Tensor) -> int:
    """Taps of the kernel for each output element; for each input element if transposed (the true cost)."""
    images, weight, transposed = args[0], args[1], args[6]
    taps = weight[0].numel()  # (channels in / groups) · kernel; for transposed ones (channels out / groups) · kernel
    return int((images.numel() if transposed else out.numel()) * taps)


@contextmanager
def _module_paths(model: nn.Module, recorder: _Recorder) -> Iterator[None]:
    """While active, the recorder knows which module is running."""
    handles = []
    for path, module in model.named_modules():

        def enter(module: nn.Module, args: Any, path: str = path) -> None:
            recorder.path.append((path, module))

        def leave(module: nn.Module, args: Any, out: Any) -> None:
            recorder.path.pop()

        handles += [module.register_forward_pre_hook(enter), module.register_forward_hook(leave)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
