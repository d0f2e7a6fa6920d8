"""AP of keypoints by themselves and of classes of persons, against cases one can work out and against pycocotools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtpt_bench.evaluation.analysis.as_json import errors_from_json, errors_to_json
from gtpt_bench.evaluation.analysis.by_keypoints import ap_of_keypoints
from gtpt_bench.evaluation.analysis.by_person import ap_of_persons, nearest_persons
from gtpt_bench.evaluation.analysis.compared import compared
from gtpt_bench.evaluation.analysis.errors import ClassErrors, Errors
from gtpt_bench.evaluation.analysis.pairs import pairs_of
from gtpt_bench.evaluation.analysis.persons import box_overlaps, touches_border
from gtpt_bench.evaluation.intervals import average_precision
from gtpt_bench.keypoints import COCO
from tests.evaluation.analysis.people import LEFT_WRIST, Shown, distance_px, moved, person, pose, shown
from tests.evaluation.results import some_results, some_truth

ME, OTHER = pose(100), pose(400)


def classes(errors: Errors, kind: str) -> dict[str, ClassErrors]:
    return {found.name: found for found in errors.classes[kind]}


def test_a_keypoint_off_costs_its_own_ap_alone() -> None:
    off = moved(ME, LEFT_WRIST, ME[LEFT_WRIST] + (0, distance_px(0.72, LEFT_WRIST)))
    errors = shown([person(1, ME)], [off]).errors
    assert errors.units[LEFT_WRIST].ap == pytest.approx(0.5), "right at 0.50, 0.55, 0.60, 0.65 and 0.70"
    assert errors.units[LEFT_WRIST].found == 1
    assert errors.units[LEFT_WRIST].median_distance == pytest.approx(distance_px(0.72, LEFT_WRIST) / 100)
    others = [unit for place, unit in enumerate(errors.units) if place != LEFT_WRIST]
    assert all((unit.ap, unit.median_distance) == (pytest.approx(1), 0) for unit in others)
    assert errors.lost[0] == pytest.approx(np.eye(17)[LEFT_WRIST] * 0.28)


def test_a_keypoint_never_labelled_has_no_ap() -> None:
    unit = shown([person(1, ME, flags=2 - 2 * np.eye(17)[0])], [ME]).errors.units[0]
    assert (unit.num_labelled, unit.ap, unit.median_distance) == (0, -1, None)


def test_visible_and_occluded_keypoints_are_scored_apart() -> None:
    flags = np.where(np.arange(17) < 5, 1.0, 2.0)
    off = ME.copy()
    off[:5] += (0, 50)
    found = classes(shown([person(1, ME, flags=flags)], [off]).errors, "visibility")
    assert found["visible"] == ClassErrors("visible", 12, pytest.approx(1), 1)
    assert found["occluded"] == ClassErrors("occluded", 5, 0, 0)


def test_small_and_large_persons_are_scored_apart() -> None:
    people = [person(1, ME, area=40.0**2), person(2, OTHER, area=100.0**2)]
    found = classes(shown(people, [OTHER]).errors, "size")
    assert {name: size.num for name, size in found.items() if size.num} == {"32–64 px": 1, "96–192 px": 1}
    assert (found["32–64 px"].ap, found["96–192 px"].ap, found["under 32 px"].ap) == (0, pytest.approx(1), -1)


def test_a_false_alarm_counts_with_the_persons_it_overlaps() -> None:
    people = [person(1, ME, area=40.0**2), person(2, OTHER, area=100.0**2)]
    beside_other = np.add(OTHER, (30, 0))
    found = classes(shown(people, [beside_other, ME, OTHER]).errors, "size")
    assert found["32–64 px"].ap == pytest.approx(1)
    assert found["96–192 px"].ap == pytest.approx(0.5)
    far = classes(shown(people, [np.add(ME, (900, 900)), ME, OTHER]).errors, "size")
    assert far["96–192 px"].ap == pytest.approx(1), "an alarm over nobody is nobody's"


def test_overlapping_boxes_make_a_crowd() -> None:
    step = np.ptp(ME[:, 0]) / 2
    people = [person(1 + place, np.add(ME, (place * step, 0))) for place in range(3)] + [
        person(9, np.add(OTHER, (200, 0)))
    ]
    found = classes(shown(people, [ME]).errors, "crowding")
    assert {name: crowd.num for name, crowd in found.items()} == {"alone": 1, "1–2 others": 3, "3 or more others": 0}
    packed = [person(1 + place, ME + place) for place in range(4)]
    assert classes(shown(packed, []).errors, "crowding")["3 or more others"].num == 4


def test_persons_at_the_border_are_cut_off() -> None:
    sizes = np.asarray([(640.0, 480.0)] * 5)
    boxes = np.asarray([(10, 10, 50, 50), (0, 10, 5, 5), (10, 0.5, 5, 5), (600, 10, 40, 20), (10, 400, 20, 79.2)])
    assert touches_border(boxes, sizes).tolist() == [False, True, True, True, True]


def test_overlap_of_boxes_is_intersection_over_union() -> None:
    first, second = np.asarray([(0.0, 0, 2, 2)]), np.asarray([(1.0, 1, 2, 2), (5, 5, 1, 1), (0, 0, 2, 2)])
    assert box_overlaps(first, second)[0] == pytest.approx([1 / 7, 0, 1])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.5, 3, 12]))
def test_all_persons_or_all_keypoints_together_give_ap(seed: int, noise_px: float) -> None:
    """But for alarms over nobody and persons found below 0.5, which the parts look at in another way."""
    truth = some_truth(seed=seed)
    shown_all = Shown(truth, some_results(truth, seed=seed, noise_px=noise_px))
    record = shown_all.record
    what = compared(truth, shown_all.results, record, COCO, max_detections=20)
    pairs = pairs_of(what)
    everybody = np.ones(len(record.truth_id), dtype=bool)
    ap = average_precision(record)
    assert ap_of_persons(what, nearest_persons(what, pairs), everybody) >= ap - 1e-9
    together = ap_of_keypoints(what, pairs, np.ones_like(what.labelled))
    assert together == pytest.approx(ap, abs=0.2)
    assert len(set(pairs.truth.tolist())) == len(pairs.truth)
    assert len(set(pairs.detection.tolist())) == len(pairs.detection)


def test_errors_come_back_from_json() -> None:
    truth = some_truth(seed=2)
    errors = Shown(truth, some_results(truth, seed=2)).errors
    again = errors_from_json(errors_to_json(errors))
    assert (again.ap, again.ap_if_fixed, again.units) == (errors.ap, errors.ap_if_fixed, errors.units)
    assert again.classes == errors.classes
    assert again.lost == pytest.approx(errors.lost, abs=1e-4)
    assert np.array_equal(again.num_labelled, errors.num_labelled)
