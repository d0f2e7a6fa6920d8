"""The closed form equals the operator trace whatever is switched, stays torch-free and takes no time."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import nn

from gtpt_bench.efficiency.counting.macs import measured_cost
from gtpt_bench.models import build_model, model_config
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.models.gtpt.config import GTPTConfig

OWN: Mapping[str, Any] = {
    "name": "mouse",
    "names": ["nose", "left_ear", "right_ear", "tail_root", "tail_tip"],
    "flip_pairs": [["left_ear", "right_ear"]],
    "dense_parts": {"tail": {"keypoints": ["tail_tip"], "anchor": "tail_root"}},
    "groups": {
        "paper": {"head": [0, 1, 2], "rest": ["tail_root", "tail"]},
        "per_limb": {"nose": [0], "ears": [1, 2], "root": [3], "tip": ["tail"]},
    },
}
NUM_SPARSE = {"coco": 17, "wholebody": 17, "mpii": 16, "mouse": 4}


def kinds(*names: str, **values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"kind": st.sampled_from(names), **values})


TOKENIZERS: tuple[Mapping[str, Any], ...] = (
    {"kind": "linear"},
    {"kind": "shuffle", "channels": 8, "blocks": 1},
    {"kind": "shuffle", "channels": 16, "blocks": 2, "dw_kernel": 7},
    {"kind": "resnet", "first_channels": 4, "middle": 2, "blocks": 1},
    {"kind": "convnext_bn", "channels": 8, "blocks": 1},
    {"kind": "convnext_v2", "channels": 8, "blocks": 1, "kernel": 5},
    {"kind": "convnext_v2", "channels": 4, "blocks": 0},
    {"kind": "u_shuffle", "first_channels": 4, "down_channels": (8, 16, 16), "blocks": 1},
    {"kind": "pyramid", "level_channels": (4, 8, 8), "level_blocks": (0, 1, 1)},
)
HRNET: Mapping[str, Any] = {"kind": "hrnet", "width": 4}
"""Drawn half as often: it has as many operators as all others together."""
DENSE_TOKENS = kinds("part_add", "learned", "part_scale", "part_sigmoid_scale")
LAYER = st.none() | st.integers(0, 3)
BODY_INTRODUCTIONS = st.one_of(
    kinds("human_sparse", "human_sparse_keep_human", layer=LAYER),
    kinds("human_parts_sparse", layers=st.none() | st.just((0, 1))),
    kinds("all_at_start"),
)
DENSE_INTRODUCTIONS = st.one_of(
    kinds("human_sparse_dense", layer=LAYER, dense_tokens=DENSE_TOKENS),
    kinds("sparse_dense", dense_tokens=DENSE_TOKENS),
    kinds("all_at_start"),
)
GROUPINGS = st.one_of(
    kinds("paper", "per_limb", "left_right", "one", "off"),
    kinds("random", seed=st.integers(0, 9), num_groups=st.integers(1, 4)),
)
FINE_LAYERS = st.fixed_dictionaries(
    {
        "exchange": kinds("sparse", "isolated", "full"),
        "weights": kinds("shared", "ffn", "attn_ffn", "ffn_residual"),
        "ffn_ratio": st.sampled_from([None, 1, 3]),
        "ffn_dropout": st.sampled_from([0, 0.1]),
        "ffn_drop_path": st.sampled_from([0, 0.1]),
    }
)
SCORES = kinds("softmax_pool", "attention_mean", "attention_max", "human", "random", "feature_norm", "oracle")


@st.composite
def any_config(draw: st.DrawFn) -> GTPTConfig:
    """A config from the product of all axes; combinations that are refused are drawn anew."""
    keypoints = draw(st.sampled_from(["coco", "mpii", "mouse", "coco", "mpii", "mouse", "wholebody"]))
    dense = keypoints in ("wholebody", "mouse")
    introduction = draw(DENSE_INTRODUCTIONS if dense else BODY_INTRODUCTIONS)
    if introduction["kind"] == "human_parts_sparse":
        introduction["region_sizes"] = (NUM_SPARSE[keypoints] - 7, 4, 3)
    tokenizer, grouping = draw(st.sampled_from([*TOKENIZERS, *TOKENIZERS, HRNET])), draw(GROUPINGS)
    depths = draw(st.tuples(*[st.sampled_from([1, 1, 2])] * 4))
    sizes, patches = ([(96, 96)], [(2, 2)]) if keypoints == "wholebody" else ([(32, 48), (48, 48)], [(1, 1), (2, 3)])
    values: dict[str, Any] = {
        "keypoints": dict(OWN) if keypoints == "mouse" else keypoints,
        "input_size": draw(st.sampled_from(sizes)),
        "patch_size": (1, 1) if tokenizer["kind"] == "pyramid" else draw(st.sampled_from(patches)),
        "tokenizer": tokenizer,
        "width": draw(st.sampled_from([4, 8])),
        "heads": draw(st.sampled_from([1, 2, 4])),
        "ffn_ratio": draw(st.integers(1, 3)),
        "stage_depths": depths,
        "introduction": introduction,
        "grouping": grouping,
        "channel_gate": draw(st.none() | st.fixed_dictionaries({"reduction": st.sampled_from([1, 2, 4])})),
        "pruning": draw(prunings(depths, least=0.6 if keypoints == "wholebody" else 0.2)),
        "head": draw(kinds("plain", "split", "two_head")),
        "split_ratio": draw(st.integers(1, 3)),
        "initialisation": {"linear": draw(st.sampled_from(["default", "trunc_normal"]))},
    }
    if grouping["kind"] != "off":
        values["split_point"] = draw(st.sampled_from(["before_fine_layers", "inside_first_fine_layer"]))
        values["fine_layers"] = draw(FINE_LAYERS)
    try:
        return GTPTConfig.model_validate(values)
    except ValidationError:
        assume(False)
        raise


def prunings(depths: tuple[int, ...], *, least: float) -> st.SearchStrategy[dict[str, Any]]:
    """Rates a stage or a layer from 1 downwards."""
    drops = st.sampled_from([4, sum(depths)]).flatmap(
        lambda count: st.lists(st.sampled_from([0.3, 0, 0.7, 0, 1]), min_size=count, max_size=count)
    )
    return st.fixed_dictionaries(
        {
            "keep_rates": drops.map(lambda found: [1 - (1 - least) * drop for drop in sorted(found)]),
            "in_fine_layers": st.booleans(),
            "score": SCORES,
            "selection": kinds("topk", "gumbel_topk"),
            "dropped": kinds("dropped", "fused", "merged"),
        }
    )


ANY = settings(derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


@settings(ANY, max_examples=40)
@given(config=any_config())
def test_closed_form_equals_the_trace_field_by_field(config: GTPTConfig) -> None:
    assert gtpt_cost(config) == measured_cost(without_weights(config))


@pytest.mark.long
@settings(ANY, max_examples=400)
@given(config=any_config())
def test_closed_form_equals_the_trace_of_hundreds_of_configs(config: GTPTConfig) -> None:
    assert gtpt_cost(config) == measured_cost(without_weights(config))


def without_weights(config: GTPTConfig) -> nn.Module:
    """A model that has shapes alone, and so is made at once."""
    with torch.device("meta"):
        return build_model(config)


EVERY_AXIS: Mapping[str, Any] = {
    "keypoints": dict(OWN),
    "input_size": (128, 96),
    "patch_size": (2, 3),
    "tokenizer": {"kind": "convnext_v2", "kernel": 5},
    "width": 32,
    "heads": 4,
    "ffn_ratio": 2,
    "stage_depths": (2, 3, 2, 4),
    "introduction": {"kind": "human_sparse_dense", "layer": 3, "dense_tokens": {"kind": "part_sigmoid_scale"}},
    "groups": {"head": ["nose", "left_ear", "right_ear"], "rest": [3, "tail"]},
    "split_point": "inside_first_fine_layer",
    "channel_gate": {"reduction": 4},
    "fine_layers": {
        "exchange": {"kind": "full"},
        "weights": {"kind": "ffn_residual"},
        "ffn_ratio": 3,
        "ffn_dropout": 0.1,
        "ffn_drop_path": 0.1,
    },
    "pruning": {
        "keep_rates": (1, 1, 0.9, 0.8, 0.7, 0.6, 0.6, 0.5, 0.4, 0.4, 0.4),
        "in_fine_layers": False,
        "full_pass_keep_rates": (1, 1, 0.9, 0.9),
        "score": {"kind": "attention_max"},
        "selection": {"kind": "gumbel_topk"},
        "dropped": {"kind": "merged"},
    },
    "head": {"kind": "two_head"},
    "split_ratio": 3,
    "initialisation": {"linear": "trunc_normal", "part_tokens": "joints", "token_std": 0.1, "query_key_gain": 2.0},
}


def test_a_config_that_uses_every_axis_has_its_cost_without_torch() -> None:
    config = GTPTConfig.model_validate(EVERY_AXIS)
    assert not [name for name in GTPTConfig.model_fields if getattr(config, name) == getattr(GTPTConfig(), name)][1:]
    script = (
        "import sys, json; from gtpt_bench.models.gtpt.closed_form import gtpt_cost;"
        "from gtpt_bench.models.gtpt.config import GTPTConfig;"
        "print(gtpt_cost(GTPTConfig.model_validate(json.loads(sys.argv[1]))));"
        "assert 'torch' not in sys.modules"
    )
    command = [sys.executable, "-c", script, json.dumps(EVERY_AXIS)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    with torch.device("meta"):
        assert answer.stdout.strip() == str(gtpt_cost(config)) == str(measured_cost(build_model(config)))


def test_a_closed_form_takes_milliseconds() -> None:
    """Of the processor, the best of three: machines that test are busy with something else too."""
    for config in (GTPTConfig.model_validate(EVERY_AXIS), model_config("gtpt_b_wholebody")):
        took = []
        for _ in range(3):
            start = time.process_time()
            gtpt_cost(config)
            took.append(time.process_time() - start)
        assert min(took) < 0.05
