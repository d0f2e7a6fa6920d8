"""TokenPose: the authors' networks, by names, outputs and cost."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from gtpt_bench.efficiency.counting.params import count_params
from gtpt_bench.errors import InputError
from gtpt_bench.models.peers.tokenpose import TokenPoseConfig, tokenpose_b, tokenpose_s_v1
from gtpt_bench.models.peers.tokenpose_net import heatmap_head
from gtpt_bench.models.peers.trunks import HRNetToStage3
from gtpt_bench.models.sizes import Size
from tests.models.peers.counting import counted, on_meta
from tests.models.peers.official import Official, filled, needs_parity, relative_difference, same_names_and_shapes
from tests.models.peers.small_tokens import SMALL, by_hand, keypoint_tokens, pictures, small_config, small_tokenpose

PRESETS = {"tokenpose_s_v1": tokenpose_s_v1(), "tokenpose_b": tokenpose_b()}
# spec/baselines.md §1: params and trainable ones in M; full, attention and thop in G.
FIGURES = {
    "tokenpose_s_v1": (6.670, 6.621, 2.726, 0.343, 2.414),
    "tokenpose_b": (13.514, 13.465, 6.276, 0.343, 5.995),
}


@needs_parity
@pytest.mark.parametrize("name", PRESETS)
def test_names_and_shapes_are_the_authors(name: str) -> None:
    same_names_and_shapes(on_meta(PRESETS[name].build), Official(name))


@needs_parity
def test_the_answer_is_that_of_the_official_network_and_needs_its_scale() -> None:
    """Attention divides by the root of the whole width in S, unlike B."""
    official = Official("tokenpose_s_v1")
    assert len(official.shapes) == 234

    def difference(config: TokenPoseConfig) -> float:
        with torch.inference_mode():
            maps = filled(config.build(), official.about["rule"])(official.images())
        return relative_difference(maps, official.outputs["out"])

    assert difference(tokenpose_s_v1()) < 1e-4
    assert difference(tokenpose_s_v1().changed({"scaled_by": "head"})) > 0.1


@pytest.mark.parametrize("name", PRESETS)
def test_cost_is_that_of_the_specification(name: str) -> None:
    config = PRESETS[name]
    found = counted(config.build, config.input_size)
    params_m, trainable_m, full_g, attention_g, thop_g = FIGURES[name]
    assert found.params_m == pytest.approx(params_m, abs=5e-4)
    assert count_params(on_meta(config.build), found.trace).trainable / 1e6 == pytest.approx(trainable_m, abs=5e-4)
    assert found.full_g == pytest.approx(full_g, abs=1e-3)
    assert found.cost.attention / 1e9 == pytest.approx(attention_g, abs=5e-4)
    assert found.printed("thop") == pytest.approx(thop_g, abs=1e-3)


@pytest.mark.parametrize("scaled_by", ["width", "head"])
def test_the_encoder_is_what_the_specification_says(scaled_by: str) -> None:
    """Image tokens get their positions before every layer, keypoint tokens never, patches are cut row by row."""
    network = small_tokenpose(scaled_by=scaled_by)
    with torch.no_grad():
        expected, _ = by_hand(network, pictures(), shares={})
    torch.testing.assert_close(keypoint_tokens(network, pictures()), expected, atol=1e-4, rtol=1e-4)


def test_the_sine_table_is_in_the_weights_and_frozen() -> None:
    table = dict(small_tokenpose().named_parameters())["features.pos_embedding"]
    assert table.shape == (1, 48, 16)
    assert not table.requires_grad


def test_a_map_at_least_sixteen_times_a_token_passes_a_hidden_layer_of_an_eighth() -> None:
    assert [tuple(p.shape) for p in heatmap_head(192, Size(64, 48)).parameters() if p.dim() == 2] == [
        (384, 192),
        (3072, 384),
    ]
    assert [tuple(p.shape) for p in heatmap_head(193, Size(64, 48)).parameters() if p.dim() == 2] == [(3072, 193)]


@pytest.mark.parametrize("trunk", [{"kind": "stem", "width": 2}, {"kind": "hrnet", "width": 2}])
def test_any_input_and_any_keypoints_give_maps_at_a_quarter(trunk: dict[str, object]) -> None:
    config = small_config(trunk=trunk, input_size=(64, 96), keypoints="mpii")
    assert config.build().eval()(torch.randn(2, 3, 64, 96)).shape == (2, 16, 16, 24)


def test_inputs_that_cannot_be_cut_in_patches_are_refused_with_sizes_that_would_do() -> None:
    with pytest.raises(ValidationError, match="width 100 must be a multiple of 12; nearest: 96 or 108"):
        TokenPoseConfig(input_size=Size(256, 100))
    with pytest.raises(ValidationError, match="width 60 must be a multiple of 48; nearest: 48 or 96"):
        TokenPoseConfig(input_size=Size(256, 60), trunk=HRNetToStage3())
    with pytest.raises(ValidationError, match="width 16 cannot be cut in 3 heads"):
        small_config(heads=3)
    with pytest.raises(InputError, match=r"takes images \[B, 3, 64, 48\], got \[1, 3, 64, 64\]"):
        small_tokenpose()(torch.zeros(1, 3, 64, 64))


def test_from_scratch_every_trainable_weight_gets_a_gradient() -> None:
    torch.manual_seed(0)
    network = TokenPoseConfig.model_validate(SMALL).build()
    (network(pictures(4)) - 1).square().mean().backward()
    without = [
        name for name, p in network.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())
    ]
    assert without == []
