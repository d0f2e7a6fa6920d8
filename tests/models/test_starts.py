"""First values that differ from the release's: linear layers (ablations.md S1) and part tokens (S9)."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from gtpt_bench.models import model_config
from gtpt_bench.models.gtpt.fine_layers.weights_net import Difference, ResidualLinear
from gtpt_bench.models.gtpt.model import GTPT
from tests.models.small import BODY, WHOLE_BODY, built

TRUNCATED = {"initialisation": {"linear": "trunc_normal", "query_key_gain": 1.0}}
DEFAULT = {"initialisation": {"query_key_gain": 1.0}}


def linears(model: GTPT) -> dict[str, nn.Linear]:
    return {name: m for name, m in model.named_modules() if isinstance(m, nn.Linear) and not isinstance(m, Difference)}


@pytest.mark.parametrize("weights", ["shared", "ffn", "attn_ffn", "ffn_residual"])
def test_all_linear_layers_may_start_truncated_normal_without_bias(weights: str) -> None:
    model = built(BODY, {**TRUNCATED, "width": 32, "fine_layers.weights": {"kind": weights}})
    found = linears(model)
    assert {"tokenizer.patches.projection", "fine.split.gate.reduce", "head.x.1", "coarse.layers.0.attention.qkv"} <= {
        *found
    }
    for linear in found.values():
        assert linear.weight.std().item() == pytest.approx(0.02, rel=0.1)
        assert linear.bias is None or not linear.bias.any()
    for module in model.modules():
        if isinstance(module, ResidualLinear):
            assert module.weight.std().item() == pytest.approx(0.02, rel=0.1)
            assert not any(parameter.any() for own in module.own for parameter in own.parameters())


def test_linear_layers_start_as_the_framework_does_by_default() -> None:
    """Uniform within 1 / √fan_in, of which the standard deviation is 1 / √(3 fan_in), biases too."""
    model = built(BODY, {**DEFAULT, "width": 32})
    for linear in linears(model).values():
        bound = linear.in_features**-0.5
        assert linear.weight.abs().max() <= bound
        assert linear.weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.1)
        assert linear.bias is None or linear.bias.any()


def test_the_start_of_linear_layers_leaves_everything_else_alone() -> None:
    plain, truncated = (dict(built(BODY, changes).named_parameters()) for changes in (DEFAULT, TRUNCATED))
    for name, parameter in plain.items():
        if "norm" in name or name == "position":
            assert torch.equal(parameter, truncated[name])


@pytest.mark.parametrize("introduction", ["human_sparse_dense", "sparse_dense"])
def test_part_tokens_may_start_as_the_joints_they_hang_on(introduction: str) -> None:
    changes = {"introduction": {"kind": introduction}, "initialisation.part_tokens": "joints"}
    tokens = built(WHOLE_BODY, changes).tokens
    nose, left_wrist, right_wrist, left_ankle, right_ankle = 0, 9, 10, 15, 16
    joints = [nose, left_wrist, right_wrist, left_ankle, right_ankle]  # face, hands, feet
    assert torch.equal(tokens.part_tokens, tokens.body_tokens[:, joints])
    usual = built(WHOLE_BODY, {"introduction": {"kind": introduction}}).tokens
    assert not torch.isin(usual.part_tokens, usual.body_tokens).any()


def test_parts_of_an_own_keypoint_set_start_as_their_anchors() -> None:
    keypoints: dict[str, Any] = {
        "name": "glove",
        "names": ["thumb_tip", "wrist", "index_tip", "elbow"],
        "dense_parts": {"fingers": {"keypoints": ["thumb_tip", "index_tip"], "anchor": "wrist"}},
        "groups": {"paper": {"all": ["thumb_tip", "wrist", "index_tip", "elbow"]}},
    }
    changes = {"keypoints": keypoints, "introduction": {"kind": "sparse_dense"}}
    tokens = built(BODY, {**changes, "initialisation.part_tokens": "joints"}).tokens
    assert torch.equal(tokens.part_tokens[0, 0], tokens.body_tokens[0, 0])  # the wrist is the first sparse keypoint


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("gtpt_s_coco", {}),
        ("gtpt_s_wholebody", {"introduction": {"kind": "all_at_start"}}),
        ("gtpt_s_wholebody", {"introduction.dense_tokens": {"kind": "learned"}}),
    ],
)
def test_the_start_of_part_tokens_is_refused_where_there_are_none(name: str, changes: dict[str, Any]) -> None:
    message = (
        r"initialisation\.part_tokens joints.*has none here; use human_sparse_dense or sparse_dense with dense_tok"
    )
    with pytest.raises(ValidationError, match=message):
        model_config(name, {**changes, "initialisation.part_tokens": "joints"})


def test_released_models_start_as_released() -> None:
    for name in ("gtpt_s_coco", "gtpt_b_wholebody"):
        start = model_config(name).initialisation
        assert (start.linear, start.part_tokens, start.token_std, start.query_key_gain) == (
            "default",
            "random",
            0.02,
            1,
        )
