"""Which stage a module, and what happens between modules, belongs to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from gtpt_bench.efficiency.counting.breakdown import ELSEWHERE
from gtpt_bench.efficiency.explain.stage_map import stage_map, totals, without_gaps
from gtpt_bench.models import create_model
from tests.efficiency.explain.staged import Staged


def test_a_gtpt_has_its_own_stages_in_order() -> None:
    stages = stage_map(create_model("gtpt_tiny_coco"))
    assert stages.stages == ("tokenizer", "stage 1", "stage 2", "split", "stage 3", "stage 4", "head")
    assert stages.label("tokenizer.patches") == "tokenizer"
    assert stages.label("coarse.layers.0.attention.qkv") == "stage 1"
    assert stages.label("fine.split.gate") == "split"


def test_modules_that_hold_stages_leave_it_to_their_neighbours_and_others_are_of_none() -> None:
    stages = stage_map(create_model("gtpt_tiny_coco"))
    assert [stages.label(path) for path in ("", "coarse", "coarse.layers", "fine", "fine.cuts")] == [None] * 5
    assert stages.label("tokens") == ELSEWHERE


def test_a_model_without_groups_has_no_split_and_its_end_holds_nothing() -> None:
    stages = stage_map(create_model("gtpt_tiny_coco", grouping="off"))
    assert "split" not in stages.stages
    assert stages.label("fine") == ELSEWHERE


def test_the_stages_of_any_other_model_are_its_children() -> None:
    stages = stage_map(Staged())
    assert stages.stages == ("first", "second")
    assert stages.label("first.layers.1.inner") == "first"
    assert stages.label("") is None


def test_a_model_of_one_layer_has_no_stages() -> None:
    stages = stage_map(nn.Linear(2, 2))
    assert (stages.stages, stages.label("")) == ((), ELSEWHERE)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([], []),
        ([None], [ELSEWHERE]),
        (["a", None, "a"], ["a", "a", "a"]),
        (["a", None, None, "a"], ["a"] * 4),
        (["a", None, "b"], ["a", ELSEWHERE, "b"]),
        ([None, "a", None], [ELSEWHERE, "a", ELSEWHERE]),
        (["a", None, "a", None, "b"], ["a", "a", "a", ELSEWHERE, "b"]),
    ],
)
def test_what_lies_between_two_parts_of_a_stage_belongs_to_it(labels: list[str | None], expected: list[str]) -> None:
    assert without_gaps(labels) == expected


@given(st.lists(st.tuples(st.sampled_from([None, "a", "b"]), st.integers(0, 1000))))
def test_nothing_is_lost_and_no_stage_has_less_than_its_own(parts: list[tuple[str | None, int]]) -> None:
    labels, values = [label for label, _ in parts], [value for _, value in parts]
    found = totals(labels, values)
    assert sum(found.values()) == sum(values)
    for stage in ("a", "b"):
        assert found.get(stage, 0) >= sum(value for label, value in parts if label == stage)
