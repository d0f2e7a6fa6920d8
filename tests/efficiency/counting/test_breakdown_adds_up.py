"""Cost by stage and by module: sums equal totals to the integer, tokens are those of the schedule."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import nn

from gtpt_bench.efficiency.counting.breakdown import ELSEWHERE, Breakdown, breakdown
from gtpt_bench.efficiency.counting.macs import counted
from gtpt_bench.efficiency.counting.params import num_params
from gtpt_bench.efficiency.counting.tokens import tokens_of_module
from gtpt_bench.efficiency.counting.trace import trace_call, trace_forward
from gtpt_bench.models import build_model, create_model, model_config
from gtpt_bench.models.gtpt.closed_form import (
    coarse_layers_cost,
    fine_layers_cost,
    head_cost,
    split_cost,
    tokenizer_cost,
)
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.sizes import Size
from tests.models.small_gtpt import small_config
from tests.models.test_closed_form_of_any_config import any_config


@cache
def broken_down(config: GTPTConfig) -> Breakdown:
    with torch.device("meta"):
        model = build_model(config)
    return breakdown(model, counted(model).trace)


@settings(max_examples=6, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(config=any_config())
def test_stages_and_modules_add_up_to_the_whole(config: GTPTConfig) -> None:
    with torch.device("meta"):
        model = build_model(config)
    whole = counted(model)
    found = breakdown(model, whole.trace)
    written = sum(operator.written for operator in whole.trace.operators)
    for parts in (found.stages, found.modules):
        assert sum(part.full_macs for part in parts) == whole.cost.full
        assert sum(part.attention_macs for part in parts) == whole.cost.attention
        assert sum(part.params for part in parts) == whole.cost.params
        assert sum(part.activations for part in parts) == written


@pytest.mark.parametrize("name", ["gtpt_s_coco", "gtpt_b_wholebody"])
def test_stages_cost_what_their_layers_cost_in_closed_form(name: str) -> None:
    config = model_config(name)
    found = broken_down(config)
    coarse, fine = config.schedule.coarse, config.schedule.fine
    expected = {
        "tokenizer": tokenizer_cost(config).full,
        "stage 1": coarse_layers_cost(config, coarse[:3]).full,
        "stage 2": coarse_layers_cost(config, coarse[3:]).full,
        "split": split_cost(config, config.schedule).full,
        "stage 3": fine_layers_cost(config, fine[:3]).full,
        "stage 4": fine_layers_cost(config, fine[3:]).full,
        "head": head_cost(config).full,
        ELSEWHERE: 0,
    }
    assert {part.name: part.full_macs for part in found.stages} == expected
    assert [part.name for part in found.stages] == [*expected]


def test_attention_products_belong_to_the_stage_whose_layer_multiplies() -> None:
    config = model_config("gtpt_s_coco")
    found = broken_down(config)
    by_name = {part.name: part for part in found.stages}
    width = config.width
    assert by_name["stage 1"].attention_macs == 3 * 2 * 257 * 257 * width
    assert by_name["stage 2"].attention_macs == 2 * (257 * 257 + 2 * 196 * 196) * width
    assert by_name["tokenizer"].attention_macs == by_name["head"].attention_macs == 0


def test_parameters_of_each_stage_are_those_of_the_specification() -> None:
    """spec/gtpt.md §13, GTPT-S."""
    found = broken_down(model_config("gtpt_s_coco"))
    assert {part.name: part.params for part in found.stages} == {
        "tokenizer": 143_360 + 590_528,
        "stage 1": 2_222_208 // 2,
        "stage 2": 2_222_208 // 2,
        "split": 74_400,
        "stage 3": 2_222_208 // 2,
        "stage 4": 2_222_208 // 2,
        "head": 173_696,
        ELSEWHERE: 49_152 + 3_456,
    }


def test_tokens_of_each_stage_are_those_of_the_schedule() -> None:
    """spec/gtpt.md §2, all groups together, without the dummy slot."""
    tokens = {
        name: {part.name: part.tokens for part in broken_down(model_config(name)).stages}
        for name in ("gtpt_s_coco", "gtpt_s_wholebody")
    }
    assert tokens["gtpt_s_coco"] == {
        "tokenizer": (None, 256),
        "stage 1": (257, 257),
        "stage 2": (257, 196),
        "split": (196, 245),
        "stage 3": (245, 245),
        "stage 4": (245, 92),
        "head": (17, 17),
        ELSEWHERE: None,
    }
    assert tokens["gtpt_s_wholebody"]["split"] == (201, 401)
    assert tokens["gtpt_s_wholebody"]["stage 4"] == (401, 245)
    assert tokens["gtpt_s_wholebody"]["head"] == (133, 133)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("coarse.layers.2", (1 + 48, 17 + 33)),
        ("coarse.layers.2.attention.qkv", (1 + 48, 1 + 48)),
        ("coarse.layers.2.feed_forward.0", (17 + 33, 17 + 33)),
        ("fine.layers.2", (17 + 3 * 14, 17 + 3 * 4)),
        ("fine.layers.2.attention_norm", (17 + 3 * 14, 17 + 3 * 14)),
        ("coarse.cuts.2", None),
        ("head.x.1", None),
        ("", None),
    ],
)
def test_tokens_of_a_module_are_those_of_its_half_of_the_layer(path: str, expected: tuple[int, int] | None) -> None:
    """The small model prunes 48 image tokens to 33 in its third layer, where 17 sparse tokens take the human one's
    place, and 14 in each of three groups to 4 in its third fine layer.
    """
    assert tokens_of_module(small_config(), path) == expected


@pytest.mark.parametrize("changes", [{"grouping": {"kind": "off"}}, {"split_point": "inside_first_fine_layer"}])
def test_models_that_are_put_together_otherwise_have_the_stages_that_they_have(changes: dict[str, Any]) -> None:
    found = broken_down(small_config(**changes))
    names = [part.name for part in found.stages]
    assert ("split" in names) == ("grouping" not in changes)
    assert all(part.full_macs > 0 for part in found.stages if part.name.startswith("stage"))


def test_a_model_of_someone_else_is_broken_down_by_its_children() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Sequential(nn.ReLU(), nn.Conv2d(4, 5, 1)))
    found = breakdown(net, trace_forward(net, Size(6, 4)))
    assert [(part.name, part.full_macs, part.params, part.tokens) for part in found.stages] == [
        ("0", 24 * 4 * 27, 4 * 27 + 4, None),
        ("1", 24 * 4 * 5, 25, None),
    ]
    assert [part.name for part in found.modules] == ["0", "1.0", "1.1"]
    assert [part.activations for part in found.modules] == [24 * 4, 24 * 4, 24 * 5]


def test_a_parameter_shared_by_two_modules_counts_once() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    net[1].weight = net[0].weight
    found = breakdown(net, trace_call(net, torch.zeros(1, 4)))
    assert sum(part.params for part in found.stages) == num_params(net) == 16 + 8


def test_breaking_down_leaves_the_model_as_it_was() -> None:
    model = create_model("gtpt_tiny_coco")
    before = set(vars(model.coarse))
    breakdown(model, counted(model).trace)
    assert set(vars(model.coarse)) == before
