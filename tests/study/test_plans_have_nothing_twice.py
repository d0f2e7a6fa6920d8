"""What a study needs, planned before anything runs: each part once, shared wherever it is the same."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from gtpt_bench.errors import DataError
from gtpt_bench.models.gtpt.closed_form import gtpt_cost
from gtpt_bench.study.plan import Plan
from tests.study.small_study import SMALL_MODEL, STUDY, Workplace, without

SAME_RATES = {"pruning.keep_rates": [1, 0.7, 0.3, 0.1]}


def planned(place: Workplace, content: dict[str, Any], **options: Any) -> Plan:
    place.write(content)
    return place.open(**options).plan


def files(plan: Plan) -> list[str]:
    return [cost.file for cost in plan.costs] + [run.folder for run in plan.runs]


def test_a_model_that_is_measured_and_trained_is_counted_once(place: Workplace) -> None:
    plan = planned(place, STUDY)
    assert plan.measured == plan.trained
    assert len(plan.costs) == len(plan.variants) == 2


def test_other_measured_models_are_counted_beside_the_trained_ones(place: Workplace) -> None:
    plan = planned(
        place,
        {**STUDY, "model": "gtpt_t_coco", "vary": {"variants": {"a": SAME_RATES, "b": {"ffn_ratio": 9}}}, "report": {}},
    )
    assert len(plan.costs) == 4
    assert {cost.model for cost in plan.measured.values()} == {"gtpt_t_coco"}
    assert {cost.model for cost in plan.trained.values()} == {"gtpt_tiny_coco"}


def test_variants_with_one_and_the_same_model_share_its_cost(place: Workplace) -> None:
    variants = {"flip": SMALL_MODEL, "no flip": {**SMALL_MODEL, "evaluation.flip_test": False}}
    plan = planned(place, {**STUDY, "vary": {"variants": variants}, "report": {}})
    assert len(plan.costs) == 1
    assert set(plan.measured) == {"flip", "no flip"}


def test_no_two_parts_share_a_file(place: Workplace) -> None:
    variants = {f"v{number}": {**SMALL_MODEL, "ffn_ratio": 1 + number} for number in range(3)}
    plan = planned(place, {**STUDY, "vary": {"variants": variants}, "seeds": [0, 1, 2], "report": {}})
    assert len(files(plan)) == len(set(files(plan))) == 3 + 9


def test_the_same_run_in_both_profiles_has_one_folder(place: Workplace) -> None:
    content = {**STUDY, "profiles": {"quick": {"seeds": [0]}, "paper": {"seeds": [0, 1]}}}
    quick, paper = (planned(place, content, profile=profile) for profile in ("quick", "paper"))
    assert set(files(quick)) < set(files(paper))
    assert (quick.label, paper.label) == ("quick-drawn", "paper-drawn")


def test_one_variant_alone_is_the_same_run_as_among_others(place: Workplace) -> None:
    every = planned(place, STUDY)
    one = every.narrowed(["pruned"])
    assert one.variants == ("pruned",)
    assert one.runs == every.runs[1:]


def test_what_is_only_measured_is_not_trained(place: Workplace) -> None:
    accuracy = {**STUDY["accuracy"], "only": ["pruned"]}
    plan = planned(place, {**STUDY, "accuracy": accuracy})
    assert [run.variant for run in plan.runs] == ["pruned"]
    assert set(plan.measured) == {"dense", "pruned"}


def test_a_study_without_accuracy_trains_nothing(place: Workplace) -> None:
    plan = planned(place, without(STUDY, "accuracy"))
    assert plan.runs == ()
    assert (len(plan.costs), plan.label) == (2, "quick")


def test_time_is_planned_only_where_it_is_asked_for(place: Workplace) -> None:
    assert planned(place, STUDY).timing is None
    timing = planned(place, {**STUDY, "timing": {"throughput_batch": 4}}).timing
    assert timing
    assert timing.variants == ("dense", "pruned")
    assert timing.settings.throughput_batch == 4


def test_a_plan_reads_back_as_it_was_written(place: Workplace) -> None:
    plan = planned(place, {**STUDY, "timing": {}})
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_pruning_lowers_the_planned_cost(place: Workplace) -> None:
    plan = planned(place, STUDY)
    dense, pruned = (gtpt_cost(plan.measured[variant].config) for variant in ("dense", "pruned"))
    assert pruned.full < dense.full
    assert pruned.params == dense.params


def test_real_data_without_a_data_root_are_asked_for_by_name(place: Workplace) -> None:
    accuracy = {**STUDY["accuracy"], "data": "coco"}
    place.write({**STUDY, "accuracy": accuracy})
    with pytest.raises(DataError, match="--data-root"):
        place.open()
    assert len(place.open(may_lack_data=True).plan.runs) == 2


def test_planning_does_not_wait_for_torch(place: Workplace) -> None:
    program = (
        "import sys; from pathlib import Path; from gtpt_bench.study.session import open_session; "
        f"s = open_session(Path({str(place.study_file)!r}), 'quick', None, Path('r')); s.forecast(s.status()); "
        "print(len(s.plan.runs), 'torch' in sys.modules, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "False", "False"]
