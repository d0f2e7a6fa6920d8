"""The released sizes of GTPT and the tiny ones for quick runs, as configs. Torch-free.

Source: spec/gtpt.md §1. The tiny models are the same code at a small input, width and depth.
"""

from __future__ import annotations

from typing import Any

from gtpt_bench.models.gtpt.config import GTPTConfig

_SIZES: dict[str, dict[str, Any]] = {
    "t": {"width": 128, "tokenizer": {"kind": "shuffle", "channels": 128}},
    "s": {"width": 192, "tokenizer": {"kind": "shuffle", "channels": 256}},
    "b": {"width": 192, "tokenizer": {"kind": "u_shuffle"}},
    "tiny": {
        "input_size": (128, 96),
        "patch_size": (1, 1),
        "width": 96,
        "heads": 4,
        "ffn_ratio": 2,
        "stage_depths": (1, 2, 1, 1),
        "tokenizer": {
            "kind": "pyramid",
            "first_channels": 24,
            "level_channels": (48, 96, 160),
            "level_blocks": (1, 3, 4),
        },
        "initialisation": {"token_std": 0.6, "query_key_gain": 3.0},
    },
}

_DATA_SETS: dict[str, dict[str, Any]] = {
    "coco": {
        "keypoints": "coco",
        "introduction": {"kind": "human_sparse"},
        "pruning": {"keep_rates": (1.0, 0.7, 0.3, 0.1)},
    },
    "wholebody": {
        "keypoints": "wholebody",
        "introduction": {"kind": "human_sparse_dense"},
        "pruning": {"keep_rates": (1.0, 0.7, 0.5, 0.3)},
    },
}

# 116 dense tokens need slots: a grid of 20 x 16 patches, which takes a tokenizer with a finer map than the pyramid's.
_TINY_WHOLEBODY: dict[str, Any] = {
    "input_size": (160, 128),
    "patch_size": (2, 2),
    "tokenizer": {"kind": "u_shuffle", "first_channels": 24, "down_channels": (32, 64, 128), "blocks": 2},
}


def _preset(size: str, data_set: str) -> GTPTConfig:
    values = _SIZES[size] | _DATA_SETS[data_set]
    if (size, data_set) == ("tiny", "wholebody"):
        values |= _TINY_WHOLEBODY
    return GTPTConfig.model_validate(values)


def gtpt_t_coco() -> GTPTConfig:
    return _preset("t", "coco")


def gtpt_s_coco() -> GTPTConfig:
    return _preset("s", "coco")


def gtpt_b_coco() -> GTPTConfig:
    return _preset("b", "coco")


def gtpt_tiny_coco() -> GTPTConfig:
    return _preset("tiny", "coco")


def gtpt_t_wholebody() -> GTPTConfig:
    return _preset("t", "wholebody")


def gtpt_s_wholebody() -> GTPTConfig:
    return _preset("s", "wholebody")


def gtpt_b_wholebody() -> GTPTConfig:
    return _preset("b", "wholebody")


def gtpt_tiny_wholebody() -> GTPTConfig:
    return _preset("tiny", "wholebody")
