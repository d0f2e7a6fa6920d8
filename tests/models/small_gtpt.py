"""A GTPT that runs in milliseconds: 8 × 6 image tokens of 8 pixels, eight layers, no network before them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gtpt_bench.models import build_model, model_config
from gtpt_bench.models.blocks.pruning.kept import KeptTokens
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.gtpt.model import GTPT

NUM_TOKENS = 48
"""At COCO's keep rates, which are the model's, 48, 33, 14, 4 from stage to stage."""

SMALL: dict[str, Any] = {
    "input_size": (64, 48),
    "patch_size": (2, 2),
    "tokenizer": {"kind": "linear"},
    "width": 16,
    "heads": 2,
    "stage_depths": (2, 2, 2, 2),
}


def small_config(**changes: Any) -> GTPTConfig:
    return model_config("gtpt_tiny_coco", SMALL | changes)


def small_gtpt(**changes: Any) -> GTPT:
    """In evaluation mode; the same weights whatever is said of pruning."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build_model(small_config(**changes)).eval()


def pictures(batch: int = 2, seed: int = 0) -> Tensor:
    return torch.randn(batch, 3, 64, 48, generator=torch.Generator().manual_seed(seed))


def places(cut: KeptTokens) -> list[set[int]]:
    """Of each image, the places in the grid that a cut keeps; without the fused token, which has none."""
    return [set(row) - {-1} for row in cut.grid_index.tolist()]
