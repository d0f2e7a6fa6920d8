"""SimpleBaseline: the authors' networks, by names, outputs and cost."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from gtpt_bench.models.peers.simplebaseline import (
    SimpleBaselineConfig,
    simplebaseline_res50,
    simplebaseline_res50_wholebody,
    simplebaseline_res101,
    simplebaseline_res152,
)
from gtpt_bench.models.sizes import Size
from tests.models.peers.counting import counted, on_meta
from tests.models.peers.official import Official, filled, needs_parity, relative_difference, same_names_and_shapes

PRESETS = {
    "simplebaseline_res50": simplebaseline_res50(),
    "simplebaseline_res101": simplebaseline_res101(),
    "simplebaseline_res152": simplebaseline_res152(),
    "simplebaseline_res50_wholebody": simplebaseline_res50_wholebody(),
}
# spec/baselines.md §1 and §6: params in M, full MACs in G, convention H, deconvolutions counted too often in G.
FIGURES = {
    "simplebaseline_res50": (34.000, 5.426, 8.99, 4.228),
    "simplebaseline_res101": (52.992, 9.063, 12.38, 4.228),
    "simplebaseline_res152": (68.635, 12.699, 15.76, 4.228),
    "simplebaseline_res50_wholebody": (34.030, 12.415, 20.42, 9.513),
}


@needs_parity
@pytest.mark.parametrize("name", ["simplebaseline_res50", "simplebaseline_res101", "simplebaseline_res152"])
def test_names_and_shapes_are_the_authors(name: str) -> None:
    same_names_and_shapes(on_meta(PRESETS[name].build), Official(name))


@needs_parity
def test_the_answer_is_that_of_the_official_network() -> None:
    official = Official("simplebaseline_res50")
    network = filled(simplebaseline_res50().build(), official.about["rule"])
    with torch.inference_mode():
        maps = network(official.images())
    assert relative_difference(maps, official.outputs["out"]) < 1e-4


@pytest.mark.parametrize("name", PRESETS)
def test_cost_is_that_of_the_specification(name: str) -> None:
    config = PRESETS[name]
    found = counted(config.build, config.input_size)
    params_m, full_g, in_h, over_counted_g = FIGURES[name]
    at_output = sum(operator.macs_at_output - operator.macs for operator in found.trace.operators)
    assert found.params_m == pytest.approx(params_m, abs=5e-4)
    assert found.full_g == pytest.approx(full_g, abs=1e-3)
    assert found.printed("H") == pytest.approx(in_h, abs=5e-3)
    assert at_output / 1e9 == pytest.approx(over_counted_g, abs=1e-3)


def test_mmpose_names_the_same_network_with_prefixes() -> None:
    small = SimpleBaselineConfig(width=4, deconv_width=8, keypoints="mpii", input_size=Size(64, 32))
    authors, mmpose = small.build().eval(), small.changed({"key_names": "mmpose"}).build().eval()
    bare = {name: name.removeprefix("backbone.").removeprefix("head.") for name in mmpose.state_dict()}
    assert all(name.startswith(("backbone.", "head.")) for name in bare)
    weights = authors.state_dict()
    mmpose.load_state_dict({name: weights[without] for name, without in bare.items()})
    images = torch.randn(2, 3, 64, 32)
    torch.testing.assert_close(authors(images), mmpose(images))


def test_any_input_and_any_keypoints_give_maps_at_a_quarter() -> None:
    config = SimpleBaselineConfig(width=4, deconv_width=8, keypoints="mpii", input_size=Size(64, 96))
    assert config.build()(torch.randn(2, 3, 64, 96)).shape == (2, 16, 16, 24)


def test_an_input_that_the_stride_does_not_divide_is_refused_with_sizes_that_would_do() -> None:
    with pytest.raises(ValidationError, match="height 250 must be a multiple of 32; nearest: 224 or 256"):
        SimpleBaselineConfig(input_size=Size(250, 192))


def test_from_scratch_all_maps_start_near_zero_and_every_weight_gets_a_gradient() -> None:
    torch.manual_seed(0)
    network: nn.Module = SimpleBaselineConfig(width=8, deconv_width=16, input_size=Size(64, 64)).build()
    maps = network(torch.randn(4, 3, 64, 64))
    (maps - 1).square().mean().backward()
    assert maps.detach().abs().max() < 0.1
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())
