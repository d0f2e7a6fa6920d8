"""HRNet: the authors' networks, by names, outputs and cost."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from gtpt_bench.models.peers.hrnet import HRNetConfig, hrnet_w32, hrnet_w32_wholebody, hrnet_w48
from gtpt_bench.models.sizes import Size
from tests.models.peers.counting import counted, on_meta
from tests.models.peers.official import Official, filled, needs_parity, relative_difference, same_names_and_shapes

PRESETS = {"hrnet_w32": hrnet_w32(), "hrnet_w48": hrnet_w48(), "hrnet_w32_wholebody": hrnet_w32_wholebody()}
# spec/baselines.md §1: params in M, full MACs in G, convention H.
FIGURES = {
    "hrnet_w32": (28.536, 7.645, 7.12),
    "hrnet_w48": (63.596, 15.692, 14.61),
    "hrnet_w32_wholebody": (28.540, 17.227, 16.04),
}


@needs_parity
@pytest.mark.parametrize("name", ["hrnet_w32", "hrnet_w48"])
def test_names_and_shapes_are_the_authors(name: str) -> None:
    network = on_meta(PRESETS[name].build)
    same_names_and_shapes(network, Official(name))
    assert len(network.state_dict()) == 1754


@needs_parity
def test_the_answer_is_that_of_the_official_network() -> None:
    official = Official("hrnet_w32")
    network = filled(hrnet_w32().build(), official.about["rule"])
    with torch.inference_mode():
        maps = network(official.images())
    assert relative_difference(maps, official.outputs["out"]) < 1e-4


@pytest.mark.parametrize("name", PRESETS)
def test_cost_is_that_of_the_specification(name: str) -> None:
    config = PRESETS[name]
    found = counted(config.build, config.input_size)
    params_m, full_g, in_h = FIGURES[name]
    assert found.params_m == pytest.approx(params_m, abs=5e-4)
    assert found.full_g == pytest.approx(full_g, abs=1e-3)
    assert found.printed("H") == pytest.approx(in_h, abs=5e-3)


def test_the_last_module_gives_the_finest_branch_alone() -> None:
    network = on_meta(HRNetConfig(width=4).build)
    targets = [network.get_submodule(f"stage4.{module}.fuse_layers") for module in range(3)]
    assert [len(list(paths.children())) for paths in targets] == [4, 4, 1]


def test_mmpose_names_the_same_network_with_prefixes() -> None:
    small = HRNetConfig(width=4, keypoints="mpii", input_size=Size(64, 32))
    authors, mmpose = small.build().eval(), small.changed({"key_names": "mmpose"}).build().eval()
    bare = {name: name.removeprefix("backbone.").removeprefix("head.") for name in mmpose.state_dict()}
    assert all(name.startswith(("backbone.", "head.")) for name in bare)
    weights = authors.state_dict()
    mmpose.load_state_dict({name: weights[without] for name, without in bare.items()})
    images = torch.randn(2, 3, 64, 32)
    torch.testing.assert_close(authors(images), mmpose(images))


def test_an_input_that_the_stride_does_not_divide_is_refused_with_sizes_that_would_do() -> None:
    with pytest.raises(ValidationError, match="width 200 must be a multiple of 32; nearest: 192 or 224"):
        HRNetConfig(input_size=Size(256, 200))


def test_from_scratch_all_maps_start_near_zero_and_every_weight_gets_a_gradient() -> None:
    torch.manual_seed(0)
    maps_of = HRNetConfig(width=4, keypoints="mpii", input_size=Size(64, 96)).build()
    maps = maps_of(torch.randn(2, 3, 64, 96))
    (maps - 1).square().mean().backward()
    assert maps.shape == (2, 16, 16, 24)
    assert maps.detach().abs().max() < 0.1
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in maps_of.parameters())
