"""Convolutions for inference: BatchNorm folded in, ReLU in place, weights with channels last."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class FoldedConv(nn.Module):
    """Convolution, then ReLU if there is one: `[B, cin, H, W]` to `[B, cout, H', W']`, channels last, no gradient."""

    def __init__(self, conv: nn.Conv2d, *, relu: bool = False) -> None:
        super().__init__()
        weight = conv.weight.detach().contiguous(memory_format=torch.channels_last)
        self.weight = nn.Parameter(weight, requires_grad=False)
        self.bias = None if conv.bias is None else nn.Parameter(conv.bias.detach(), requires_grad=False)
        self.stride, self.padding, self.dilation, self.groups = conv.stride, conv.padding, conv.dilation, conv.groups
        self.relu = relu

    def forward(self, x_BCHW: Tensor) -> Tensor:
        out = functional.conv2d(
            x_BCHW,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.dilation,
            self.groups,
        )
        return out.relu_() if self.relu else out


def with_norm(conv: nn.Conv2d, norm: nn.BatchNorm2d, *, repeat: int = 1) -> nn.Conv2d:
    """One convolution that does what the two do in evaluation mode.

    Args:
        repeat: channels of the convolution for each of the norm, where a pixel shuffle lies between them.
    """
    scale, shift = (values.repeat_interleave(repeat) for values in affine(norm))
    bias = shift if conv.bias is None else conv.bias * scale + shift
    return _with_weights(conv, conv.weight * scale[:, None, None, None], bias)


def permuted_input(conv: nn.Conv2d, order: Tensor) -> nn.Conv2d:
    """The same for an input whose channel p is the original's `order[p]`; a depth-wise one gives that order too.

    Raises:
        ValueError: the convolution has groups of several channels, which cannot be reordered freely.
    """
    if conv.groups == 1:
        return _with_weights(conv, conv.weight[:, order], conv.bias)
    if conv.groups != conv.in_channels or conv.groups != conv.out_channels:
        raise ValueError("the channels of a convolution with groups cannot be reordered")
    return _with_weights(conv, conv.weight[order], None if conv.bias is None else conv.bias[order])


def affine(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Scale and shift `[C]` by which a BatchNorm multiplies and adds in evaluation mode.

    Raises:
        ValueError: it has no running statistics, so what it does depends on the batch.
    """
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("a BatchNorm without running statistics cannot be folded")
    deviation = (norm.running_var + norm.eps).sqrt()
    scale = norm.weight.detach() / deviation if norm.affine else 1 / deviation
    mean_out = norm.running_mean * scale
    return scale, norm.bias.detach() - mean_out if norm.affine else -mean_out


def _with_weights(conv: nn.Conv2d, weight: Tensor, bias: Tensor | None) -> nn.Conv2d:
    """A convolution of the same shape with weights of its own."""
    made: nn.Conv2d = nn.utils.skip_init(
        nn.Conv2d,
        conv.in_channels,
        conv.out_channels,
        conv.kernel_size,
        conv.stride,
        conv.padding,
        conv.dilation,
        conv.groups,
        bias=bias is not None,
        device=weight.device,
        dtype=weight.dtype,
    )
    made.weight = nn.Parameter(weight.detach(), requires_grad=False)
    if bias is not None:
        made.bias = nn.Parameter(bias.detach(), requires_grad=False)
    return made
