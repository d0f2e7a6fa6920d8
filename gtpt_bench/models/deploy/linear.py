"""Linear layers for inference on the fastest path that the processor has.

`torch.nn.functional.linear` takes MKL's product, which on AMD processors leaves AVX-512 aside. oneDNN does not, and
computes GELU on the way (spec/measurement.md §8). PyTorch reaches it through operators that its own compiler uses;
where they are missing, or would not apply, the layer is an ordinary one with the same result.
"""

from __future__ import annotations

from typing import Any, Literal, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

Activation = Literal["none", "gelu"]


class PackedLinear(nn.Module):
    """`[..., din]` to `[..., dout]`, then the activation; the weight is kept in oneDNN's layout beside its own.

    Args:
        layer: whose weight and bias are taken, without gradient.
        activation: `gelu` is the exact one.
    """

    def __init__(self, layer: nn.Linear, activation: Activation = "none") -> None:
        super().__init__()
        self.weight = nn.Parameter(layer.weight.detach(), requires_grad=False)
        self.bias = None if layer.bias is None else nn.Parameter(layer.bias.detach(), requires_grad=False)
        self.activation = activation
        self._packed: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        if torch.compiler.is_compiling() or not one_dnn_takes(x):
            out = functional.linear(x, self.weight, self.bias)
            return functional.gelu(out) if self.activation == "gelu" else out
        if self._packed is None:
            self._packed = torch.ops.mkldnn._reorder_linear_weight(self.weight)
        packed: Tensor = torch.ops.mkldnn._linear_pointwise(x, self._packed, self.bias, self.activation, [], "none")
        return packed

    def _apply(self, fn: Any, recurse: bool = True) -> Self:
        """Moved or converted: the packed weight is no longer that of `weight`."""
        self._packed = None
        super()._apply(fn, recurse)
        return self

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        """Filled with other weights: likewise."""
        self._packed = None
        super()._load_from_state_dict(*args, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles go without the packed weight, which is made anew."""
        return self.__dict__ | {"_packed": None}


def one_dnn_takes(x: Tensor) -> bool:
    """Whether oneDNN's product is there for this input: float32 on a CPU, no gradient wanted."""
    return (
        x.device.type == "cpu"
        and x.dtype == torch.float32
        and not (x.requires_grad and torch.is_grad_enabled())
        and _HAS_ONE_DNN_LINEAR
        and bool(torch.backends.mkldnn.enabled)
    )


_HAS_ONE_DNN_LINEAR = torch.backends.mkldnn.is_available() and all(
    hasattr(torch.ops.mkldnn, name) for name in ("_linear_pointwise", "_reorder_linear_weight")
)
