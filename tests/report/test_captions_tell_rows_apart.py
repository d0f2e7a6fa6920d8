"""Where rows differ in more than their names say, the caption says so: labels seen, boxes, flip test."""

from __future__ import annotations

from gtpt_bench.report.caption import oracle_sentences, said_of
from gtpt_bench.study.plan import Plan
from tests.study.every_variant import plan_of


def test_a_row_that_saw_the_labels_is_called_an_upper_bound() -> None:
    (sentence,) = oracle_sentences(plan_of("pruning_score", "quick"))
    assert sentence.startswith("oracle: image tokens are kept by the true keypoints in evaluation, an upper bound")
    assert "not a method" in sentence


def test_other_studies_say_nothing_of_an_oracle() -> None:
    assert oracle_sentences(plan_of("components_coco", "quick")) == []


def with_other_flip(plan: Plan, variant: str) -> Plan:
    runs = [
        run.model_copy(update={"config": run.config.changed({"evaluation.flip_test": False})})
        if run.variant == variant
        else run
        for run in plan.runs
    ]
    return plan.model_copy(update={"runs": tuple(runs)})


def test_what_is_true_of_all_rows_is_said_once() -> None:
    plan = plan_of("components_coco", "quick")
    assert said_of(plan, lambda run: "flip test" if run.config.evaluation.flip_test else "no flip test") == "flip test"


def test_what_is_true_of_some_rows_is_said_of_those() -> None:
    plan = with_other_flip(plan_of("components_coco", "quick"), "plain")
    words = said_of(plan, lambda run: "flip test" if run.config.evaluation.flip_test else "no flip test")
    assert words == "flip test (but no flip test for plain)"
