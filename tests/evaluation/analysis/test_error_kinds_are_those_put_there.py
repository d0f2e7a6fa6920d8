"""Poses whose error is known: each keypoint is called what was done to it, and nothing is lost in counting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtpt_bench.evaluation.analysis.errors import NOT_FOUND, OUTCOMES
from gtpt_bench.keypoints import COCO, OwnKeypoints
from tests.evaluation.analysis.people import (
    LEFT_WRIST,
    RIGHT_WRIST,
    Shown,
    distance_px,
    moved,
    outcome_of,
    person,
    pose,
    shown,
)
from tests.evaluation.results import some_results, some_truth

ME, OTHER = pose(100), pose(400)
ALONE = [person(1, ME)]
WITH_ANOTHER = [*ALONE, person(2, OTHER, flags=2 * np.isin(np.arange(17), (LEFT_WRIST, 13, 14, 15)))]
"""Another person in the picture, of whom only the left wrist, the knees and an ankle are labelled."""


def test_what_lies_on_its_label_is_good() -> None:
    errors = shown(ALONE, [ME]).errors
    assert errors.outcomes == dict.fromkeys(OUTCOMES, 0) | {"good": 17}


@pytest.mark.parametrize("keypoint", range(17))
@pytest.mark.parametrize(("similarity", "kind"), [(0.86, "good"), (0.84, "jitter"), (0.51, "jitter"), (0.49, "miss")])
def test_a_keypoint_off_its_label_is_good_jitter_or_missed_by_its_similarity(
    keypoint: int, similarity: float, kind: str
) -> None:
    off = moved(ME, keypoint, ME[keypoint] + (0, distance_px(similarity, keypoint)))
    errors = shown(ALONE, [off]).errors
    assert outcome_of(errors, keypoint) == kind
    assert errors.outcomes["good"] == 17 - (kind != "good")


def test_a_keypoint_on_its_mirror_partner_is_an_inversion() -> None:
    errors = shown(ALONE, [moved(ME, LEFT_WRIST, ME[RIGHT_WRIST])]).errors
    assert outcome_of(errors, LEFT_WRIST) == "inversion"
    assert outcome_of(errors, RIGHT_WRIST) == "good"


def test_a_mirrored_person_is_all_inversions_but_for_what_has_no_partner() -> None:
    errors = shown(ALONE, [ME[list(COCO.mirror)]]).errors
    assert errors.ap == 0, "not found as far as AP goes"
    assert errors.outcomes == dict.fromkeys(OUTCOMES, 0) | {"good": 1, "inversion": 16}
    assert errors.ap_if_fixed["inversion"] == pytest.approx(1)


def test_mirrored_arms_are_inversions() -> None:
    arms = [place for place, name in enumerate(COCO.names) if "elbow" in name or "wrist" in name]
    mirrored = ME.copy()
    mirrored[arms] = ME[[COCO.mirror[place] for place in arms]]
    assert shown(ALONE, [mirrored]).errors.outcomes == dict.fromkeys(OUTCOMES, 0) | {"good": 13, "inversion": 4}


@pytest.mark.parametrize("keypoint", [LEFT_WRIST, RIGHT_WRIST])
def test_a_keypoint_on_another_persons_like_keypoint_is_a_swap(keypoint: int) -> None:
    """The same keypoint or its mirror partner: one's wrist on the other's wrist, whichever side."""
    errors = shown(WITH_ANOTHER, [moved(ME, keypoint, OTHER[LEFT_WRIST])]).errors
    assert errors.units[keypoint].outcomes["swap"] == 1
    assert errors.outcomes["good"] == 16


def test_a_keypoint_on_another_persons_other_keypoint_is_a_miss() -> None:
    errors = shown(WITH_ANOTHER, [moved(ME, 0, OTHER[LEFT_WRIST])]).errors
    assert outcome_of(errors, 0) == "miss"


def test_between_partner_and_other_person_the_nearer_one_decides() -> None:
    near = person(2, np.add(ME, (5, 5)), flags=np.eye(17)[LEFT_WRIST] * 2)
    at_partner = moved(ME, RIGHT_WRIST, ME[LEFT_WRIST])
    assert shown([*ALONE, near], [at_partner]).errors.units[RIGHT_WRIST].outcomes["inversion"] == 1
    at_other = moved(ME, RIGHT_WRIST, ME[LEFT_WRIST] + (5, 5))
    assert shown([*ALONE, near], [at_other]).errors.units[RIGHT_WRIST].outcomes["swap"] == 1


def test_a_person_nobody_predicted_is_not_found() -> None:
    errors = shown([*ALONE, person(2, OTHER)], [ME]).errors
    assert errors.outcomes == dict.fromkeys(OUTCOMES, 0) | {"good": 17, NOT_FOUND: 17}


def test_without_predictions_everything_is_not_found_and_without_people_there_is_nothing() -> None:
    assert shown(ALONE, []).errors.outcomes[NOT_FOUND] == 17
    nobody = shown([], [ME]).errors
    assert set(nobody.outcomes.values()) == {0}
    assert nobody.ap == -1
    assert set(nobody.ap_if_fixed.values()) == {-1}


def test_a_person_found_too_badly_for_ap_still_has_its_errors_told_apart() -> None:
    half = ME.copy()
    half[5:] += (0, 25)
    errors = shown(ALONE, [half]).errors
    assert errors.ap < 1
    assert errors.outcomes[NOT_FOUND] == 0


def test_crowds_and_persons_without_labels_have_no_errors() -> None:
    crowd, unlabelled = person(2, OTHER, iscrowd=1), person(3, OTHER, flags=0)
    assert shown([*ALONE, crowd, unlabelled], [ME, OTHER]).errors.outcomes["good"] == 17
    assert sum(shown([crowd, unlabelled], [ME, OTHER]).errors.outcomes.values()) == 0


def test_own_keypoints_have_inversions_by_their_mirror_pairs() -> None:
    own = OwnKeypoints(name="beetle", names=("a", "b", "tail"), flip_pairs=(("a", "b"),)).keypoint_set
    here = np.asarray([(50, 50), (150, 50), (100, 200)], dtype=np.float64)
    crossed = here[[1, 1, 2]]
    found = shown([person(1, here)], [crossed])
    errors = Shown(found.truth, found.results, own).errors
    assert [unit.name for unit in errors.units] == ["a", "b", "tail"]
    assert (outcome_of(errors, 0), outcome_of(errors, 1), outcome_of(errors, 2)) == ("inversion", "good", "good")


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.5, 3, 12]))
def test_each_labelled_keypoint_has_one_outcome(seed: int, noise_px: float) -> None:
    truth = some_truth(seed=seed)
    errors = Shown(truth, some_results(truth, seed=seed, noise_px=noise_px)).errors
    to_find = [a for a in truth.content["annotations"] if a["num_keypoints"] and not a["iscrowd"]]
    labelled = np.asarray([a["keypoints"] for a in to_find]).reshape(-1, 17, 3)[..., 2] > 0
    assert [unit.num_labelled for unit in errors.units] == labelled.sum(0).tolist()
    assert errors.num_labelled.sum(0).tolist() == labelled.sum(0).tolist()
    assert np.all(errors.lost <= errors.num_labelled + 1e-9)
    assert sum(found.num for found in errors.classes["visibility"]) == labelled.sum()
    for kind in ("size", "crowding", "truncation"):
        assert sum(found.num for found in errors.classes[kind]) == len(to_find)
