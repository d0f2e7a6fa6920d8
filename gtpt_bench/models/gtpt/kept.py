"""Which image tokens a GTPT keeps, watched from outside: places in the grid of patches, after each cut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from torch import Tensor, nn

from gtpt_bench.models.gtpt.fine_net import GroupedEnd
from gtpt_bench.models.gtpt.model import GTPT


@dataclass(frozen=True)
class KeptTokens:
    """Image tokens that survive one cut.

    Attributes:
        layer: encoder layer, counted over coarse and fine ones; the split counts as the layer it lies before or in.
        at_split: whether it happened at the split.
        group: index of the keypoint group; None in layers of plain attention, where all keypoints share the tokens.
        grid_index: row-major places in the grid of patches, `[B, kept]`, the best first; −1 for a fused token.
    """

    layer: int
    at_split: bool
    group: int | None
    grid_index: Tensor


@contextmanager
def watch_kept_tokens(model: GTPT) -> Iterator[list[KeptTokens]]:
    """While active, each forward pass in evaluation mode fills the list anew, in the order of cuts."""
    kept: list[KeptTokens] = []
    config = model.config
    first_fine = config.num_mhsa_layers

    def hook(layer: int, at_split: bool, group: int | None) -> Any:
        return lambda module, args, out: kept.append(KeptTokens(layer, at_split, group, out.grid_index))

    handles = [model.register_forward_pre_hook(lambda module, args: kept.clear())]
    for layer, cut in enumerate(model.coarse.cuts):
        handles.append(cut.register_forward_hook(hook(layer, False, None)))
    if isinstance(model.fine, GroupedEnd):
        for group, cut in enumerate(model.fine.split.cuts):
            handles.append(cut.register_forward_hook(hook(config.num_coarse_layers, True, group)))
        for layer, cuts in enumerate(model.fine.cuts):
            for group, cut in enumerate(cast(nn.ModuleList, cuts)):
                handles.append(cut.register_forward_hook(hook(first_fine + layer, False, group)))
    try:
        yield kept
    finally:
        for handle in handles:
            handle.remove()
