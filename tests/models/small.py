"""GTPTs small enough to look into: raw pixels as tokens, 16 channels, five layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.gtpt.model import GTPT

_COMMON: Mapping[str, Any] = {
    "patch_size": (2, 2),
    "width": 16,
    "heads": 2,
    "ffn_ratio": 2,
    "stage_depths": (1, 2, 1, 1),
    "tokenizer": {"kind": "linear"},
    "initialisation": {"token_std": 0.6, "query_key_gain": 3.0},
}

BODY = GTPTConfig.model_validate({**_COMMON, "input_size": (64, 64)})
"""COCO on 8 x 8 image tokens, of which 64, 44, 19 and 6 are kept."""

WHOLE_BODY = GTPTConfig.model_validate(
    {
        **_COMMON,
        "keypoints": "wholebody",
        "input_size": (96, 96),
        "introduction": {"kind": "human_sparse_dense"},
        "pruning": {"keep_rates": (1.0, 0.8, 0.7, 0.6)},
    }
)
"""COCO-WholeBody on 12 x 12 image tokens, of which 144, 115, 100 and 86 slots are kept."""

UNPRUNED: Mapping[str, Any] = {"pruning.keep_rates": (1.0, 1.0, 1.0, 1.0)}


def built(config: GTPTConfig, changes: Mapping[str, Any] | None = None, *, seed: int = 0) -> Any:
    """The GTPT in evaluation mode and double precision; the same seed gives the same weights.

    Not typed, as are no parts of a module that are reached by name.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return GTPT(config.changed(changes or {})).double().eval()


def pictures(config: GTPTConfig, batch: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(batch, 3, *config.input_size, generator=generator, dtype=torch.float64)


def shapes(module: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a module's parameters."""
    return {name: tuple(parameter.shape) for name, parameter in module.named_parameters()}


class Recorded:
    """What goes into and comes out of modules while a model runs once without gradients."""

    def __init__(self, model: Any, *modules: torch.nn.Module) -> None:
        self.inputs: dict[torch.nn.Module, Any] = {}
        self.outputs: dict[torch.nn.Module, Any] = {}

        def hook(module: torch.nn.Module, args: tuple[Any, ...], out: Any) -> None:
            self.inputs[module], self.outputs[module] = args, out

        handles = [module.register_forward_hook(hook) for module in modules]
        with torch.no_grad():
            model(pictures(model.config))
        for handle in handles:
            handle.remove()
