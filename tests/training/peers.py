"""Every family of peers made small enough for a step in some ten milliseconds: narrow, shallow, of small crops."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from gtpt_bench.models import ModelConfig, model_config

CROP = [64, 96]
DECONVS = {"deconv_width": 8}
STEM = {"kind": "stem", "width": 4}
TOKENS: dict[str, Any] = {"trunk": STEM, "width": 16, "heads": 2, "ffn_ratio": 1}

PYRAMID = {"widths": [8, 16, 16, 32], "heads": [1, 2, 2, 4], **DECONVS}
TRANSFORMER = {"width": 16, "heads": 2, "expansion": 1, "head_filters": [8, 8]}
STAGE = {"width": 8, "blocks": ["k3_e2"]}

NARROW: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "simplebaseline": {"width": 4, **DECONVS},
        "hrnet": {"width": 4},
        "litehrnet": {"width": 32},
        "efficientpose": {"stages": [STAGE, STAGE, STAGE, STAGE | {"stride": 1}], "head_filters": [8, 8]},
        "transpose": {"trunk.width": 4, "width": 16, "heads": 2, "hidden": 16, **DECONVS},
        "tokenpose": TOKENS,
        "ppt": TOKENS,
        "distilpose": TOKENS,
        "vitpose": TRANSFORMER,
        "vitpose_plus": TRANSFORMER | {"expert_width": 8},
        "rtmpose": {"stem_width": 8, "widths": [8, 16, 16, 32], "token_width": 16, "gate_width": 16, "key_width": 8},
        "deeppose": {"width": 4},
        "pvt": PYRAMID,
        "fastpose": {"width": 4, "last_width": 8},
        "hevitpose": {"widths": [16, 16, 32], "heads": [1, 1, 1], "head_filters": [8, 8]},
    }
)
"""By family; switches, depths and schedules are left as they are."""

SHALLOW: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "simplebaseline_res50": {},
        "hrnet_w32": {},
        "litehrnet_18": {"modules": [1, 1, 1]},
        "efficientpose_b": {},
        "transpose_r_a4": {"depth": 2},
        "tokenpose_s_v1": {"depth": 2},
        "ppt_s": {"depth": 2, "pruning.schedule.shares": {0: 0.5}},
        "distilpose_s": {"depth": 2},
        "vitpose_s": {"depth": 2},
        "vitpose_plus_s": {"depth": 2},
        "rtmpose_m_coco": {"blocks": [1, 1, 1, 1]},
        "deeppose_res50": {},
        "pvt_s": {"depths": [1, 1, 1, 1]},
        "pvtv2_b2": {"depths": [1, 1, 1, 1]},
        "fastpose50_dcn": {},
        "hevitpose_t": {"keypoints": "coco", "depths": [1, 1, 1]},
    }
)
"""A model of each family, with fewer layers."""


def narrow(model: ModelConfig) -> Mapping[str, Any]:
    """Changes that make a network of the same family cheap."""
    return NARROW[model.family]


def small_peer(name: str, **changes: Any) -> ModelConfig:
    own = model_config(name)
    return own.changed({"input_size": CROP, **narrow(own), **SHALLOW[name], **changes})
