"""What pycocotools leaves open or takes silently: perfection, nothing, ties, order, and numbers that are none."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtpt_bench.data.layout import DataRoot
from gtpt_bench.errors import DataError
from gtpt_bench.evaluation.coco import STATS, CocoScores, score_coco
from gtpt_bench.evaluation.entries import KeypointTruth, detections_of_poses
from gtpt_bench.evaluation.poses import Poses
from gtpt_bench.evaluation.score import score_files
from gtpt_bench.evaluation.wholebody import score_wholebody
from gtpt_bench.keypoints import COCO, WHOLEBODY
from tests.data.coco_folder import FIELDS, annotation, content, image_entry, write_json
from tests.evaluation.results import perfect_results, result, some_results, some_truth

BOX = (50, 40, 80, 120)
PERSON = annotation(1, 1, box=BOX)
ONE = KeypointTruth(content([image_entry(1)], [PERSON]))
POINTS = np.reshape(PERSON["keypoints"], (17, 3))[:, :2]


def score(truth: KeypointTruth, results: list[dict[str, Any]]) -> dict[str, float]:
    return score_coco(truth, results).stats


# Perfect, and nothing


def test_perfect_bodies_score_one_in_everything(drawn_root: DataRoot) -> None:
    truth = KeypointTruth(json.loads(drawn_root.annotations("val2017", "coco").read_text()))
    found = score(truth, perfect_results(truth.content["annotations"]))
    assert found["AP"] == pytest.approx(1)
    assert all(value in (pytest.approx(1), -1) for value in found.values()), "-1 where nobody is of that size"


def test_perfect_whole_bodies_score_one_in_every_part(drawn_root: DataRoot) -> None:
    truth = KeypointTruth(json.loads(drawn_root.annotations("val2017", "wholebody").read_text()))
    found = score_wholebody(truth, perfect_results(truth.content["annotations"]))
    assert set(found) == {"wholebody", "body", "foot", "face", "lefthand", "righthand"}
    for part, scores in found.items():
        assert (scores.stats["AP"], scores.stats["AR"]) == pytest.approx((1, 1)), part


def test_no_results_score_zero_without_an_error() -> None:
    """pycocotools itself breaks off with an IndexError."""
    truth = some_truth()
    found = score(truth, [])
    assert [found[name] for name in ("AP", "AP50", "AP75", "AR", "AR50", "AR75")] == [0] * 6
    assert score_coco(truth, []).matches.num_truths.sum() > 0


def test_no_whole_bodies_score_zero_in_every_part(drawn_root: DataRoot) -> None:
    truth = KeypointTruth(json.loads(drawn_root.annotations("val2017", "wholebody").read_text()))
    assert {scores.stats["AP"] for scores in score_wholebody(truth, []).values()} == {0.0}


def test_without_anybody_to_find_there_is_no_score() -> None:
    empty = KeypointTruth(content([image_entry(1)], []))
    assert score(empty, [result(1, POINTS)]) == dict.fromkeys(STATS, -1.0)
    assert score(empty, []) == dict.fromkeys(STATS, -1.0)


# By hand


@pytest.mark.parametrize(("similarity", "num_passed"), [(0.97, 10), (0.92, 9), (0.72, 5), (0.52, 1), (0.4, 0)])
def test_a_pose_moved_to_a_known_similarity_passes_the_thresholds_below(similarity: float, num_passed: int) -> None:
    """Each keypoint moves so far that its own exp(−d² / (2 · area · (2 sigma)²)) is the wanted OKS."""
    distance = 2 * np.asarray(COCO.sigmas) * np.sqrt(-2 * PERSON["area"] * np.log(similarity))
    moved = POINTS + np.column_stack((distance, np.zeros(17)))
    found = score(ONE, [result(1, moved)])
    assert (found["AP"], found["AR"]) == pytest.approx((num_passed / 10, num_passed / 10))
    assert (found["AP50"], found["AP75"]) == pytest.approx((float(num_passed >= 1), float(num_passed >= 6)))


def test_a_better_scored_false_alarm_halves_precision() -> None:
    far = POINTS + 500
    assert score(ONE, [result(1, far, score=0.9), result(1, POINTS, score=0.8)])["AP"] == pytest.approx(0.5)
    assert score(ONE, [result(1, far, score=0.1), result(1, POINTS, score=0.8)])["AP"] == pytest.approx(1)


def test_only_the_best_detections_of_an_image_count() -> None:
    results = [result(1, POINTS + 500, score=0.9)] * 3 + [result(1, POINTS, score=0.8)]
    assert score_coco(ONE, results, max_detections=3).stats["AP"] == 0
    assert score_coco(ONE, results, max_detections=4).stats["AP"] == pytest.approx(0.25)
    assert score_coco(ONE, results, max_detections=5).stats["AR"] == 1


@pytest.mark.parametrize("changes", [{"iscrowd": 1}, {"keypoints": [0] * 51, "num_keypoints": 0}])
def test_crowds_and_unlabelled_people_count_neither_way(changes: dict[str, Any]) -> None:
    other = annotation(2, 1, box=(180, 40, 80, 120))
    on_other = result(1, np.reshape(other["keypoints"], (17, 3))[:, :2], score=0.9)
    truth = KeypointTruth(content([image_entry(1)], [PERSON, other | changes]))
    for results in ([result(1, POINTS)], [result(1, POINTS), on_other]):
        found = score(truth, results)
        assert (found["AP"], found["AR"]) == pytest.approx((1, 1))
    counted = KeypointTruth(content([image_entry(1)], [PERSON, other]))
    assert score(counted, [result(1, POINTS)])["AR"] == pytest.approx(0.5)


def test_results_of_other_classes_and_other_images_are_not_counted() -> None:
    two = KeypointTruth(content([image_entry(1), image_entry(2)], [PERSON]), [1])
    others = [result(1, POINTS + 500, score=0.9) | {"category_id": 3}, result(2, POINTS, score=0.9)]
    assert score(two, [result(1, POINTS), *others])["AP"] == pytest.approx(1)


# Order and ties


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.randoms(use_true_random=False))
def test_the_order_of_distinct_results_does_not_matter(seed: int, random: Any) -> None:
    truth = some_truth(seed=seed)
    results = some_results(truth, seed=seed)
    shuffled = results.copy()
    random.shuffle(shuffled)
    assert score(truth, shuffled) == score(truth, results)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.randoms(use_true_random=False))
def test_ties_between_images_are_settled_by_image_not_by_the_order_of_the_file(seed: int, random: Any) -> None:
    """Within an image the first of equals wins, so each image keeps its own order here."""
    truth = some_truth(seed=seed)
    results = some_results(truth, seed=seed, ties=True)
    images = sorted({entry["image_id"] for entry in results})
    random.shuffle(images)
    regrouped = [entry for image in images for entry in results if entry["image_id"] == image]
    assert score(truth, regrouped) == score(truth, results)


def test_a_common_factor_on_all_scores_changes_nothing() -> None:
    truth = some_truth(seed=5)
    results = some_results(truth, seed=5)
    scaled = [entry | {"score": 0.001 * entry["score"] - 3} for entry in results]
    assert score(truth, scaled) == score(truth, results), "negative scores included"


def test_scoring_again_gives_the_same_and_leaves_the_results_alone() -> None:
    truth = some_truth(seed=2)
    results = some_results(truth, seed=2)
    before = copy.deepcopy(results)
    assert score(truth, results) == score(truth, results)
    assert results == before


# What cannot be scored


def changed(**changes: Any) -> dict[str, Any]:
    return result(1, POINTS) | changes


def with_value(place: int, value: Any) -> list[Any]:
    flat: list[Any] = list(result(1, POINTS)["keypoints"])
    flat[place] = value
    return flat


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (changed(score=float("nan")), "score is not a number"),
        (changed(score=float("inf")), "score is not a number"),
        (changed(score=None), "score is not a number"),
        (changed(score="0.5"), "score is not a number"),
        (changed(keypoints=with_value(0, float("nan"))), "keypoints has a value that is not a number"),
        (changed(keypoints=with_value(50, float("inf"))), "keypoints has a value that is not a number"),
        (changed(keypoints=with_value(4, "left")), "keypoints has a value that is not a number"),
        (changed(keypoints=[1, 2, 3]), "keypoints does not have 3 x 17 numbers"),
        (changed(keypoints=None), "keypoints does not have 3 x 17 numbers"),
        (changed(image_id=9), "is on image 9, which the annotations do not have"),
        (changed(image_id=[1]), "is on image [1], which the annotations do not have"),
        ({"image_id": 1}, "is not a result; needed: image_id, category_id, score, keypoints"),
        (7, "is not a result"),
    ],
)
@pytest.mark.parametrize("place", [0, 2])
def test_an_entry_that_cannot_be_scored_is_named(entry: Any, message: str, place: int) -> None:
    results: list[Any] = [result(1, POINTS), result(1, POINTS)]
    results.insert(place, entry)
    with pytest.raises(DataError) as caught:
        score_coco(ONE, results, source="predictions.json")
    assert str(caught.value).startswith(f"predictions.json: entry {place}")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_body_results_are_no_whole_bodies() -> None:
    whole = KeypointTruth(content([image_entry(1)], [annotation(1, 1, keypoint_set=WHOLEBODY)]))
    with pytest.raises(DataError, match=r"entry 0 is not a result; needed: .*lefthand_kpts"):
        score_wholebody(whole, [result(1, POINTS)])


@pytest.mark.parametrize(
    ("scorer", "missing"),
    [
        *((score_coco, field) for field in ("keypoints", "area", "bbox", "num_keypoints", "iscrowd", "id", "image_id")),
        *((score_wholebody, field) for field in FIELDS),
    ],
)
def test_ground_truth_that_cannot_be_scored_against_is_named(
    scorer: Callable[..., CocoScores | dict[str, CocoScores]], missing: str
) -> None:
    keypoints = COCO if scorer is score_coco else WHOLEBODY
    broken = annotation(1, 1, box=BOX, keypoint_set=keypoints)
    results = perfect_results([broken | {"image_id": 1}])
    del broken[missing]
    with pytest.raises(DataError, match=f"^truth.json: annotation 0 lacks {missing}$"):
        scorer(KeypointTruth(content([image_entry(1)], [broken]), source="truth.json"), results)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"area": float("nan")}, "annotation 1: area is not a number"),
        ({"area": None}, "annotation 1: area is not a number"),
        ({"bbox": [1, 2, 3]}, "annotation 1: bbox does not have 4 numbers"),
        ({"bbox": [1, 2, float("inf"), 4]}, "annotation 1: bbox has a value that is not a number"),
        ({"keypoints": [*PERSON["keypoints"][:-1], None]}, "annotation 1: keypoints has a value that is not a number"),
    ],
)
def test_ground_truth_whose_numbers_are_none_is_named(changes: dict[str, Any], message: str) -> None:
    truth = KeypointTruth(content([image_entry(1)], [PERSON, PERSON | changes]), source="truth.json")
    with pytest.raises(DataError, match=f"^truth.json: {message}$"):
        score_coco(truth, [result(1, POINTS)])


def test_results_without_any_of_category_1_are_an_error() -> None:
    truth = KeypointTruth(content([image_entry(1)], [PERSON]))
    with pytest.raises(DataError, match=r"no entry is of category 1 \(person\)"):
        score_coco(truth, [result(1, POINTS) | {"category_id": 0}])


def test_ground_truth_without_any_person_of_category_1_is_an_error() -> None:
    cat = KeypointTruth(content([image_entry(1)], [PERSON | {"category_id": 17}]))
    with pytest.raises(DataError, match=r"no annotation is of category 1 \(person\)"):
        score_coco(cat, [result(1, POINTS)])


@pytest.mark.parametrize("images", [[{}], [{"id": None}], [{"id": "1"}], [7]])
def test_images_without_a_number_are_an_error(images: list[Any]) -> None:
    with pytest.raises(DataError, match=r"^the annotations: an image has no id, which must be a whole number$"):
        score_coco(KeypointTruth(content(images, [PERSON])), [])


def test_poses_of_a_model_are_checked_as_results_are() -> None:
    keypoints = np.column_stack((POINTS, np.ones(17)))[None]
    one = Poses(np.asarray([1]), keypoints, np.ones(1), np.ones(1))
    assert len(detections_of_poses(one, ONE).place) == 1
    with pytest.raises(DataError, match=r"^the predictions: entry 0: a keypoint or the score is not a number$"):
        detections_of_poses(replace(one, scores=np.asarray([np.nan])), ONE)
    with pytest.raises(DataError, match=r"^the predictions: entry 0 is on image 5, which the annotations do not have$"):
        detections_of_poses(replace(one, image_ids=np.asarray([5])), ONE)


def test_ground_truth_of_other_keypoints_is_named() -> None:
    crowd_pose = annotation(1, 1, box=BOX) | {"keypoints": [1] * 42}
    truth = KeypointTruth(content([image_entry(1)], [PERSON, crowd_pose]))
    with pytest.raises(DataError, match=r"annotation 1: keypoints does not have 3 x 17 numbers"):
        score_coco(truth, [result(1, POINTS)])


# Files


@pytest.mark.parametrize(("text", "message"), [("{}", "must be a list of predictions"), ("[", "is not valid JSON")])
def test_files_that_are_no_results_are_named(tmp_path: Path, text: str, message: str) -> None:
    truth = write_json(tmp_path / "truth.json", ONE.content)
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        score_files(path, truth, "coco")
    with pytest.raises(DataError, match=r"gone.json does not exist"):
        score_files(tmp_path / "gone.json", truth, "coco")
    with pytest.raises(DataError, match=r"gone.json does not exist"):
        score_files(path, tmp_path / "gone.json", "coco")
