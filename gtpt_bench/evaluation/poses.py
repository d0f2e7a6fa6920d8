"""Predicted poses of a data set, their rescoring, and how similar two of them are.

P poses, J keypoints. Source: spec/training_and_evaluation.md §6.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Poses:
    """Predictions of all crops.

    Attributes:
        image_ids: `[P]`.
        keypoints: image pixels and confidence, `[P, J, 3]`.
        areas: square pixels by which OKS-NMS scales, of the padded crops or of the boxes, `[P]`.
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


def rescored(poses: Poses, *, keypoint_threshold: float | None) -> Poses:
    """Box score times the mean confidence of the keypoints above the threshold; 0 where none is.

    Without a threshold persons keep the scores of their boxes.
    """
    if keypoint_threshold is None:
        return poses
    confidence = poses.keypoints[:, :, 2]
    counts = confidence > keypoint_threshold
    mean = (confidence * counts).sum(1) / np.maximum(1, counts.sum(1))
    return replace(poses, scores=poses.scores * mean)


def keypoint_similarity(predicted: Doubles, true: Doubles, areas: Doubles, sigmas: Doubles) -> Doubles:
    """One keypoint's term of OKS: exp(−d² / (2 (2σ)² A)), from 1 where it belongs down to 0.

    Args:
        predicted, true: pixels, `[..., J, 2]`.
        areas: of the annotated persons in square pixels, `[...]`.
        sigmas: of the true keypoints, `[J]`.

    Returns:
        `[..., J]`.

    Source: spec/training_and_evaluation.md §6; its mean over labelled keypoints is pycocotools' OKS.
    """
    squared = ((predicted - true) ** 2).sum(-1)
    spread = 2 * (2 * sigmas) ** 2 * (areas[..., None] + np.spacing(1))
    similarity: Doubles = np.exp(-squared / spread)
    return similarity


def pose_similarity(pose: Doubles, others: Doubles, areas: Doubles, sigmas: Doubles) -> Doubles:
    """OKS `[P]` of one pose `[J, 2]` with others `[P, J, 2]`; `areas` are means of the two poses' areas."""
    similarity: Doubles = keypoint_similarity(others, pose, areas, sigmas).mean(1)
    return similarity
