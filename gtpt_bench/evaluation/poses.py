"""Predicted poses of a data set: rescoring and suppression of duplicates, before any evaluator sees them.

P poses, J keypoints. Source: spec/training_and_evaluation.md §6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.protocol import Protocol

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Poses:
    """Predictions of all crops.

    Attributes:
        image_ids: `[P]`.
        keypoints: image pixels and confidence, `[P, J, 3]`.
        areas: square pixels of the padded crops, `[P]`.
        scores: of the boxes at first, of the persons after `rescored`, `[P]`.
    """

    image_ids: NDArray[np.int64]
    keypoints: Doubles
    areas: Doubles
    scores: Doubles

    def __len__(self) -> int:
        return len(self.image_ids)

    def at(self, places: NDArray[np.intp]) -> Poses:
        return Poses(self.image_ids[places], self.keypoints[places], self.areas[places], self.scores[places])


def rescored(poses: Poses, *, keypoint_threshold: float) -> Poses:
    """Box score times the mean confidence of the keypoints above the threshold; 0 where none is."""
    confidence = poses.keypoints[:, :, 2]
    counts = confidence > keypoint_threshold
    mean = (confidence * counts).sum(1) / np.maximum(1, counts.sum(1))
    return replace(poses, scores=poses.scores * mean)


def pose_similarity(pose: Doubles, others: Doubles, areas: Doubles, sigmas: Doubles) -> Doubles:
    """OKS `[P]` of one pose `[J, 2]` with others `[P, J, 2]`; `areas` are means of the two poses' areas."""
    squared = ((others - pose) ** 2).sum(-1)
    spread = 2 * (2 * sigmas) ** 2 * (areas[:, None] + np.spacing(1))
    similarity: Doubles = np.exp(-squared / spread).mean(1)
    return similarity


def without_duplicates(poses: Poses, sigmas: Sequence[float], *, threshold: float) -> Poses:
    """Greedy OKS-NMS in each image: the best pose stays, those too similar to it go."""
    sigma_J = np.asarray(sigmas, np.float64)
    order = np.argsort(-poses.scores, kind="stable")
    by_image: dict[int, list[int]] = {}
    for place in order:
        by_image.setdefault(int(poses.image_ids[place]), []).append(int(place))
    kept = [place for places in by_image.values() for place in _suppress(poses, places, sigma_J, threshold)]
    return poses.at(np.asarray(sorted(kept), dtype=np.intp))


def _suppress(poses: Poses, places: list[int], sigma_J: Doubles, threshold: float) -> list[int]:
    kept: list[int] = []
    waiting = np.asarray(places)
    while len(waiting):
        best, waiting = waiting[0], waiting[1:]
        kept.append(int(best))
        areas = (poses.areas[best] + poses.areas[waiting]) / 2
        similarity = pose_similarity(poses.keypoints[best, :, :2], poses.keypoints[waiting, :, :2], areas, sigma_J)
        waiting = waiting[similarity <= threshold]
    return kept


def final_poses(poses: Poses, sigmas: Sequence[float], protocol: Protocol) -> Poses:
    """Rescored poses without duplicates: what the evaluator gets."""
    return without_duplicates(
        rescored(poses, keypoint_threshold=protocol.keypoint_threshold),
        sigmas,
        threshold=protocol.oks_nms_threshold,
    )
