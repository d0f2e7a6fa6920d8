"""Before scoring: persons get their confidence, and of nearly equal ones in an image the best stays."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtpt_bench.evaluation.duplicates import SOFT_KEPT, final_poses, suppressed, without_duplicates
from gtpt_bench.evaluation.poses import Poses, pose_similarity, rescored
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.keypoints import COCO, WHOLEBODY

SIGMAS = np.asarray(COCO.sigmas)
AREA = 9000.0


def poses(keypoints: np.ndarray, *, scores: list[float], images: list[int] | None = None, area: float = AREA) -> Poses:
    num = len(keypoints)
    return Poses(
        image_ids=np.asarray(images or [1] * num, np.int64),
        keypoints=keypoints,
        areas=np.full(num, area),
        scores=np.asarray(scores, np.float64),
    )


@st.composite
def crowds(draw: st.DrawFn) -> Poses:
    """Up to twelve persons in three images, most of them near copies of two poses."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    num = draw(st.integers(0, 12))
    patterns = rng.uniform(0, 200, (2, 17, 2))
    points = patterns[rng.integers(0, 2, num)] + rng.normal(0, 3, (num, 17, 2)) * rng.random((num, 1, 1))
    confidence = rng.random((num, 17, 1)) * 0.1
    return Poses(
        image_ids=rng.integers(1, 4, num),
        keypoints=np.concatenate((points, confidence), -1),
        areas=rng.uniform(5000, 20000, num),
        scores=rng.permutation(num) / max(1, num),
    )


def oks(one: np.ndarray, other: np.ndarray, area: float, sigmas: np.ndarray = SIGMAS) -> float:
    """The definition, keypoint by keypoint."""
    terms = [
        math.exp(-((ax - bx) ** 2 + (ay - by) ** 2) / (2 * area * (2 * sigma) ** 2))
        for (ax, ay), (bx, by), sigma in zip(one, other, sigmas, strict=True)
    ]
    return sum(terms) / len(terms)


def brute_force(crowd: Poses, threshold: float) -> list[int]:
    """Who stays: nobody better who stays, in the same image, is too similar."""
    stays: list[int] = []
    for place in sorted(range(len(crowd)), key=lambda p: -crowd.scores[p]):
        rivals = [better for better in stays if crowd.image_ids[better] == crowd.image_ids[place]]
        similarities = [
            oks(
                crowd.keypoints[place, :, :2],
                crowd.keypoints[rival, :, :2],
                (crowd.areas[place] + crowd.areas[rival]) / 2,
            )
            for rival in rivals
        ]
        if all(similarity <= threshold for similarity in similarities):
            stays.append(place)
    return sorted(stays)


# Similarity


def test_a_pose_is_fully_similar_to_itself() -> None:
    points = np.random.default_rng(0).uniform(0, 100, (17, 2))
    assert pose_similarity(points, points[None], np.asarray([AREA]), SIGMAS) == pytest.approx([1])


def test_similarity_of_a_shift_by_one_sigma_each_is_a_closed_form() -> None:
    """Two keypoints moved by 2 · sigma · √area have exp(−1/2) each, the other fifteen 1."""
    points = np.random.default_rng(0).uniform(0, 100, (17, 2))
    moved = points.copy()
    moved[[0, 9], 0] += 2 * SIGMAS[[0, 9]] * math.sqrt(AREA)
    expected = (15 + 2 * math.exp(-0.5)) / 17
    assert pose_similarity(points, moved[None], np.asarray([AREA]), SIGMAS) == pytest.approx([expected])


