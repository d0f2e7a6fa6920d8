"""The record behind AP: which result found which annotation at which threshold, and who was not to be found."""

from __future__ import annotations

import contextlib
import copy
import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from gtpt_bench.evaluation.coco import MatchRecord, score_coco
from gtpt_bench.evaluation.entries import KeypointTruth
from gtpt_bench.evaluation.intervals import average_precision
from tests.data.coco_folder import annotation, content, image_entry, shared
from tests.evaluation.results import Json, official_stats, result, some_results, some_truth

LEFT, RIGHT = (10, 20, 80, 120), (180, 20, 80, 120)
TWO = [annotation(41, 7, box=LEFT), annotation(42, 7, box=RIGHT)]
IMAGES = [image_entry(9), image_entry(7)]


def points(entry: Json) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.reshape(entry["keypoints"], (17, 3))[:, :2].astype(np.float64)


def record(annotations: list[Json], results: list[Json], **options: Any) -> MatchRecord:
    return score_coco(KeypointTruth(content(IMAGES, annotations)), results, **options).matches


def test_each_result_names_the_annotation_it_found() -> None:
    results = [
        result(7, points(TWO[1]), score=0.3),
        result(9, points(TWO[0]), score=0.8),
        result(7, points(TWO[0]), score=0.9),
    ]
    found = record(TWO, results)
    assert found.image_ids.tolist() == [7, 9]
    assert found.detection.tolist() == [2, 0, 1], "image by image, the best first"
    assert found.image.tolist() == [0, 0, 1]
    assert found.score.tolist() == [0.9, 0.3, 0.8]
    assert found.truth_id[found.truth[0, :2]].tolist() == [41, 42]
    assert (found.truth[:, 2] == -1).all(), "nobody is on image 9"
    assert found.truth_image.tolist() == [0, 0]
    assert found.num_truths.tolist() == [2, 0]


def test_a_loose_pose_is_a_match_at_low_thresholds_only() -> None:
    found = record(TWO[:1], [result(7, points(TWO[0]) + 6)])
    matched = found.matched[:, 0]
    assert matched[0]
    assert not matched[-1]
    assert (np.diff(matched.astype(int)) <= 0).all()
    assert (found.matched == (found.truth >= 0)).all()


def test_a_crowd_pardons_many_and_anyone_else_one() -> None:
    crowd = TWO[0] | {"iscrowd": 1}
    found = record([crowd, TWO[1]], [result(7, points(TWO[0]), score=s) for s in (0.9, 0.8)])
    assert found.ignored.all()
    assert (found.truth == 0).all()
    assert found.truth_ignored.tolist() == [True, False]
    single = record(TWO, [result(7, points(TWO[0]), score=s) for s in (0.9, 0.8)])
    assert single.truth[0].tolist() == [0, -1]


def test_results_beyond_the_most_of_an_image_and_of_other_classes_are_not_in_it() -> None:
    results = [result(7, points(TWO[0]), score=0.1 * place) for place in range(1, 6)]
    assert record(TWO, results, max_detections=2).detection.tolist() == [4, 3]
    results[4] |= {"category_id": 3}
    assert record(TWO, results, max_detections=2).detection.tolist() == [3, 2]


def test_an_annotation_of_id_0_can_be_found() -> None:
    """pycocotools takes an id of 0 for no match at all."""
    zero = [TWO[0] | {"id": 0}]
    scores = score_coco(KeypointTruth(content(IMAGES, zero)), [result(7, points(TWO[0]))])
    assert scores.stats["AP"] == pytest.approx(1)
    assert scores.matches.truth_id[scores.matches.truth[0]].tolist() == [0]


def test_of_equal_scores_the_first_result_wins() -> None:
    results = [result(7, points(TWO[0]), score=0.5)] * 2
    assert record(TWO, results).truth[0].tolist() == [0, -1]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.5, 3, 12]), st.booleans())
def test_matches_are_those_of_pycocotools_itself(seed: int, noise_px: float, ties: bool) -> None:
    truth = some_truth(seed=seed)
    results = some_results(truth, seed=seed, noise_px=noise_px, ties=ties)
    found = score_coco(truth, results).matches
    assert_equal_to_pycocotools(found, truth, results)
    assert average_precision(found) == pytest.approx(official_stats(truth, results)["AP"], abs=1e-9)


@pytest.mark.parametrize("example", ["coco_example_139099", "coco_example_4img"])
def test_real_matches_are_those_of_pycocotools_itself(example: str) -> None:
    folder = shared(f"evaluation/{example}")
    truth, results = (json.loads((folder / name).read_text()) for name in ("gt.json", "results.json"))
    found = score_coco(KeypointTruth(truth), results).matches
    assert_equal_to_pycocotools(found, KeypointTruth(truth), results)
    expected = official_stats(KeypointTruth(truth), results)["AP"]
    assert average_precision(found) == pytest.approx(expected, abs=1e-9)


def assert_equal_to_pycocotools(found: MatchRecord, truth: KeypointTruth, results: list[Json]) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        index = COCO()
        index.dataset = copy.deepcopy(dict(truth.content)) | {"info": {}}
        index.createIndex()
        evaluator = COCOeval(index, index.loadRes(copy.deepcopy(results)), "keypoints")
        evaluator.evaluate()
    records = [one for one in evaluator.evalImgs[: len(evaluator.params.imgIds)] if one is not None]
    columns = [
        (one["image_id"], number - 1, one["dtMatches"][:, place].tolist(), one["dtIgnore"][:, place].tolist())
        for one in records
        for place, number in enumerate(one["dtIds"])
    ]
    truth_ids = np.append(found.truth_id, 0)  # -1, for none, becomes 0
    assert columns == [
        (found.image_ids[image], detection, truth_ids[truth].tolist(), ignored.tolist())
        for image, detection, truth, ignored in zip(
            found.image, found.detection, found.truth.T, found.ignored.T, strict=True
        )
    ]
    ignored_ids = {i for one in records for i, ignore in zip(one["gtIds"], one["gtIgnore"], strict=True) if ignore}
    assert set(found.truth_id[found.truth_ignored].tolist()) == ignored_ids
