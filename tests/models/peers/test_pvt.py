"""PVT and PVTv2 with a deconvolution head: mmpose's networks, by names, outputs and cost."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch.nn import functional

from gtpt_bench.models.blocks.packed_attention import PackedAttention
from gtpt_bench.models.peers.pvt import PvtConfig, pvt_s, pvtv2_b2, pvtv2_b2_wholebody
from gtpt_bench.models.peers.pvt_net import PositionTable
from gtpt_bench.models.sizes import Size
from tests.models.peers.counting import counted, on_meta
from tests.models.peers.official import Official, filled, needs_parity, relative_difference, same_names_and_shapes

PRESETS = {"mm_pvt_s": pvt_s(), "mm_pvtv2_b2": pvtv2_b2()}
# spec/baselines.md §1 and §3.11: params in M, full MACs in G, deconvolutions counted at their output.
ON_COCO = {1: (28.171, 4.846), 2: (29.050, 5.062)}
ON_WHOLEBODY = {1: (28.201, 11.493, 18.97), 2: (29.080, 11.979, 19.45)}

SMALL = PvtConfig(
    widths=(8, 8, 16, 16), heads=(1, 1, 2, 2), depths=(1, 1, 1, 1), deconv_width=8, input_size=Size(64, 32)
)


@needs_parity
@pytest.mark.parametrize("name", PRESETS)
def test_names_and_shapes_are_those_of_mmpose(name: str) -> None:
    same_names_and_shapes(on_meta(PRESETS[name].build), Official(name))


@needs_parity
def test_the_answer_is_that_of_the_official_network() -> None:
    official = Official("mm_pvtv2_b2")
    network = filled(pvtv2_b2().build(), official.about["rule"])
    with torch.inference_mode():
        maps = network(official.images())
    assert relative_difference(maps, official.outputs["out"]) < 1e-4


@pytest.mark.parametrize("version", [1, 2])
def test_cost_on_coco_is_that_of_the_specification(version: int) -> None:
    config = PvtConfig(version=version)
    found = counted(config.build, config.input_size)
    params_m, full_g = ON_COCO[version]
    assert found.params_m == pytest.approx(params_m, abs=5e-4)
    assert found.full_g == pytest.approx(full_g, abs=1e-3)
    assert found.cost.attention / 1e9 == pytest.approx(0.137, abs=5e-4)


@pytest.mark.parametrize("version", [1, 2])
def test_cost_on_wholebody_is_that_of_the_specification(version: int) -> None:
    config = pvtv2_b2_wholebody().changed({"version": version})
    found = counted(config.build, config.input_size)
    params_m, full_g, at_output_g = ON_WHOLEBODY[version]
    assert found.params_m == pytest.approx(params_m, abs=5e-4)
    assert found.full_g == pytest.approx(full_g, abs=1e-3)
    assert sum(operator.macs_at_output for operator in found.trace.operators) / 1e9 == pytest.approx(
        at_output_g, abs=5e-3
    )


@pytest.mark.parametrize("keys", [7, 5])
def test_packed_attention_is_that_of_pytorch(keys: int) -> None:
    torch.manual_seed(0)
    ours, theirs = PackedAttention(12, 3), torch.nn.MultiheadAttention(12, 3, batch_first=True)
    theirs.load_state_dict(ours.state_dict())
    q, k, v = torch.randn(2, 7, 12), torch.randn(2, keys, 12), torch.randn(2, keys, 12)
    torch.testing.assert_close(ours(q, k, v), theirs(q, k, v, need_weights=False)[0])


def test_positions_of_the_pretrained_size_are_added_as_they_are() -> None:
    table = PositionTable(4, 3)
    tokens = torch.randn(2, 9, 4)
    torch.testing.assert_close(table(tokens, Size(3, 3)), tokens + table.pos_embed)


def test_positions_of_other_sizes_are_interpolated_linearly_between_neighbours() -> None:
    table = PositionTable(1, 2)
    table.pos_embed.data = torch.tensor([0.0, 1.0, 10.0, 11.0]).reshape(1, 4, 1)
    added = table(torch.zeros(1, 8, 1), Size(2, 4)).reshape(2, 4)
    torch.testing.assert_close(added, torch.tensor([[0, 0.25, 0.75, 1], [10, 10.25, 10.75, 11]]))


def test_each_version_has_parts_of_its_own() -> None:
    first, second = (set(on_meta(PvtConfig(version=version).build).state_dict()) for version in (1, 2))
    stage = "backbone.layers.3"
    assert {f"{stage}.1.0.pos_embed", f"{stage}.1.1.ffn.layers.3.weight"} <= first - second
    assert {f"{stage}.1.0.ffn.layers.1.weight", f"{stage}.2.weight"} <= second - first


@pytest.mark.parametrize("version", [1, 2])
def test_any_input_and_any_keypoints_give_maps_at_a_quarter(version: int) -> None:
    network = SMALL.changed({"version": version, "keypoints": "mpii"}).build()
    assert network(torch.randn(2, 3, 64, 32)).shape == (2, 16, 16, 8)


def test_layer_norms_divide_by_less_than_is_usual() -> None:
    norms = [module for module in on_meta(pvt_s().build).modules() if isinstance(module, torch.nn.LayerNorm)]
    assert {norm.eps for norm in norms} == {1e-6}


def test_what_cannot_be_cut_evenly_is_refused() -> None:
    with pytest.raises(ValidationError, match="height 240 must be a multiple of 32; nearest: 224 or 256"):
        PvtConfig(input_size=Size(240, 192))
    with pytest.raises(ValidationError, match="stage 3 with width 320 cannot be cut in 6 heads"):
        PvtConfig(heads=(1, 2, 6, 8))


@pytest.mark.parametrize("version", [1, 2])
def test_from_scratch_every_weight_gets_a_gradient(version: int) -> None:
    torch.manual_seed(0)
    network = SMALL.changed({"version": version}).build()
    functional.mse_loss(network(torch.randn(4, 3, 64, 32)), torch.rand(4, 17, 16, 8)).backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())
