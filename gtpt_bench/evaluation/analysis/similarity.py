"""How near a keypoint is to where it belongs, on the evaluator's scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


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
