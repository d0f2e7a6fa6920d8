"""DeepPose: mmpose's network, by names, outputs and cost."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from gtpt_bench.models.peers.deeppose import DeepPoseConfig, deeppose_res50, deeppose_res101_wholebody
from gtpt_bench.models.sizes import Size
from tests.models.peers.counting import counted, on_meta
from tests.models.peers.official import Official, filled, needs_parity, relative_difference, same_names_and_shapes

OFFICIAL = Official("mm_deeppose_r50")


@needs_parity
def test_names_and_shapes_are_those_of_mmpose() -> None:
    same_names_and_shapes(on_meta(deeppose_res50().build), OFFICIAL)


@needs_parity
def test_the_answer_is_that_of_the_official_network() -> None:
    network = filled(deeppose_res50().build(), OFFICIAL.about["rule"])
    with torch.inference_mode():
        coordinates = network(OFFICIAL.images())
    assert relative_difference(coordinates, OFFICIAL.outputs["out"]) < 1e-4


@needs_parity
def test_cost_on_coco_is_that_of_the_official_network() -> None:
    found = counted(deeppose_res50().build, deeppose_res50().input_size)
    assert found.params_m == pytest.approx(OFFICIAL.about["params_m"], abs=5e-5)
    assert found.full_g == pytest.approx(OFFICIAL.about["macs_g"], abs=1e-4)


@pytest.mark.parametrize(("depth", "full_g"), [(50, 9.009), (101, 17.191), (152, 25.373)])
def test_cost_on_wholebody_is_that_of_the_specification(depth: int, full_g: float) -> None:
    config = deeppose_res101_wholebody().changed({"depth": depth})
    assert counted(config.build, config.input_size).full_g == pytest.approx(full_g, abs=1e-3)


def test_params_and_published_cost_on_wholebody() -> None:
    config = deeppose_res101_wholebody()
    found = counted(config.build, config.input_size)
    assert found.params_m == pytest.approx(43.045, abs=5e-4)
    assert round(found.printed("N"), 1) == 17.3


def test_coordinates_are_a_pair_for_each_keypoint_and_nothing_bounds_them() -> None:
    network = DeepPoseConfig(width=4, keypoints="mpii", input_size=Size(64, 32)).build()
    torch.nn.init.constant_(network.head.fc.bias, -3.0)
    coordinates = network(torch.randn(2, 3, 64, 32))
    assert coordinates.shape == (2, 16, 2)
    assert (coordinates < -1).all()


@pytest.mark.parametrize("height", [0, -64, 100])
def test_an_input_that_the_stride_does_not_divide_is_refused(height: int) -> None:
    with pytest.raises(ValidationError, match=f"height {height} must be a multiple of 32"):
        DeepPoseConfig(input_size=Size(height, 64))


def test_outputs_are_x_and_y_in_turn() -> None:
    network = DeepPoseConfig(width=4, input_size=Size(32, 32)).build().eval()
    torch.nn.init.zeros_(network.head.fc.weight)
    network.head.fc.bias.data = torch.arange(34.0)
    first, second, *_ = network(torch.zeros(1, 3, 32, 32))[0].tolist()
    assert (first, second) == ([0, 1], [2, 3])


def test_from_scratch_every_weight_gets_a_gradient() -> None:
    torch.manual_seed(0)
    network = DeepPoseConfig(width=8, input_size=Size(64, 64)).build()
    (network(torch.randn(4, 3, 64, 64)) - 0.5).square().mean().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())
