"""MACs and least traffic of each stage, against the closed form and arithmetic."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from gtpt_bench.efficiency.counting.breakdown import ELSEWHERE
from gtpt_bench.efficiency.counting.operators import Kind, Operator, Shape
from gtpt_bench.efficiency.explain.costs import StageCosts, stage_costs
from gtpt_bench.efficiency.explain.stage_map import stage_map
from gtpt_bench.efficiency.explain.traffic import OperatorCost, moved_elements, operator_cost
from gtpt_bench.efficiency.options import DType, InferenceOptions
from gtpt_bench.efficiency.prepare import prepared
from gtpt_bench.models import create_model
from gtpt_bench.models.gtpt.closed_form import gtpt_cost, head_cost, tokenizer_cost
from tests.efficiency.explain.staged import Staged

CPU = torch.device("cpu")


def costs_of(model: nn.Module, images: torch.Tensor, dtype: DType = "float32") -> StageCosts:
    ready = prepared(model, InferenceOptions(), CPU)
    return stage_costs(ready, (images,), stage_map(model), dtype)


def macs(costs: StageCosts, stage: str | None = None) -> int:
    return sum(cost.macs for name, part in costs.items() for cost in part if stage in (None, name))


@pytest.mark.parametrize("batch", [1, 3])
def test_macs_of_all_stages_are_those_of_the_closed_form(batch: int) -> None:
    model = create_model("gtpt_tiny_coco")
    costs = costs_of(model, torch.randn(batch, 3, 128, 96))
    assert macs(costs) == batch * gtpt_cost(model.config).full
    assert macs(costs, "tokenizer") == batch * tokenizer_cost(model.config).full
    assert macs(costs, "head") == batch * head_cost(model.config).full


def test_no_product_of_a_layer_lies_between_stages_even_where_attention_is_entered_sideways() -> None:
    """In layers that prune the encoder asks attention for logits: forward hooks would put both products nowhere."""
    model = create_model("gtpt_tiny_coco", pruning={"keep_rates": (1, 0.7, 0.3, 0.1)})
    assert any(layer.prunes for layer in model.config.schedule.coarse)
    costs = costs_of(model, torch.randn(1, 3, 128, 96))
    assert macs(costs, ELSEWHERE) == 0
    assert sum(cost.moved_bytes for cost in costs[ELSEWHERE]) > 0


def test_two_linear_layers_and_their_additions_by_hand() -> None:
    """Tokens [1, 3, 4] of 12 elements; a weight of 16; first: two layers, one product of tokens, two additions."""
    costs = costs_of(Staged(width=4), torch.ones(1, 3, 4))
    linear, tokens, add = (12 * 4, 4 * (12 + 16 + 12)), (3 * 3 * 4, 4 * (12 + 12 + 9)), (0, 4 * (12 + 12 + 12))
    assert [(cost.macs, cost.moved_bytes) for cost in costs["first"]] == [linear, tokens, add, linear, add]
    assert [(cost.macs, cost.moved_bytes) for cost in costs["second"]] == [linear]
    assert [(cost.macs, cost.moved_bytes) for cost in costs[ELSEWHERE]] == [(0, 4 * (12 + 12))]  # x + 1


def test_the_batch_multiplies_tokens_but_not_weights() -> None:
    (one,), (two,) = (costs_of(Staged(width=4), torch.ones(batch, 3, 4))["second"] for batch in (1, 2))
    assert two.macs == 2 * one.macs
    assert two.moved_bytes == one.moved_bytes + 4 * (12 + 12)


def test_half_the_bytes_an_element_move_half_the_bytes() -> None:
    full, half = (costs_of(Staged(), torch.ones(1, 3, 4), dtype) for dtype in ("float32", "bfloat16"))
    assert [c.moved_bytes for c in full["first"]] == [2 * c.moved_bytes for c in half["first"]]
    assert macs(full) == macs(half)


def test_a_deployed_model_costs_what_it_runs() -> None:
    """Its weights lie in oneDNN's own layout; a few more logits are the only extra products."""
    model = create_model("gtpt_tiny_coco").eval()
    images = torch.randn(1, 3, 128, 96)
    trained, fast = costs_of(model, images), costs_of(model.deploy(), images)
    assert macs(fast, "tokenizer") == macs(trained, "tokenizer")
    assert macs(trained) <= macs(fast) <= 1.02 * macs(trained)
    assert sum(c.moved_bytes for c in fast["tokenizer"]) < sum(c.moved_bytes for c in trained["tokenizer"])


def an_operator(name: str, kind: Kind, inputs: tuple[Shape, ...], *outputs: Shape, macs: int = 0) -> Operator:
    return Operator(name, "", kind, macs, inputs, outputs)


@pytest.mark.parametrize(
    ("operator", "elements"),
    [
        (an_operator("addmm", "linear", ((5,), (2, 3), (3, 5)), (2, 5)), 5 + 6 + 15 + 10),
        (an_operator("add", "add", ((4, 4), (4, 4)), (4, 4)), 48),
        (an_operator("transpose", "view", ((4, 4),), (4, 4)), 0),
        (an_operator("empty", "move", (), (100,)), 0),
        (an_operator("copy", "move", ((4, 4), (4, 4)), (4, 4)), 32),
        (an_operator("fill", "move", ((4, 4),), (4, 4)), 16),
        (an_operator("cat", "move", ((2, 4), (3, 4)), (5, 4)), 40),
        (an_operator("gather", "move", ((1000, 4), (5, 4)), (5, 4)), 20 + 20 + 20),
        (an_operator("index_select", "move", ((1000, 4), (5,)), (5, 4)), 20 + 5 + 20),
        (an_operator("topk", "reduction", ((100,),), (5,), (5,)), 110),
    ],
    ids=lambda value: value.name if isinstance(value, Operator) else str(value),
)
def test_what_operators_move_at_the_least(operator: Operator, elements: int) -> None:
    assert moved_elements(operator) == elements
    assert operator_cost(operator, "float16") == OperatorCost(0, 2 * elements)
