"""Linear layers over tokens on the fastest path that the processor has, forward and backward."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class TokenLinear(nn.Linear):
    """`nn.Linear` of tokens `[B, T, din]`.

    PyTorch computes a float32 linear layer with MKL, which on AMD processors leaves AVX-512 aside; a 1×1 convolution
    with channels last goes to oneDNN, at twice the rate forward and backward (spec/measurement.md §8). The two are
    the same product and, seen with channels last, the same memory.
    """

    def forward(self, x_BTD: Tensor) -> Tensor:
        return token_linear(x_BTD, self.weight, self.bias)


def token_linear(x_BTD: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """`x @ weightᵀ + bias`: `[B, T, din]` to `[B, T, dout]`."""
    if torch.compiler.is_compiling() or not _convolves_with_one_dnn(x_BTD):
        return functional.linear(x_BTD, weight, bias)
    tokens_BD1T = x_BTD.contiguous()[:, None].permute(0, 3, 1, 2)
    return functional.conv2d(tokens_BD1T, weight[:, :, None, None], bias).permute(0, 2, 3, 1)[:, 0]


def _convolves_with_one_dnn(x_BTD: Tensor) -> bool:
    """Whether PyTorch would give the convolution to oneDNN: on one thread only for batches of 16 and more."""
    on_cpu = x_BTD.device.type == "cpu" and x_BTD.dtype == torch.float32
    return on_cpu and (torch.get_num_threads() > 1 or len(x_BTD) >= 16)
