"""EfficientPose: the authors' networks, by names, outputs and cost, and what sets their blocks apart."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from gtpt_bench.models.blocks.added import Added
from gtpt_bench.models.peers.efficientpose import EfficientPoseConfig, efficientpose_b, efficientpose_c
from gtpt_bench.models.sizes import Size
from tests.models.peers.counting import counted, on_meta
from tests.models.peers.official import Official, filled, needs_parity, relative_difference, same_names_and_shapes

PRESETS = {"efficientpose_b": efficientpose_b(), "efficientpose_c": efficientpose_c()}
SMALL: dict[str, Any] = {
    "stages": [
        {"width": 8, "blocks": ["k3_e2", "skip"]},
        {"width": 12, "blocks": ["k5_e1", "k7_e3"]},
        {"width": 16, "blocks": ["k3_e1"]},
    ],
    "head_filters": [8, 6],
}


@needs_parity
@pytest.mark.parametrize("name", PRESETS)
def test_names_and_shapes_are_the_authors(name: str) -> None:
    same_names_and_shapes(on_meta(PRESETS[name].build), Official(name))


@needs_parity
def test_the_answer_is_that_of_the_official_network() -> None:
    official = Official("efficientpose_b")
    network = filled(efficientpose_b().build(), official.about["rule"])
    with torch.inference_mode():
        maps = network(official.images())
    assert relative_difference(maps, official.outputs["out"]) < 1e-4


# spec/baselines.md §1: params in M, full MACs in G.
@pytest.mark.parametrize(
    ("name", "params_m", "full_g"), [("efficientpose_b", 3.253, 1.046), ("efficientpose_c", 5.002, 1.397)]
)
def test_cost_is_that_of_the_specification(name: str, params_m: float, full_g: float) -> None:
    config = PRESETS[name]
    found = counted(config.build, config.input_size)
    assert round(found.params_m, 3) == params_m
    assert found.full_g == pytest.approx(full_g, abs=1e-3)


def test_published_gflops_follow_two_different_rules() -> None:
    b, c = (counted(config.build, config.input_size) for config in PRESETS.values())
    assert round(b.printed("N"), 2) == 1.08  # published: 1.1
    at_output_g = sum(operator.macs_at_output for operator in c.trace.operators) / 1e9
    assert round(at_output_g, 2) == 1.57  # published: 1.6
    assert round(c.printed("N"), 1) == 1.4


def test_b_and_c_have_34_blocks_and_one_skip_each_that_keeps_its_number() -> None:
    for config, skip in ((efficientpose_b(), 30), (efficientpose_c(), 4)):
        blocks = [*on_meta(config.build).get_submodule("blocks.stages").named_children()]
        assert len(blocks) == 34
        assert [name for name, block in blocks if isinstance(block, nn.Identity)] == [f"x{skip}_skip"]


def test_a_block_adds_its_input_where_neither_width_nor_size_changes() -> None:
    network = EfficientPoseConfig.model_validate(SMALL | {"input_size": Size(64, 32)}).build()
    kinds = {name: type(block) for name, block in network.blocks.stages.named_children()}
    assert kinds == {
        "x0_ir_k3_e2": nn.Sequential,
        "x1_skip": nn.Identity,
        "x2_ir_k5_e1": nn.Sequential,
        "x3_ir_k7_e3": Added,
        "x4_ir_k3_e1": nn.Sequential,
    }
    assert network.blocks.stages.x3_ir_k7_e3.dw.conv.weight.shape == (3 * 12, 1, 7, 7)


def test_no_block_ends_in_a_relu() -> None:
    network = EfficientPoseConfig.model_validate(SMALL | {"input_size": Size(64, 32)}).build().eval()
    assert network.blocks.stages.x0_ir_k3_e2(torch.randn(1, 24, 8, 8)).min() < 0
    assert network.first(torch.randn(1, 3, 8, 8)).min() < 0


def test_any_input_and_any_keypoints_give_maps_at_a_quarter() -> None:
    config = EfficientPoseConfig.model_validate(SMALL | {"keypoints": "mpii", "input_size": (128, 96)})
    assert config.build()(torch.randn(2, 3, 128, 96)).shape == (2, 16, 32, 24)


def test_from_scratch_every_weight_gets_a_gradient() -> None:
    torch.manual_seed(0)
    network = EfficientPoseConfig.model_validate(SMALL | {"input_size": Size(64, 64)}).build()
    (network(torch.randn(4, 3, 64, 64)) - 1).square().mean().backward()
    assert [name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()] == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input_size": (250, 192)}, "height 250 must be a multiple of 16; nearest: 240 or 256"),
        ({"stages": [{"width": 8, "blocks": ["skip"]}]}, "first block of a stage"),
        ({"stages": [{"width": 8, "blocks": ["k4_e3"]}]}, "should match pattern"),
        ({"stages": [{"width": 8, "blocks": ["k3_e3"]}]}, "strides must lead to 16, .*; got 4"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        EfficientPoseConfig.model_validate(changes)
