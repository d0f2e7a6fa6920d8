"""Marks tell which stage runs, by whatever method it is entered, and leave the model as it was."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from gtpt_bench.efficiency.counting.breakdown import ELSEWHERE
from gtpt_bench.efficiency.explain.marks import stage_marks
from gtpt_bench.efficiency.explain.stage_map import stage_map
from gtpt_bench.errors import InputError
from gtpt_bench.models import create_model
from tests.efficiency.explain.staged import Half, Staged

IMAGES = torch.randn(2, 3, 128, 96, generator=torch.Generator().manual_seed(0))


def own_attributes(model: nn.Module) -> list[dict[str, Any]]:
    return [dict(module.__dict__) for module in model.modules()]


def told_by(model: nn.Module, *inputs: Any) -> list[str | None]:
    told: list[str | None] = []
    with torch.no_grad(), stage_marks(model, stage_map(model), told.append):
        model(*inputs)
    return told


def test_plain_methods_and_forward_are_both_entries() -> None:
    assert told_by(Staged(), torch.ones(1, 3, 4)) == ["first", None, "second", None]


def test_a_stage_without_a_holder_of_its_own_is_told_each_time() -> None:
    """Layers of one stage lie in a list that other stages share: the holder is no stage's, and speaks in between."""

    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleDict({"a": Half(4), "b": Half(4)})

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.layers["a"].by_the_back_door(x)[0] + x  # type: ignore[operator]
            found: torch.Tensor = self.layers["b"](x)
            return found

    model = Shared()
    stages = stage_map(nn.ModuleDict({"layers": nn.Linear(1, 1)}))
    told: list[str | None] = []
    with stage_marks(model, stages, told.append):
        model(torch.ones(1, 3, 4))
    assert told == ["layers", None, "layers", None]


def test_every_stage_of_a_gtpt_is_told_in_the_order_of_the_data() -> None:
    model = create_model("gtpt_tiny_coco").eval()
    told = [label for label in told_by(model, IMAGES) if label not in (None, ELSEWHERE)]
    assert [*dict.fromkeys(told)] == [*stage_map(model).stages]


def test_outputs_are_the_same_and_the_model_is_left_as_it_was() -> None:
    model = create_model("gtpt_tiny_coco").eval()
    before = own_attributes(model)
    with torch.no_grad():
        plain = model(IMAGES)
        with stage_marks(model, stage_map(model), lambda label: None):
            marked = model(IMAGES)
    assert torch.equal(plain.x, marked.x)
    assert torch.equal(plain.y, marked.y)
    assert own_attributes(model) == before


def test_the_model_is_left_as_it_was_after_an_error_too() -> None:
    def fail() -> None:
        raise RuntimeError("in the second stage")

    model = Staged(second=fail)
    before = own_attributes(model)
    told: list[str | None] = []
    with pytest.raises(RuntimeError, match="second stage"), stage_marks(model, stage_map(model), told.append):
        model(torch.ones(1, 3, 4))
    assert own_attributes(model) == before
    assert told == ["first", None, "second", None]


def test_a_method_that_somebody_else_had_replaced_comes_back() -> None:
    model = Staged()
    replaced = model.second.forward
    model.second.__dict__["forward"] = replaced
    with stage_marks(model, stage_map(model), lambda label: None):
        assert model.second.__dict__["forward"] is not replaced
    assert model.second.__dict__["forward"] is replaced


def test_a_compiled_model_is_refused() -> None:
    compiled = torch.compile(Staged())
    with pytest.raises(InputError, match="before it is compiled"), stage_marks(compiled, stage_map(compiled), print):
        pass
