"""A GTPT's cuts."""

from __future__ import annotations

from collections.abc import Sequence

from gtpt_bench.models.blocks.pruning.cut_net import PlacedCut
from gtpt_bench.models.gtpt.config import GTPTConfig


def placed_cut(config: GTPTConfig, keypoints: Sequence[int]) -> PlacedCut:
    """One on the image tokens of this network, ranked by tokens that stand for `keypoints`."""
    return PlacedCut(config.pruning, keypoints, grid=config.grid_size, cell=config.cell_size)
