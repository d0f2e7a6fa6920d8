"""A model to be counted: it needs memory for its weights only where a counter runs it."""

from __future__ import annotations

from typing import Any

from gtpt_bench.models import ModelConfig, build_model, empty_model

LARGEST_FILLED = 500_000_000
"""Parameters of a model that is given memory to be counted by others; of larger ones fvcore, which needs it, has no
opinion."""


def countable_model(config: ModelConfig, *, checked: bool) -> Any:
    """The network of a config.

    Args:
        checked: whether counters made by others are asked too.
    """
    if checked and config.cost.params <= LARGEST_FILLED:
        return build_model(config)
    return empty_model(config)
