"""TransPose: the authors' networks, by names, outputs and cost."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from gtpt_bench.errors import InputError
from gtpt_bench.models.peers.transpose import TransPoseConfig, transpose_h_s, transpose_r_a4
from gtpt_bench.models.sizes import Size
from tests.models.peers.counting import counted, on_meta
from tests.models.peers.official import Official, filled, needs_parity, relative_difference, same_names_and_shapes

PRESETS = {"transpose_r_a4": transpose_r_a4(), "transpose_h_s": transpose_h_s()}
# spec/baselines.md §1 and §6: params and trainable ones in M; full, attention and convention D in G.
FIGURES = {
    "transpose_r_a4": (5.985, 5.788, 6.320, 1.208, 8.884),
    "transpose_h_s": (8.019, 7.823, 9.929, 4.832, 10.200),
}
SMALL: dict[str, Any] = {
    "input_size": (64, 48),
    "trunk": {"kind": "resnet", "width": 2},
    "width": 8,
    "heads": 2,
    "depth": 2,
    "hidden": 12,
    "deconv_width": 8,
}


@needs_parity
@pytest.mark.parametrize("name", PRESETS)
def test_names_and_shapes_are_the_authors(name: str) -> None:
    same_names_and_shapes(on_meta(PRESETS[name].build), Official(name))


@needs_parity
def test_the_answer_is_that_of_the_official_network() -> None:
    official = Official("transpose_r_a4")
    assert len(official.shapes) == 202
    network = filled(transpose_r_a4().build(), official.about["rule"])
    with torch.inference_mode():
        maps = network(official.images())
    assert relative_difference(maps, official.outputs["out"]) < 1e-4


@pytest.mark.parametrize("name", PRESETS)
def test_cost_is_that_of_the_specification(name: str) -> None:
    config = PRESETS[name]
    found = counted(config.build, config.input_size)
    params_m, trainable_m, full_g, attention_g, in_d = FIGURES[name]
    frozen = config.grid_size.area * config.width
    assert found.params_m == pytest.approx(params_m, abs=5e-4)
    assert (found.cost.params - frozen) / 1e6 == pytest.approx(trainable_m, abs=5e-4)
    assert found.full_g == pytest.approx(full_g, abs=1e-3)
    assert found.cost.attention / 1e9 == pytest.approx(attention_g, abs=5e-4)
    assert found.printed("D") == pytest.approx(in_d, abs=5e-4)


def test_the_encoder_is_that_of_pytorch_told_the_positions_in_queries_and_keys_of_every_layer() -> None:
    """Post-norm with ReLU; what a token takes from another has no position in it, and no norm comes at the end."""
    torch.manual_seed(0)
    network = TransPoseConfig.model_validate(SMALL).build().eval()
    x, position = torch.randn(2, 48, 8), network.pos_embedding
    expected = x.transpose(0, 1)  # sequence first, as the authors have it
    for layer in network.global_encoder.layers:
        attention = nn.MultiheadAttention(8, 2)
        attention.load_state_dict(layer.self_attn.state_dict())
        placed = expected + position
        expected = layer.norm1(expected + attention(placed, placed, expected)[0])
        expected = layer.norm2(expected + layer.linear2(layer.linear1(expected).relu()))
    found = network.global_encoder(x, position.transpose(0, 1))
    torch.testing.assert_close(found, expected.transpose(0, 1), atol=1e-5, rtol=1e-5)


def test_the_sine_table_is_in_the_weights_and_frozen() -> None:
    table = TransPoseConfig.model_validate(SMALL).build().pos_embedding
    assert table.shape == (48, 1, 8)
    assert not table.requires_grad


@pytest.mark.parametrize("trunk", [{"kind": "resnet", "width": 2}, {"kind": "hrnet", "width": 2}])
def test_any_input_and_any_keypoints_give_maps_at_a_quarter(trunk: dict[str, object]) -> None:
    config = TransPoseConfig.model_validate(SMALL | {"trunk": trunk, "input_size": (64, 96), "keypoints": "mpii"})
    assert config.build().eval()(torch.randn(2, 3, 64, 96)).shape == (2, 16, 16, 24)


def test_inputs_and_heads_that_do_not_divide_are_refused() -> None:
    with pytest.raises(ValidationError, match="height 250 must be a multiple of 8; nearest: 248 or 256"):
        TransPoseConfig(input_size=Size(250, 192))
    with pytest.raises(ValidationError, match="width 256 cannot be cut in 3 heads"):
        TransPoseConfig(heads=3)
    with pytest.raises(InputError, match=r"takes images \[B, 3, 64, 48\], got \[1, 3, 64, 64\]"):
        TransPoseConfig.model_validate(SMALL).build()(torch.zeros(1, 3, 64, 64))


def answers(network: nn.Module, images: Tensor, seed: int) -> Tensor:
    torch.manual_seed(seed)
    with torch.no_grad():
        maps: Tensor = network(images)
    return maps


def test_dropout_is_for_training_alone() -> None:
    network, images = TransPoseConfig.model_validate(SMALL).build(), torch.randn(2, 3, 64, 48)
    assert not torch.equal(answers(network, images, 0), answers(network, images, 1))
    network.eval()
    assert torch.equal(answers(network, images, 0), answers(network, images, 1))


def test_from_scratch_maps_start_near_zero_and_every_trainable_weight_gets_a_gradient() -> None:
    torch.manual_seed(0)
    network = TransPoseConfig.model_validate(SMALL).build()
    maps = network(torch.randn(4, 3, 64, 48))
    (maps - 1).square().mean().backward()
    without = [
        name for name, p in network.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())
    ]
    assert maps.detach().abs().max() < 0.1
    assert without == []
