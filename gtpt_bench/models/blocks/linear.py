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
    if x_BTD.device.type != "cpu" or x_BTD.dtype != torch.float32 or torch.compiler.is_compiling():
        return functional.linear(x_BTD, weight, bias)
    tokens_1DBT = x_BTD.contiguous()[None].permute(0, 3, 1, 2)
    return functional.conv2d(tokens_1DBT, weight[:, :, None, None], bias).permute(0, 2, 3, 1)[0]
