"""Results with a user's own keypoints are scored by OKS with the set's own sigmas."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from gtpt_bench.data.layout import DataRoot
from gtpt_bench.errors import DataError
from gtpt_bench.evaluation.coco import STATS, score_coco
from gtpt_bench.evaluation.entries import KeypointTruth
from gtpt_bench.evaluation.poses import Poses
from gtpt_bench.evaluation.score import coco_results, score_results
from gtpt_bench.keypoints import COCO, KeypointSet
from tests.data.coco_folder import annotation, content, image_entry, spread_points
from tests.evaluation.results import Json, perfect_results, result, some_results, some_truth
from tests.keypoints.own_sets import own

BOX = (40, 30, 60, 120)


def one_mouse(keypoints: KeypointSet) -> KeypointTruth:
    return KeypointTruth(content([image_entry(1)], [annotation(1, 1, box=BOX, keypoint_set=keypoints)]))


def moved(keypoints: KeypointSet, distance: float) -> list[Json]:
    """The mouse with all keypoints off by a distance."""
    return [result(1, spread_points(len(keypoints), BOX, seed=1) + np.asarray((distance, 0)))]


def test_ten_figures_come_out() -> None:
    keypoints = own().keypoint_set
    truth = one_mouse(keypoints)
    metrics = score_results(truth, perfect_results(truth.content["annotations"]), keypoints=keypoints).metrics
    assert metrics == pytest.approx(dict.fromkeys(STATS, 1.0) | dict.fromkeys(("AP_large", "AR_large"), -1.0))


def test_the_sets_own_sigmas_say_how_near_is_near() -> None:
    """Off by d, OKS is exp(-d² / (8 σ² A)): 0.72 passes five of ten thresholds; with σ doubled, 0.72^¼ passes nine."""
    sigma, area = 0.1, 0.6 * BOX[2] * BOX[3]
    distance = math.sqrt(-8 * sigma**2 * area * math.log(0.72))
    for factor, found in ((1, 0.5), (2, 0.9)):
        keypoints = own(sigmas=factor * sigma).keypoint_set
        scored = score_results(one_mouse(keypoints), moved(keypoints, distance), keypoints=keypoints)
        assert scored.metrics["AP"] == pytest.approx(found)


def test_each_keypoint_has_its_sigma() -> None:
    """One keypoint far off: with a huge sigma it does not matter, with a small one it costs its fifth."""
    for sigma, found in ((100.0, 1.0), (0.01, 0.7)):
        keypoints = own(sigmas=[0.1, 0.1, 0.1, 0.1, sigma]).keypoint_set
        points = spread_points(5, BOX, seed=1)
        points[4] += 100
        metrics = score_results(one_mouse(keypoints), [result(1, points)], keypoints=keypoints).metrics
        assert metrics["AP"] == pytest.approx(found)


def test_cocos_own_figures_are_as_before() -> None:
    truth = some_truth()
    results = some_results(truth)
    assert score_results(truth, results, keypoints=COCO).metrics == score_coco(truth, results).stats


def test_another_number_of_keypoints_is_refused() -> None:
    keypoints = own().keypoint_set
    with pytest.raises(DataError, match="entry 0: keypoints does not have 3 x 5 numbers"):
        score_results(one_mouse(keypoints), moved(COCO, 0), keypoints=keypoints)
    with pytest.raises(DataError, match="annotation 0: keypoints does not have 3 x 5 numbers"):
        score_results(one_mouse(COCO), moved(keypoints, 0), keypoints=keypoints)


def test_result_entries_are_as_coco_has_them() -> None:
    poses = Poses(np.asarray([7]), np.arange(15.0).reshape(1, 5, 3), np.ones(1), np.asarray([0.5]))
    assert coco_results(poses, own().keypoint_set) == [
        {"image_id": 7, "category_id": 1, "score": 0.5, "keypoints": [float(value) for value in range(15)]}
    ]


def test_annotations_lie_where_cocos_do() -> None:
    root = DataRoot(Path("root"))
    names = {name: root.annotations("val2017", name).name for name in ("coco", "mouse", "wholebody")}
    assert names == {
        "coco": "person_keypoints_val2017.json",
        "mouse": "person_keypoints_val2017.json",
        "wholebody": "coco_wholebody_val_v1.0.json",
    }
