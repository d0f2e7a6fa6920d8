"""ViTPose and ViTPose+: the authors' networks, by names, outputs and cost; experts, and which of them run."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from pydantic import ValidationError

from gtpt_bench.errors import InputError
from gtpt_bench.models import build_model, create_model, empty_model
from gtpt_bench.models.peers.vitpose import ViTPoseConfig, vitpose_s
from gtpt_bench.models.peers.vitpose_plus import (
    ViTPosePlusConfig,
    vitpose_plus_h_wholebody,
    vitpose_plus_s,
    vitpose_plus_s_wholebody,
)
from gtpt_bench.models.sizes import Size
from tests.models.peers.counting import Counted, counted, on_meta
from tests.models.peers.official import Official, filled, needs_parity, relative_difference, same_names_and_shapes

SMALL: dict[str, Any] = {"width": 24, "depth": 2, "heads": 2, "head_filters": (8, 8), "input_size": Size(64, 32)}
SMALL_PLUS: dict[str, Any] = SMALL | {"expert_width": 8}
LARGER: dict[str, dict[str, Any]] = {
    "S": {},
    "B": {"width": 768, "expert_width": 192},
    "L": {"width": 1024, "depth": 24, "heads": 16, "expert_width": 256},
    "H": {"width": 1280, "depth": 32, "heads": 16, "expert_width": 320},
}


def found(config: ViTPoseConfig | ViTPosePlusConfig) -> Counted:
    return counted(config.build, config.input_size)


# The authors' networks


@needs_parity
@pytest.mark.parametrize("config", [vitpose_s(), vitpose_plus_s()], ids=["vitpose_s", "vitpose_plus_s"])
def test_names_and_shapes_are_the_authors(config: ViTPoseConfig | ViTPosePlusConfig, request: Any) -> None:
    same_names_and_shapes(on_meta(config.build), Official(request.node.callspec.id))


@needs_parity
def test_the_answer_is_that_of_the_official_network_by_either_routing() -> None:
    official = Official("vitpose_plus_s")
    network = filled(on_meta(vitpose_plus_s().build).to_empty(device="cpu"), official.about["rule"])
    hard = on_meta(vitpose_plus_s().changed({"routing": "hard"}).build).eval()
    hard.load_state_dict(network.state_dict(), assign=True)
    with torch.inference_mode():
        assert relative_difference(network(official.images()), official.outputs["out"]) < 1e-4
        assert relative_difference(hard(official.images()), official.outputs["out"]) < 1e-4


# spec/baselines.md §3.10: params in M and full MACs in G, 17 joints; H's are counted and never allocated.
@pytest.mark.parametrize(
    ("size", "params_m", "full_g"),
    [("S", 24.29, 5.594), ("B", 89.99, 18.523), ("L", 308.5, 61.569), ("H", 637.2, 125.83)],
)
def test_cost_of_plain_vitpose(size: str, params_m: float, full_g: float) -> None:
    sizes = {name: value for name, value in LARGER[size].items() if name != "expert_width"}
    cost = found(ViTPoseConfig(**sizes))
    assert cost.params_m == pytest.approx(params_m, abs=0.05 if params_m > 100 else 0.005)
    assert cost.full_g == pytest.approx(full_g, abs=0.005 if size == "H" else 0.001)


@pytest.mark.parametrize(
    ("size", "params_m", "full_g"),
    [("S", 55.16, 8.991), ("B", 146.4, 25.32), ("L", 460.7, 85.73), ("H", 930.9, 176.16)],
)
def test_cost_with_six_experts_and_six_heads(size: str, params_m: float, full_g: float) -> None:
    cost = found(ViTPosePlusConfig(**LARGER[size]))
    assert cost.params_m == pytest.approx(params_m, abs=0.05 if params_m > 100 else 0.005)
    assert cost.full_g == pytest.approx(full_g, abs=0.001 if size == "S" else 0.006)


@pytest.mark.parametrize(
    ("config", "all_experts_g", "hard_g", "without_attention_g", "published_g"),
    [
        (vitpose_plus_s_wholebody(), 9.083, 5.685, 5.345, 5.4),
        (vitpose_plus_h_wholebody(), 176.25, 125.92, 122.90, 122.9),
    ],
    ids=["s", "h"],
)
def test_the_published_macs_of_wholebody_are_those_of_one_expert(
    config: ViTPosePlusConfig, all_experts_g: float, hard_g: float, without_attention_g: float, published_g: float
) -> None:
    assert found(config).full_g == pytest.approx(all_experts_g, abs=0.005)
    hard = found(config.changed({"routing": "hard"}))
    assert hard.full_g == pytest.approx(hard_g, abs=0.005)
    assert hard.printed("E") == pytest.approx(without_attention_g, abs=0.005)
    assert round(hard.printed("N"), 1) == published_g


def test_an_expert_chosen_hard_costs_what_plain_vitpose_does() -> None:
    hard, plain = found(vitpose_plus_s().changed({"routing": "hard"})), found(vitpose_s())
    assert hard.cost._replace(params=0) == plain.cost._replace(params=0)


def test_h_is_built_without_memory_and_not_with_it() -> None:
    assert {weight.device.type for weight in empty_model(vitpose_plus_h_wholebody()).parameters()} == {"meta"}
    with pytest.raises(InputError, match="gigabytes of weights and is only counted"):
        build_model(vitpose_plus_h_wholebody())
    with pytest.raises(InputError, match="only counted"):
        create_model("vitpose_s", width=1280, heads=16)


# Quirks


def test_patches_begin_two_pixels_outside_the_crop() -> None:
    network = ViTPoseConfig(**SMALL).build().eval()
    images = torch.zeros(1, 3, 64, 32)
    seen = []
    for row in (13, 14):  # patch 0 covers rows -2 to 13
        changed = images.clone()
        changed[:, :, row] = 1
        difference = network.backbone.patch_embed(changed) - network.backbone.patch_embed(images)
        seen.append(difference[0].abs().sum(-1).unflatten(0, (4, 2)).sum(1).nonzero().flatten().tolist())
    assert seen == [[0], [1]]


def test_the_first_row_of_the_position_table_is_added_to_every_patch() -> None:
    network = ViTPoseConfig(**SMALL).build().eval()
    images, moved = torch.randn(1, 3, 64, 32), torch.randn(24)
    with torch.no_grad():
        before = network(images)
        network.backbone.pos_embed[:, 0] += moved
        shifted = network(images)
        network.backbone.pos_embed[:, 0] -= moved
        network.backbone.pos_embed[:, 1:] += moved
    assert not torch.allclose(before, shifted)
    torch.testing.assert_close(network(images), shifted)


@pytest.mark.parametrize("expert", range(6))
def test_the_expert_is_the_data_sets_and_gives_the_last_channels(expert: int) -> None:
    network = ViTPosePlusConfig(expert=expert, **SMALL_PLUS).build().eval()
    layer = network.backbone.blocks[0].mlp
    x = torch.randn(1, 5, 24)
    hidden = torch.nn.functional.gelu(layer.fc1(x))
    torch.testing.assert_close(layer(x)[..., :16], layer.fc2(hidden))
    torch.testing.assert_close(layer(x)[..., 16:], layer.experts[expert](hidden))


@pytest.mark.parametrize("expert", [0, 3, 5])
def test_both_routings_answer_alike_and_train_the_same_weights(expert: int) -> None:
    config = ViTPosePlusConfig(expert=expert, **SMALL_PLUS)
    every, hard = config.build(), config.changed({"routing": "hard"}).build()
    hard.load_state_dict(every.state_dict())
    images = torch.randn(2, 3, 64, 32)
    every(images).sum().backward()
    hard(images).sum().backward()
    torch.testing.assert_close(every(images), hard(images), rtol=0, atol=0)
    trained = {name for name, weight in every.named_parameters() if weight.grad is not None}
    assert trained == {name for name, weight in hard.named_parameters() if weight.grad is not None}
    assert trained == {name for name, weight in every.named_parameters() if weight.requires_grad}
    own_head = "keypoint_head" if expert == 0 else f"associate_keypoint_heads.{expert - 1}"
    assert {name.split(".experts.")[1][0] for name in trained if ".experts." in name} == {str(expert)}
    assert all(name.startswith((own_head, "backbone")) for name in trained)


# Any input, any keypoints


@pytest.mark.parametrize("keypoints", ["mpii", "wholebody"])
def test_any_input_and_any_keypoints_give_maps_at_a_quarter(keypoints: Any) -> None:
    joints = {"mpii": 16, "wholebody": 133}[keypoints]
    images = torch.randn(2, 3, 64, 32)
    for config in (
        ViTPoseConfig(keypoints=keypoints, **SMALL),
        ViTPosePlusConfig(keypoints=keypoints, expert=3, **SMALL_PLUS),
    ):
        assert config.build()(images).shape == (2, joints, 16, 8)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input_size": (250, 192)}, "height 250 must be a multiple of 16; nearest: 240 or 256"),
        ({"heads": 7}, "width 384 cannot be cut in 7 heads: not divisible; heads that would do: 3, 4, 6, 8"),
        ({"expert_width": 384}, "expert_width 384 leaves no shared channel of width 384; use at most 383"),
        ({"expert": 6}, "less than or equal to 5"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        vitpose_plus_s().changed(changes)
