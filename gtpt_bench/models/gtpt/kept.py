"""Which image tokens a GTPT keeps, watched from outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import cast

from torch import nn

from gtpt_bench.models.blocks.pruning.kept import CutPlace, KeptTokens, watch_cuts
from gtpt_bench.models.gtpt.fine_net import GroupedEnd
from gtpt_bench.models.gtpt.model import GTPT


def watch_kept_tokens(model: GTPT) -> AbstractContextManager[list[KeptTokens]]:
    """While active, each forward pass in evaluation mode fills the list anew, in the order of cuts."""
    return watch_cuts(model, placed_cuts(model))


def placed_cuts(model: GTPT) -> Iterator[tuple[nn.Module, CutPlace]]:
    """Every cut, whether it has something to drop or not."""
    config = model.config
    for layer, cut in enumerate(model.coarse.cuts):
        yield cut, CutPlace(layer)
    if not isinstance(model.fine, GroupedEnd):
        return
    for group, cut in enumerate(model.fine.split.cuts):
        yield cut, CutPlace(config.num_coarse_layers, at_split=True, group=group)
    for layer, cuts in enumerate(model.fine.cuts):
        for group, cut in enumerate(cast(nn.ModuleList, cuts)):
            yield cut, CutPlace(config.num_mhsa_layers + layer, group=group)
