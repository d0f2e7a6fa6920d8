"""The table of models: name to the function that gives its config. Literal and torch-free."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from gtpt_bench.errors import InputError
from gtpt_bench.models.gtpt.config import GTPTConfig

ModelConfig = GTPTConfig
"""Config of any model; other families join here."""

MODELS: Mapping[str, str] = MappingProxyType(
    {
        "gtpt_t_coco": "gtpt_bench.models.gtpt.presets:gtpt_t_coco",
        "gtpt_s_coco": "gtpt_bench.models.gtpt.presets:gtpt_s_coco",
        "gtpt_b_coco": "gtpt_bench.models.gtpt.presets:gtpt_b_coco",
        "gtpt_tiny_coco": "gtpt_bench.models.gtpt.presets:gtpt_tiny_coco",
        "gtpt_t_wholebody": "gtpt_bench.models.gtpt.presets:gtpt_t_wholebody",
        "gtpt_s_wholebody": "gtpt_bench.models.gtpt.presets:gtpt_s_wholebody",
        "gtpt_b_wholebody": "gtpt_bench.models.gtpt.presets:gtpt_b_wholebody",
        "gtpt_tiny_wholebody": "gtpt_bench.models.gtpt.presets:gtpt_tiny_wholebody",
    }
)


def list_models() -> list[str]:
    """Names that `create_model` knows."""
    return list(MODELS)


def model_config(name: str, changes: Mapping[str, Any] | None = None) -> ModelConfig:
    """Config of a model by name, with parts changed by dotted key.

    Raises:
        InputError: no model has this name.
        pydantic.ValidationError: a change names no part or has a value that is not allowed.
    """
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise InputError(f"unknown model {name!r}; {hint}known: {', '.join(MODELS)}")
    module, function = MODELS[name].split(":")
    config: ModelConfig = getattr(import_module(module), function)()
    return config.changed(changes) if changes else config
