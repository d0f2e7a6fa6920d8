"""AP with one kind of error gone, by the same evaluator; without errors there is nothing to gain."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtpt_bench.evaluation.analysis.analyse import analyse_errors
from gtpt_bench.evaluation.analysis.fixed import EVERYTHING
from gtpt_bench.evaluation.analysis.kinds import KINDS
from gtpt_bench.evaluation.coco import KeypointTruth, score_coco
from gtpt_bench.evaluation.wholebody import WHOLE, score_wholebody
from gtpt_bench.keypoints import COCO, WHOLEBODY
from tests.data.coco_folder import shared
from tests.evaluation.analysis.people import Shown, person, pose, shown
from tests.evaluation.results import perfect_results, some_results, some_truth
from tests.report.made import read

FIXED = {*KINDS[1:], EVERYTHING}


def test_perfect_predictions_are_all_good_and_fixing_changes_nothing() -> None:
    truth = some_truth(seed=4)
    labelled = [entry for entry in truth.content["annotations"] if entry["num_keypoints"]]
    errors = Shown(truth, perfect_results(labelled)).errors
    assert errors.ap == pytest.approx(1)
    assert errors.outcomes["good"] == sum(errors.outcomes.values())
    assert errors.ap_if_fixed == dict.fromkeys(FIXED, errors.ap)
    assert errors.lost.max() == pytest.approx(0)
    assert all(unit.ap == pytest.approx(1) for unit in errors.units)
    found = [found for classes in errors.classes.values() for found in classes if found.num]
    assert all(f.ap == pytest.approx(1) and f.found == 1 for f in found)


def test_mirrored_legs_cost_what_fixing_inversions_gives_back() -> None:
    points = pose()
    legs = [place for place, name in enumerate(COCO.names) if "knee" in name or "ankle" in name]
    crossed = points.copy()
    crossed[legs] = points[[COCO.mirror[place] for place in legs]]
    errors = shown([person(1, points)], [crossed]).errors
    assert errors.ap == pytest.approx(0.6), "OKS is 13/17 = 0.76: found at six thresholds of ten"
    assert errors.ap_if_fixed == {
        **dict.fromkeys(FIXED, pytest.approx(0.6)),
        "inversion": pytest.approx(1),
        EVERYTHING: pytest.approx(1),
    }


def test_persons_not_found_and_false_alarms_remain_when_everything_is_fixed() -> None:
    people = [person(1, pose(100)), person(2, pose(300))]
    half = shown(people, [pose(100) + 2]).errors
    assert half.ap_if_fixed[EVERYTHING] == pytest.approx(51 / 101), "precision 1 up to a recall of 0.5"
    alarmed = shown(people[:1], [pose(500), pose(100) + 2]).errors
    assert alarmed.ap_if_fixed[EVERYTHING] == pytest.approx(0.5), "precision 1/2"


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([3, 12]))
def test_with_everything_fixed_ap_is_no_lower(seed: int, noise_px: float) -> None:
    truth = some_truth(seed=seed)
    results = some_results(truth, seed=seed, noise_px=noise_px)
    errors = Shown(truth, results).errors
    assert errors.ap == pytest.approx(score_coco(truth, results).stats["AP"], abs=1e-9)
    assert errors.ap_if_fixed.keys() == FIXED
    assert errors.ap_if_fixed[EVERYTHING] >= errors.ap - 1e-9


def test_whole_bodies_are_told_apart_by_part() -> None:
    folder = shared("evaluation/coco_wholebody_example")
    truth, results = KeypointTruth(read(folder / "gt.json")), read(folder / "results.json")
    scores = score_wholebody(truth, results)
    errors = analyse_errors(truth, results, scores[WHOLE].matches, WHOLEBODY)  # type: ignore[arg-type]
    assert [unit.name for unit in errors.units] == ["body", "foot", "face", "lefthand", "righthand"]
    assert errors.ap == pytest.approx(scores[WHOLE].stats["AP"], abs=1e-9)
    assert errors.ap < errors.ap_if_fixed[EVERYTHING]
    body = sum(v > 0 for a in truth.content["annotations"] if not a["iscrowd"] for v in a["keypoints"][2::3])
    assert errors.units[0].num_labelled == body
