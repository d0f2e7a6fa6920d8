"""FastPose: the authors' networks, by names, outputs and cost, and its deformable convolution."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor
from torch.nn import functional

from gtpt_bench.models.blocks.deformable import DeformableConv
from gtpt_bench.models.peers.fastpose import FastPoseConfig, fastpose50_dcn, fastpose50_dcn_wholebody
from gtpt_bench.models.peers.fastpose_net import SqueezeExcite
from gtpt_bench.models.sizes import Size
from tests.models.peers.counting import counted, on_meta
from tests.models.peers.official import Official, filled, needs_parity, relative_difference, same_names_and_shapes

SMALL: dict[str, Any] = {"width": 4, "blocks": (1, 2, 1, 1), "last_width": 8}


@needs_parity
def test_names_shapes_and_the_answer_are_the_authors() -> None:
    official = Official("fastpose50_dcn_wb133")
    network = on_meta(fastpose50_dcn_wholebody().build)
    same_names_and_shapes(network, official)
    filled(network.to_empty(device="cpu"), official.about["rule"])
    with torch.inference_mode():
        maps = network(official.images())
    assert relative_difference(maps, official.outputs["out"]) < 1e-4


# spec/baselines.md §1 and §3.12: params in M, full MACs in G.
@pytest.mark.parametrize(
    ("config", "params_m", "full_g"),
    [
        (fastpose50_dcn(), 41.159, 6.010),
        (fastpose50_dcn_wholebody(), 42.626, 7.798),
        (FastPoseConfig(deformable=False), 40.578, 5.887),
    ],
    ids=["17", "133", "17, not deformable"],
)
def test_cost_is_that_of_the_specification(config: FastPoseConfig, params_m: float, full_g: float) -> None:
    found = counted(config.build, config.input_size)
    assert round(found.params_m, 3) == params_m
    assert found.full_g == pytest.approx(full_g, abs=1e-3)


def test_published_gflops_are_those_of_17_keypoints_with_four_for_each_element_of_a_norm() -> None:
    cost = counted(fastpose50_dcn().build, Size(256, 192)).cost
    assert round((cost.full + 4 * cost.norm_elements) / 1e9, 1) == 6.1
    assert round((cost.full + 2 * cost.norm_elements) / 1e9, 1) == 6.0


def test_counters_that_hook_layers_miss_the_deformable_product() -> None:
    found = counted(fastpose50_dcn_wholebody().build, Size(256, 192))
    assert round(found.printed("thop"), 2) == 6.37
    assert found.cost.attention == 0


# Deformable convolution


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(8, 6), (2, 2)])
def test_offsets_of_zero_give_an_ordinary_convolution(size: tuple[int, int], stride: int) -> None:
    conv = DeformableConv(3, 5, 3, stride=stride)
    x = torch.randn(2, 3, *size)
    ordinary = functional.conv2d(x, conv.weight, stride=stride, padding=1)
    torch.testing.assert_close(conv(x, x.new_zeros(2, 18, *ordinary.shape[2:])), ordinary)


def test_offsets_are_dy_then_dx_of_each_tap_bilinear_and_zero_outside() -> None:
    conv = DeformableConv(2, 3, 3, stride=2).double()
    x, offsets = torch.randn(1, 2, 5, 7).double(), 3 * torch.randn(1, 18, 3, 4).double()
    torch.testing.assert_close(conv(x, offsets)[0], written_out(x[0], offsets[0], conv.weight, stride=2))


def written_out(x_CHW: Tensor, offsets_18hw: Tensor, weight_OCkk: Tensor, *, stride: int) -> Tensor:
    """One cell and one tap after the other."""
    out = x_CHW.new_zeros(len(weight_OCkk), *offsets_18hw.shape[1:])
    for row, column in torch.cartesian_prod(*map(torch.arange, out.shape[1:])).tolist():
        for tap in range(9):
            dy, dx = offsets_18hw[2 * tap : 2 * tap + 2, row, column].tolist()
            y, x = row * stride + tap // 3 - 1 + dy, column * stride + tap % 3 - 1 + dx
            out[:, row, column] += weight_OCkk[:, :, tap // 3, tap % 3] @ bilinear(x_CHW, y, x)
    return out


def bilinear(x_CHW: Tensor, y: float, x: float) -> Tensor:
    total = x_CHW.new_zeros(len(x_CHW))
    for row in range(x_CHW.shape[1]):
        for column in range(x_CHW.shape[2]):
            total += x_CHW[:, row, column] * max(0.0, 1 - abs(y - row)) * max(0.0, 1 - abs(x - column))
    return total


def test_places_are_exact_in_half_precision_too() -> None:
    conv = DeformableConv(4, 4, 3)
    x, offsets = torch.randn(1, 4, 64, 48), torch.randn(1, 18, 64, 48)
    exact, half = conv(x, offsets), conv.bfloat16()(x.bfloat16(), offsets.bfloat16())
    assert half.dtype == torch.bfloat16
    assert (half - exact).abs().mean() < 0.02 * exact.std()


# Quirks of the network


def test_the_first_block_of_each_stage_weighs_its_channels_and_the_first_stage_deforms_nothing() -> None:
    preact = on_meta(fastpose50_dcn().build).get_submodule("preact")
    names = [name for name, _ in preact.named_modules()]
    assert [name for name in names if name.endswith(".se.fc")] == [f"layer{stage}.0.se.fc" for stage in (1, 2, 3, 4)]
    deformed = {name.split(".")[0] for name in names if name.endswith("conv2_offset")}
    assert deformed == {"layer2", "layer3", "layer4"}


def test_squeeze_excite_keeps_all_channels_between_its_layers() -> None:
    weighing = SqueezeExcite(6)
    x = torch.randn(2, 6, 3, 5)
    first, _, second, _ = weighing.fc
    means = x.flatten(2).mean(-1)
    weights = (second(first(means).relu())).sigmoid()
    torch.testing.assert_close(weighing(x), x * weights[..., None, None])
    assert first.weight.shape == (6, 6)


def test_any_input_and_any_keypoints_give_maps_at_a_quarter() -> None:
    config = FastPoseConfig(keypoints="mpii", input_size=Size(128, 96), **SMALL)
    assert config.build()(torch.randn(2, 3, 128, 96)).shape == (2, 16, 32, 24)


def test_from_scratch_nothing_is_deformed_and_every_weight_gets_a_gradient() -> None:
    torch.manual_seed(0)
    network = FastPoseConfig(input_size=Size(96, 64), **SMALL).build()
    (network(torch.randn(4, 3, 96, 64)) - 1).square().mean().backward()
    offsets = {name: weight for name, weight in network.named_parameters() if "offset" in name}
    assert not any(weight.any() for weight in offsets.values())
    assert [name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()] == []


def test_an_input_that_the_stride_does_not_divide_is_refused() -> None:
    with pytest.raises(ValidationError, match="width 200 must be a multiple of 32; nearest: 192 or 224"):
        FastPoseConfig(input_size=Size(256, 200))
