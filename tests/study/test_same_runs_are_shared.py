"""Variants that are trained and evaluated in the very same way share one run, under each of their names."""

from __future__ import annotations

from gtpt_bench.study.forecast import Forecast
from gtpt_bench.study.overview import plan_summary
from tests.study.every_variant import plan_of


def test_they_have_one_folder_a_seed_and_are_trained_once() -> None:
    plan = plan_of("paper_ablations", "quick")
    folders = {(run.variant, run.seed): run.folder for run in plan.runs}
    for seed in plan.study.seeds:
        assert folders["T4 mhga", seed] == folders["T6 loss", seed] == folders["T3 channel gate", seed]
        assert folders["T3 grouping", seed] != folders["T3 channel gate", seed]
    assert len(plan.runs) == 14
    assert len(plan.distinct_runs) == len({run.folder for run in plan.runs}) == 10


def test_the_first_of_them_gives_the_folder_its_name() -> None:
    plan = plan_of("paper_ablations", "quick")
    assert {run.home for run in plan.runs if run.variant.startswith("T4")} == {"T3 channel gate"}
    assert [run.variant for run in plan.distinct_runs if run.home == "T3 channel gate"] == ["T3 channel gate"] * 2


def test_the_plan_says_so() -> None:
    lines = plan_summary(plan_of("paper_ablations", "quick"), [], Forecast(None, False))
    assert "T4 mhga is the same run as T3 channel gate, which is trained once for both" in lines


def test_other_seeds_are_other_runs() -> None:
    plan = plan_of("components_coco", "quick")
    assert plan.distinct_runs == plan.runs
