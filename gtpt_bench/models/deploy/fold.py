"""Whole networks for inference: every block that is known here in its folded form, all others as they are."""

from __future__ import annotations

from typing import cast

from torch import nn

from gtpt_bench.models.blocks.convnext import ConvNextBlock
from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.deploy.convolution import FoldedConv, with_norm
from gtpt_bench.models.deploy.linear import PackedLinear
from gtpt_bench.models.deploy.sequence import folded_sequence


def fold(module: nn.Module) -> nn.Module:
    """The module for inference, changed in place where it is not replaced; inputs and outputs keep their order."""
    if type(module).forward is nn.Sequential.forward:
        module = folded_sequence(module.children())
    elif isinstance(module, ConvNextBlock):
        fold_after_spatial(module)
    else:
        fold_numbered_norms(module)
    for name, child in list(module.named_children()):
        module.add_module(name, fold(child))
    if type(module) in (nn.Linear, TokenLinear):
        return PackedLinear(cast(nn.Linear, module))
    return FoldedConv(module) if type(module) is nn.Conv2d else module


def fold_after_spatial(block: ConvNextBlock) -> None:
    if isinstance(block.norm, nn.BatchNorm2d):
        block.add_module("spatial", FoldedConv(with_norm(block.spatial, block.norm)))
        block.norm = nn.Identity()


def fold_numbered_norms(module: nn.Module) -> None:
    """`bn1` into `conv1` and so on, as residual blocks name them."""
    for name, norm in list(module.named_children()):
        conv_name = f"conv{name.removeprefix('bn')}"
        conv = getattr(module, conv_name, None)
        if name.startswith("bn") and isinstance(norm, nn.BatchNorm2d) and isinstance(conv, nn.Conv2d):
            module.add_module(conv_name, FoldedConv(with_norm(conv, norm)))
            module.add_module(name, nn.Identity())
