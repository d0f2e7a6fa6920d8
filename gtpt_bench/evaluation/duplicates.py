"""Poses of one person found twice: what happens to those too similar to a better one, by the name in the protocol.

P poses, J keypoints. Source: spec/training_and_evaluation.md §6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from gtpt_bench.evaluation.poses import Doubles, Poses, pose_similarity, rescored
from gtpt_bench.evaluation.protocol import OksNms, Protocol

SOFT_KEPT = 20
"""Most poses of an image that the soft variant keeps."""


def final_poses(poses: Poses, sigmas: Sequence[float], protocol: Protocol) -> Poses:
    """Rescored poses without duplicates: what the evaluator gets."""
    return suppressed(rescored(poses, keypoint_threshold=protocol.keypoint_threshold), sigmas, protocol)


def suppressed(poses: Poses, sigmas: Sequence[float], protocol: Protocol) -> Poses:
    """OKS-NMS as the protocol has it, in each image by itself; poses keep their order."""
    return SUPPRESSIONS[protocol.oks_nms](poses, sigmas, threshold=protocol.oks_nms_threshold)


def without_duplicates(poses: Poses, sigmas: Sequence[float], *, threshold: float) -> Poses:
    """Greedy OKS-NMS in each image: the best pose stays, those too similar to it go."""
    sigma_J = np.asarray(sigmas, np.float64)
    kept = [place for places in _by_image(poses) for place in _greedy(poses, places, sigma_J, threshold)]
    return poses.at(np.asarray(sorted(kept), dtype=np.intp))


def softened(poses: Poses, sigmas: Sequence[float], *, threshold: float) -> Poses:
    """Soft OKS-NMS: the best pose stays and every other score is multiplied by exp(−OKS² / threshold), again and again.

    Poses keep the lowered scores; those left when an image has 20 go.
    """
    sigma_J = np.asarray(sigmas, np.float64)
    kept = {place: score for places in _by_image(poses) for place, score in _soft(poses, places, sigma_J, threshold)}
    order = sorted(kept)
    fewer = poses.at(np.asarray(order, dtype=np.intp))
    return replace(fewer, scores=np.asarray([kept[place] for place in order], dtype=np.float64))


def as_they_are(poses: Poses, sigmas: Sequence[float], *, threshold: float) -> Poses:
    """All poses."""
    return poses


SUPPRESSIONS: Mapping[OksNms, Callable[..., Poses]] = MappingProxyType(
    {"greedy": without_duplicates, "soft": softened, "off": as_they_are}
)


def _by_image(poses: Poses) -> Iterable[list[int]]:
    """Places of the poses of each image, the best first, of equal ones the first."""
    by_image: dict[int, list[int]] = {}
    for place in np.argsort(-poses.scores, kind="stable").tolist():
        by_image.setdefault(int(poses.image_ids[place]), []).append(place)
    return by_image.values()


def _similar(poses: Poses, best: int, others: np.ndarray, sigma_J: Doubles) -> Doubles:
    areas = (poses.areas[best] + poses.areas[others]) / 2
    return pose_similarity(poses.keypoints[best, :, :2], poses.keypoints[others, :, :2], areas, sigma_J)


def _greedy(poses: Poses, places: list[int], sigma_J: Doubles, threshold: float) -> list[int]:
    kept: list[int] = []
    waiting = np.asarray(places)
    while len(waiting):
        best, waiting = int(waiting[0]), waiting[1:]
        kept.append(best)
        waiting = waiting[_similar(poses, best, waiting, sigma_J) <= threshold]
    return kept


def _soft(poses: Poses, places: list[int], sigma_J: Doubles, threshold: float) -> list[tuple[int, float]]:
    kept: list[tuple[int, float]] = []
    waiting = np.asarray(places)
    scores = poses.scores[waiting]
    while len(waiting) and len(kept) < SOFT_KEPT:
        first = int(np.argmax(scores))
        best = int(waiting[first])
        kept.append((best, float(scores[first])))
        waiting, scores = np.delete(waiting, first), np.delete(scores, first)
        scores = scores * np.exp(-(_similar(poses, best, waiting, sigma_J) ** 2) / threshold)
    return kept
