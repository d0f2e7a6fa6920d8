"""Which family of models the names in a weight file look like, for whoever gave the file to another model."""

from __future__ import annotations

from collections.abc import Collection

import torch

from gtpt_bench.models.catalogue import MODELS, ModelConfig, model_config
from gtpt_bench.models.gtpt.official import is_official
from gtpt_bench.models.weights import NOT_LEARNED

ENOUGH = 0.8
"""Share of the names, of the file or of the model, whichever has fewer, that both must have."""


def whose_names(names: Collection[str]) -> str:
    """`its names look like those of tokenpose_s_v1 (tokenpose)`, in words.

    A model of each family is laid out without memory, which takes seconds: only for errors.
    """
    learned = {name for name in names if not name.endswith(NOT_LEARNED)}
    if learned and all(map(is_official, learned)):
        return "its names are those of a released GTPT"
    firsts: dict[str, tuple[str, ModelConfig]] = {}
    for model in MODELS:
        config = model_config(model)
        firsts.setdefault(config.family, (model, config))
    shares = {family: _shares(learned, config) for family, (_, config) in firsts.items()}
    best = max(shares, key=lambda family: shares[family])
    if shares[best][0] < ENOUGH:
        return "its names are those of no model here"
    return f"its names look like those of {firsts[best][0]} ({best})"


def _shares(names: set[str], config: ModelConfig) -> tuple[float, float]:
    """Names that both have, of those of the smaller one, and of all: a deeper network of the family has more."""
    from gtpt_bench.models import build_model

    with torch.device("meta"):
        own = {name for name in build_model(config).state_dict() if not name.endswith(NOT_LEARNED)}
    both = len(names & own)
    return both / max(1, min(len(names), len(own))), both / max(1, len(names | own))
