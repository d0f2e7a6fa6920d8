"""RTMPose: the authors' networks, by names, outputs and cost, and what sets its blocks apart."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from gtpt_bench.models.blocks.cspnext import ChannelAttention, CSPLayer, CSPNeXt, PoolingPyramid
from gtpt_bench.models.blocks.gated_attention import GatedAttentionUnit, ScaleNorm
from gtpt_bench.models.peers.rtmpose import (
    RTMPoseConfig,
    rtmpose_l_wholebody,
    rtmpose_m_coco,
    rtmpose_m_wholebody,
)
from gtpt_bench.models.sizes import Size
from tests.models.peers.counting import counted, on_meta
from tests.models.peers.official import Official, filled, needs_parity, relative_difference, same_names_and_shapes

PRESETS = {
    "rtmpose_m_coco": rtmpose_m_coco(),
    "rtmpose_m_wb": rtmpose_m_wholebody(),
    "rtmpose_l_wb": rtmpose_l_wholebody(),
}
SMALL: dict[str, Any] = {"stem_width": 8, "widths": (8, 16, 24, 32), "blocks": (1, 2, 1, 1), "token_width": 24}


@needs_parity
@pytest.mark.parametrize("name", PRESETS)
def test_names_and_shapes_are_the_authors(name: str) -> None:
    same_names_and_shapes(on_meta(PRESETS[name].build), Official(name))


@needs_parity
@pytest.mark.parametrize("name", ["rtmpose_m_coco", "rtmpose_m_wb"])
def test_the_answer_is_that_of_the_official_network(name: str) -> None:
    official = Official(name)
    network = filled(PRESETS[name].build(), official.about["rule"])
    with torch.inference_mode():
        logits = network(official.images())
    assert relative_difference(logits.x, official.outputs["out0"]) < 1e-4
    assert relative_difference(logits.y, official.outputs["out1"]) < 1e-4


# spec/baselines.md §1 and §3.9: params in M, full MACs in G, the attention products among them, published GFLOPs.
@pytest.mark.parametrize(
    ("name", "params_m", "full_g", "attention_g", "published_g"),
    [
        ("rtmpose_m_coco", 13.588, 1.918, 0.000, 1.9),
        ("rtmpose_m_wb", 17.953, 2.216, 0.011, 2.2),
        ("rtmpose_l_wb", 33.481, 4.510, 0.011, 4.5),
    ],
)
def test_cost_is_that_of_the_specification(
    name: str, params_m: float, full_g: float, attention_g: float, published_g: float
) -> None:
    config = PRESETS[name]
    found = counted(config.build, config.input_size)
    assert round(found.params_m, 3) == params_m
    assert found.full_g == pytest.approx(full_g, abs=1e-3)
    assert round(found.cost.attention / 1e9, 3) == attention_g
    assert round(found.printed("E"), 1) == published_g


def test_only_the_last_stage_pools_and_only_the_others_add_their_input() -> None:
    trunk = CSPNeXt(8, (8, 16, 24, 32), (1, 1, 1, 1)).eval()
    kinds = [[type(part) for part in trunk.get_submodule(f"stage{stage}").children()] for stage in (1, 2, 3, 4)]
    assert [PoolingPyramid in stage for stage in kinds] == [False, False, False, True]
    for stage in (1, 2, 3, 4):
        *_, layer = trunk.get_submodule(f"stage{stage}").children()
        assert isinstance(layer, CSPLayer)
        x = torch.randn(1, layer.main_conv[0].out_channels, 4, 4)
        nn.init.zeros_(layer.blocks[0].conv2.pointwise_conv.bn.weight)  # the block's own part is then silu(0) = 0
        torch.testing.assert_close(layer.blocks(x), x if stage < 4 else torch.zeros_like(x))


def test_channels_are_weighted_by_a_hard_sigmoid() -> None:
    attention = ChannelAttention(3)
    nn.init.zeros_(attention.fc.weight)
    attention.fc.bias = nn.Parameter(torch.tensor([-4.0, 1.5, 4.0]))
    weighted = attention(torch.ones(1, 3, 2, 2))[0, :, 0, 0]
    torch.testing.assert_close(weighted, torch.tensor([0.0, 0.75, 1.0]))


def test_scale_norm_brings_every_token_to_root_mean_square_of_its_gain() -> None:
    norm = ScaleNorm()
    nn.init.constant_(norm.g, 3.0)
    tokens = torch.randn(2, 5, 48) * torch.tensor([1e-3, 1.0, 1e3, 7.0, 0.1])[:, None]
    torch.testing.assert_close(norm(tokens).square().mean(-1).sqrt(), torch.full((2, 5), 3.0))
    assert norm(torch.zeros(1, 1, 48)).isfinite().all()


def test_attention_is_a_squared_relu_of_scores_gates_values_and_scales_the_residual() -> None:
    unit = GatedAttentionUnit(width=6, gate_width=8, key_width=4)
    nn.init.normal_(unit.gamma)
    nn.init.normal_(unit.beta)
    nn.init.normal_(unit.res_scale.scale)
    x = torch.randn(1, 5, 6)
    projected = torch.nn.functional.silu(unit.ln(x) @ unit.uv.weight.T)
    u, v, base = projected[..., :8], projected[..., 8:16], projected[..., 16:]
    q, k = base * unit.gamma[0] + unit.beta[0], base * unit.gamma[1] + unit.beta[1]
    scores = (q @ k.mT / 4**0.5).clamp(min=0) ** 2
    expected = x * unit.res_scale.scale + (u * (scores @ v)) @ unit.o.weight.T
    torch.testing.assert_close(unit(x), expected)


def test_any_input_and_any_keypoints_give_two_bins_a_pixel() -> None:
    config = RTMPoseConfig(keypoints="mpii", input_size=Size(128, 96), **SMALL)
    logits = config.build().eval()(torch.randn(2, 3, 128, 96))
    assert (logits.x.shape, logits.y.shape) == ((2, 16, 192), (2, 16, 256))


def test_from_scratch_every_weight_gets_a_gradient() -> None:
    torch.manual_seed(0)
    network = RTMPoseConfig(input_size=Size(64, 64), **SMALL).build()
    logits = network(torch.randn(4, 3, 64, 64))
    (logits.x.logsumexp(-1).sum() + logits.y.logsumexp(-1).sum()).backward()
    assert [name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()] == []


def test_an_input_that_the_stride_does_not_divide_is_refused() -> None:
    with pytest.raises(ValidationError, match="width 200 must be a multiple of 32; nearest: 192 or 224"):
        RTMPoseConfig(input_size=Size(256, 200))
