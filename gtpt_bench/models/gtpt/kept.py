"""Which image tokens a GTPT keeps, watched from outside: indices in the patch grid, after each pruning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from gtpt_bench.models.gtpt.model import GTPT


@dataclass(frozen=True)
class KeptTokens:
    """Image tokens that survive one pruning.

    Attributes:
        layer: encoder layer, counted over coarse and fine ones; the split counts as the first fine layer.
        at_split: whether it happened at the split, before that layer.
        group: index of the keypoint group; None in coarse layers, where all keypoints share the tokens.
        grid_index: row-major places in the patch grid, `[B, kept]`, the best first.
    """

    layer: int
    at_split: bool
    group: int | None
    grid_index: Tensor


@contextmanager
def watch_kept_tokens(model: GTPT) -> Iterator[list[KeptTokens]]:
    """While active, each forward pass in evaluation mode fills the list anew, in the order of pruning."""
    kept: list[KeptTokens] = []
    grids: dict[int | None, Tensor] = {}
    num_coarse = model.config.num_coarse_layers

    def restart(module: nn.Module, args: Any) -> None:
        kept.clear()
        grids.clear()
        grids[None] = torch.arange(model.config.num_image_tokens, device=args[0].device).expand(len(args[0]), -1)

    def record(index: Tensor, layer: int, at_split: bool, group: int | None) -> None:
        grids[group] = grids.get(group, grids[None]).gather(1, index)
        kept.append(KeptTokens(layer, at_split, group, grids[group]))

    def hook(layer: int, at_split: bool, group: int | None) -> Any:
        return lambda module, args, out: record(out, layer, at_split, group)

    handles = [model.register_forward_pre_hook(restart)]
    for layer, pruner in enumerate(model.coarse.pruners):
        handles.append(pruner.register_forward_hook(hook(layer, False, None)))
    for group, pruner in enumerate(model.split.pruners):
        handles.append(pruner.register_forward_hook(hook(num_coarse, True, group)))
    for layer, pruners in enumerate(model.fine.pruners):
        for group, pruner in enumerate(cast(nn.ModuleList, pruners)):
            handles.append(pruner.register_forward_hook(hook(num_coarse + layer, False, group)))
    try:
        yield kept
    finally:
        for handle in handles:
            handle.remove()
