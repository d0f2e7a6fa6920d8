"""Which stage of a GTPT a module belongs to, by the module's path. Torch-free."""

from __future__ import annotations

from itertools import accumulate

from gtpt_bench.models.gtpt.config import GTPTConfig

STAGES = ("tokenizer", "stage 1", "stage 2", "split", "stage 3", "stage 4", "head")
"""In the order in which data goes through them; a model without groups has no split."""


def stage_of(config: GTPTConfig, module: str) -> str:
    """One of `STAGES`, or "" for what lies between them: joining sequences, adding positions.

    Args:
        module: dotted path in a `GTPT`, such as `coarse.layers.3.attention.qkv`; deployed models have the same paths.
    """
    part, _, inside = module.partition(".")
    if part in ("tokenizer", "head"):
        return part
    kind, _, rest = inside.partition(".")
    place = rest.partition(".")[0]
    if part == "fine" and kind == "split":
        return "split"
    if part in ("coarse", "fine") and kind in ("layers", "cuts") and place:
        return stage_of_layer(config, int(place) + (config.num_mhsa_layers if part == "fine" else 0))
    return ""


def stage_of_layer(config: GTPTConfig, layer: int) -> str:
    """The stage of a layer, counted from 0 over all four stages."""
    ends = accumulate(config.stage_depths)
    return f"stage {next(place for place, end in enumerate(ends, start=1) if layer < end)}"