@given(st.integers(0, 2**32))
def test_similarity_is_the_definition_and_symmetric(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sigmas = np.asarray(WHOLEBODY.sigmas)
    one, others = rng.uniform(0, 30, (133, 2)), rng.uniform(0, 30, (3, 133, 2))
    areas = rng.uniform(100, 50_000, 3)
    found = pose_similarity(one, others, areas, sigmas)
    assert found == pytest.approx([oks(one, o, a, sigmas) for o, a in zip(others, areas, strict=True)], abs=1e-12)
    assert pose_similarity(others[0], one[None], areas[:1], sigmas) == pytest.approx(found[:1], abs=1e-12)


# Suppression


@settings(max_examples=60)
@given(crowds(), st.sampled_from([0.5, 0.9, 0.97, 1.0]))
def test_the_same_stay_as_by_brute_force(crowd: Poses, threshold: float) -> None:
    kept = without_duplicates(crowd, COCO.sigmas, threshold=threshold)
    expected = crowd.at(np.asarray(brute_force(crowd, threshold), np.intp))
    for found, wanted in zip(vars(kept).values(), vars(expected).values(), strict=True):
        np.testing.assert_array_equal(found, wanted)


@given(crowds())
def test_suppressing_twice_is_suppressing_once(crowd: Poses) -> None:
    once = without_duplicates(crowd, COCO.sigmas, threshold=0.9)
    assert len(without_duplicates(once, COCO.sigmas, threshold=0.9)) == len(once)


def test_the_better_of_two_equal_poses_stays_and_other_images_are_not_asked() -> None:
    points = np.random.default_rng(1).uniform(0, 100, (1, 17, 3)).repeat(3, 0)
    kept = without_duplicates(poses(points, scores=[0.2, 0.9, 0.5], images=[1, 1, 2]), COCO.sigmas, threshold=0.9)
    assert kept.scores.tolist() == [0.9, 0.5]
    assert kept.image_ids.tolist() == [1, 2]


def test_of_equal_poses_with_equal_scores_the_first_stays() -> None:
    points = np.random.default_rng(1).uniform(0, 100, (1, 17, 3)).repeat(3, 0)
    points[:, :, 2] = np.asarray([0.1, 0.2, 0.3])[:, None]
    kept = without_duplicates(poses(points, scores=[0.5] * 3), COCO.sigmas, threshold=0.9)
    assert kept.keypoints[:, 0, 2].tolist() == [0.1]


def test_a_pose_exactly_as_similar_as_the_threshold_stays() -> None:
    points = np.random.default_rng(1).uniform(0, 100, (1, 17, 3)).repeat(2, 0)
    equal = poses(points, scores=[0.5, 0.4])
    assert len(without_duplicates(equal, COCO.sigmas, threshold=1.0)) == 2
    assert len(without_duplicates(equal, COCO.sigmas, threshold=0.999)) == 1


def test_a_larger_area_makes_the_same_distance_more_similar() -> None:
    points = np.random.default_rng(1).uniform(0, 100, (1, 17, 3)).repeat(2, 0)
    points[1, :, 0] += 3
    small, large = (poses(points, scores=[0.5, 0.4], area=area) for area in (1_000.0, 100_000.0))
    assert len(without_duplicates(small, COCO.sigmas, threshold=0.9)) == 2
    assert len(without_duplicates(large, COCO.sigmas, threshold=0.9)) == 1


# Rescoring


def test_a_persons_score_is_the_box_score_times_the_mean_confidence_above_the_threshold() -> None:
    keypoints = np.zeros((3, 17, 3))
    keypoints[0, :, 2] = [0.1] * 10 + [0.01] * 7  # the threshold itself does not count
    keypoints[1, :, 2] = np.linspace(0.02, 0.18, 17)
    keypoints[2, :, 2] = 0.005
    found = rescored(poses(keypoints, scores=[0.8, 0.5, 0.9]), keypoint_threshold=0.01)
    assert found.scores == pytest.approx([0.8 * 0.1, 0.5 * 0.1, 0])
    np.testing.assert_array_equal(found.keypoints, keypoints)


def test_without_rescoring_a_person_has_the_score_of_its_box() -> None:
    keypoints = np.random.default_rng(1).uniform(0, 100, (2, 17, 3))
    keypoints[..., 2] /= 1000
    found = final_poses(poses(keypoints, scores=[0.9, 0.6]), COCO.sigmas, Protocol(keypoint_threshold=None))
    assert found.scores.tolist() == [0.9, 0.6]


def test_negative_box_scores_stay_negative() -> None:
    keypoints = np.full((1, 17, 3), 0.5)
    assert rescored(poses(keypoints, scores=[-2.0]), keypoint_threshold=0.01).scores == pytest.approx([-1.0])


def test_the_final_poses_are_rescored_before_duplicates_go() -> None:
    """The worse box has the more confident keypoints, so its person stays."""
    keypoints = np.random.default_rng(1).uniform(0, 100, (1, 17, 3)).repeat(2, 0)
    keypoints[:, :, 2] = np.asarray([0.1, 0.9])[:, None]
    found = final_poses(poses(keypoints, scores=[0.9, 0.6]), COCO.sigmas, Protocol())
    assert found.scores == pytest.approx([0.54])


def test_nobody_stays_of_nobody() -> None:
    nobody = poses(np.zeros((0, 17, 3)), scores=[])
    assert len(final_poses(nobody, COCO.sigmas, Protocol())) == 0


# The soft variant, and none


def soft_by_definition(scores: list[float], similarity: np.ndarray, threshold: float, most: int) -> dict[int, float]:
    """Again and again the best of those left is kept, and lowers all others by exp(−OKS² / threshold)."""
    left, kept = dict(enumerate(scores)), dict[int, float]()
    while left and len(kept) < most:
        best = max(left, key=lambda place: left[place])
        kept[best] = left.pop(best)
        left = {place: score * math.exp(-(similarity[best, place] ** 2) / threshold) for place, score in left.items()}
    return kept


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.integers(1, 30), st.sampled_from([0.3, 0.9]))
def test_soft_suppression_lowers_scores_and_keeps_twenty(seed: int, num: int, threshold: float) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 200, (17, 2)) + rng.normal(0, 10, (num, 17, 2))
    crowd = poses(points, scores=rng.random(num).tolist())
    similarity = np.asarray([[oks(one, other, AREA) for other in points] for one in points])
    expected = soft_by_definition(crowd.scores.tolist(), similarity, threshold, SOFT_KEPT)
    found = suppressed(crowd, COCO.sigmas, Protocol(oks_nms="soft", oks_nms_threshold=threshold))
    order = sorted(expected)
    assert found.scores == pytest.approx([expected[place] for place in order], rel=1e-9)
    np.testing.assert_array_equal(found.keypoints, crowd.keypoints[order])


def test_soft_suppression_leaves_the_best_and_other_images_alone() -> None:
    points = np.stack([np.random.default_rng(0).uniform(0, 200, (17, 2))] * 3)
    crowd = poses(points, scores=[0.9, 0.5, 0.5], images=[1, 1, 2])
    found = suppressed(crowd, COCO.sigmas, Protocol(oks_nms="soft"))
    assert found.scores == pytest.approx([0.9, 0.5 * math.exp(-1 / 0.9), 0.5])


def test_without_suppression_everyone_stays() -> None:
    points = np.zeros((4, 17, 2))
    assert len(suppressed(poses(points, scores=[0.5] * 4), COCO.sigmas, Protocol(oks_nms="off"))) == 4


def test_nobody_is_suppressed_where_nobody_is() -> None:
    nobody = poses(np.zeros((0, 17, 2)), scores=[], images=[])
    for kind in ("greedy", "soft", "off"):
        assert len(suppressed(nobody, COCO.sigmas, Protocol.model_validate({"oks_nms": kind}))) == 0
