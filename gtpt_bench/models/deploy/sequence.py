"""Sequences of layers, folded as far as they go: convolution, BatchNorm, pixel shuffle, ReLU; linear and GELU."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar, cast

from torch import Tensor, nn

from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.deploy.convolution import FoldedConv, permuted_input, with_norm
from gtpt_bench.models.deploy.linear import PackedLinear


def folded_sequence(layers: Iterable[nn.Module], *, order: Tensor | None = None) -> nn.Sequential:
    """The same layers with what follows a convolution or a linear layer worked into it; others stay as they are.

    Args:
        order: the input's channel p is the original's `order[p]`; a depth-wise convolution hands this on, a dense one
            takes it into its weights.
    """
    waiting, done = list(layers), list[nn.Module]()
    while waiting:
        layer = waiting.pop(0)
        if type(layer) in (nn.Linear, TokenLinear):
            gelu = bool(waiting) and isinstance(waiting[0], nn.GELU) and waiting[0].approximate == "none"
            done.append(PackedLinear(cast(nn.Linear, layer), "gelu" if gelu else "none"))
            del waiting[: int(gelu)]
            continue
        if not isinstance(layer, nn.Conv2d):
            done.append(layer)
            continue
        shuffle = taken(waiting, nn.PixelShuffle)
        norm = taken(waiting, nn.BatchNorm2d)
        if norm is not None:
            layer = with_norm(layer, norm, repeat=shuffle.upscale_factor**2 if shuffle is not None else 1)
        if order is not None:
            layer = permuted_input(layer, order)
            order = None if layer.groups == 1 else order
        relu = taken(waiting, nn.ReLU)
        done.append(FoldedConv(layer, relu=relu is not None))  # before the pixel shuffle as well as behind it
        if shuffle is not None:
            done.append(shuffle)
    return nn.Sequential(*done)


L = TypeVar("L", bound=nn.Module)


def taken(waiting: list[nn.Module], kind: type[L]) -> L | None:
    """The next layer, taken out, if it is of this kind."""
    if waiting and isinstance(waiting[0], kind):
        return cast(L, waiting.pop(0))
    return None
