"""The table of models: name to the function that gives its config. Literal and torch-free."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field

from gtpt_bench.errors import InputError
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.peers.deeppose import DeepPoseConfig
from gtpt_bench.models.peers.distilpose import DistilPoseConfig
from gtpt_bench.models.peers.efficientpose import EfficientPoseConfig
from gtpt_bench.models.peers.fastpose import FastPoseConfig
from gtpt_bench.models.peers.hevitpose import HEViTPoseConfig
from gtpt_bench.models.peers.hrnet import HRNetConfig
from gtpt_bench.models.peers.litehrnet import LiteHRNetConfig
from gtpt_bench.models.peers.ppt import PPTConfig
from gtpt_bench.models.peers.pvt import PvtConfig
from gtpt_bench.models.peers.rtmpose import RTMPoseConfig
from gtpt_bench.models.peers.simplebaseline import SimpleBaselineConfig
from gtpt_bench.models.peers.tokenpose import TokenPoseConfig
from gtpt_bench.models.peers.transpose import TransPoseConfig
from gtpt_bench.models.peers.vitpose import ViTPoseConfig
from gtpt_bench.models.peers.vitpose_plus import ViTPosePlusConfig

ModelConfig = Annotated[
    GTPTConfig
    | SimpleBaselineConfig
    | HRNetConfig
    | LiteHRNetConfig
    | EfficientPoseConfig
    | TransPoseConfig
    | TokenPoseConfig
    | DistilPoseConfig
    | PPTConfig
    | ViTPoseConfig
    | ViTPosePlusConfig
    | RTMPoseConfig
    | DeepPoseConfig
    | PvtConfig
    | FastPoseConfig
    | HEViTPoseConfig,
    Field(discriminator="family"),
]
"""Config of any model, told apart by `family`."""

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
        "simplebaseline_res50": "gtpt_bench.models.peers.simplebaseline:simplebaseline_res50",
        "simplebaseline_res101": "gtpt_bench.models.peers.simplebaseline:simplebaseline_res101",
        "simplebaseline_res152": "gtpt_bench.models.peers.simplebaseline:simplebaseline_res152",
        "simplebaseline_res50_wholebody": "gtpt_bench.models.peers.simplebaseline:simplebaseline_res50_wholebody",
        "hrnet_w32": "gtpt_bench.models.peers.hrnet:hrnet_w32",
        "hrnet_w48": "gtpt_bench.models.peers.hrnet:hrnet_w48",
        "hrnet_w32_wholebody": "gtpt_bench.models.peers.hrnet:hrnet_w32_wholebody",
        "litehrnet_18": "gtpt_bench.models.peers.litehrnet:litehrnet_18",
        "litehrnet_30": "gtpt_bench.models.peers.litehrnet:litehrnet_30",
        "efficientpose_b": "gtpt_bench.models.peers.efficientpose:efficientpose_b",
        "efficientpose_c": "gtpt_bench.models.peers.efficientpose:efficientpose_c",
        "transpose_r_a4": "gtpt_bench.models.peers.transpose:transpose_r_a4",
        "transpose_h_s": "gtpt_bench.models.peers.transpose:transpose_h_s",
        "tokenpose_s_v1": "gtpt_bench.models.peers.tokenpose:tokenpose_s_v1",
        "tokenpose_b": "gtpt_bench.models.peers.tokenpose:tokenpose_b",
        "distilpose_s": "gtpt_bench.models.peers.distilpose:distilpose_s",
        "distilpose_l": "gtpt_bench.models.peers.distilpose:distilpose_l",
        "ppt_s": "gtpt_bench.models.peers.ppt:ppt_s",
        "ppt_b": "gtpt_bench.models.peers.ppt:ppt_b",
        "vitpose_s": "gtpt_bench.models.peers.vitpose:vitpose_s",
        "vitpose_plus_s": "gtpt_bench.models.peers.vitpose_plus:vitpose_plus_s",
        "vitpose_plus_s_wholebody": "gtpt_bench.models.peers.vitpose_plus:vitpose_plus_s_wholebody",
        "vitpose_plus_h_wholebody": "gtpt_bench.models.peers.vitpose_plus:vitpose_plus_h_wholebody",
        "rtmpose_m_coco": "gtpt_bench.models.peers.rtmpose:rtmpose_m_coco",
        "rtmpose_m_wholebody": "gtpt_bench.models.peers.rtmpose:rtmpose_m_wholebody",
        "rtmpose_l_wholebody": "gtpt_bench.models.peers.rtmpose:rtmpose_l_wholebody",
        "deeppose_res50": "gtpt_bench.models.peers.deeppose:deeppose_res50",
        "deeppose_res101_wholebody": "gtpt_bench.models.peers.deeppose:deeppose_res101_wholebody",
        "pvt_s": "gtpt_bench.models.peers.pvt:pvt_s",
        "pvtv2_b2": "gtpt_bench.models.peers.pvt:pvtv2_b2",
        "pvtv2_b2_wholebody": "gtpt_bench.models.peers.pvt:pvtv2_b2_wholebody",
        "fastpose50_dcn": "gtpt_bench.models.peers.fastpose:fastpose50_dcn",
        "fastpose50_dcn_wholebody": "gtpt_bench.models.peers.fastpose:fastpose50_dcn_wholebody",
        "hevitpose_t": "gtpt_bench.models.peers.hevitpose:hevitpose_t",
        "hevitpose_s": "gtpt_bench.models.peers.hevitpose:hevitpose_s",
        "hevitpose_b": "gtpt_bench.models.peers.hevitpose:hevitpose_b",
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
        raise InputError(unknown_model(name))
    module, function = MODELS[name].split(":")
    config: ModelConfig = getattr(import_module(module), function)()
    return config.changed(changes) if changes else config


def unknown_model(name: str) -> str:
    """What is meant, where a name is near enough to tell, else all that are known."""
    near = difflib.get_close_matches(name, MODELS, n=3)
    if not near:
        return f"unknown model {name!r}; known: {', '.join(MODELS)}"
    return f"unknown model {name!r}; did you mean {' or '.join(near)}? gtpt-study models lists all {len(MODELS)}"
