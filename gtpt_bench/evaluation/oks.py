"""OKS of all persons of an image at once, equal to pycocotools' loop over pairs, which takes half of an evaluation.

D detections, G truths, J keypoints. Source: spec/training_and_evaluation.md §6 and §7 (the evaluator's definition).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gtpt_bench.evaluation.poses import Doubles


def similarities(evaluator: Any, image_id: int, category_id: int) -> Doubles | list[Any]:
    """What `COCOeval.computeOks` gives: OKS `[D, G]`, the detections by falling score, truths as they come.

    Args:
        evaluator: a COCOeval that has been prepared.
    """
    truths, detections = (part[image_id, category_id] for part in (evaluator._gts, evaluator._dts))
    if not truths or not detections:
        return []
    order = np.argsort([-one["score"] for one in detections], kind="mergesort")[: evaluator.params.maxDets[-1]]
    points = np.stack([detections[place]["keypoints"] for place in order]).reshape(len(order), -1, 3)
    spread = (evaluator.params.kpt_oks_sigmas * 2) ** 2
    return np.stack([_of_one(truth, points[..., 0], points[..., 1], spread) for truth in truths], axis=1)


def _of_one(truth: Mapping[str, Any], x_DJ: Doubles, y_DJ: Doubles, spread_J: Doubles) -> Doubles:
    """OKS of all detections with one truth, `[D]`.

    A truth without labels is as similar as detections are near to its box, widened by itself on each side.
    """
    labels_J3 = np.reshape(truth["keypoints"], (-1, 3))
    labelled = labels_J3[:, 2] > 0
    if labelled.any():
        dx, dy = x_DJ - labels_J3[:, 0], y_DJ - labels_J3[:, 1]
    else:
        left, top, width, height = truth["bbox"]
        dx, dy = _outside(x_DJ, left - width, left + width * 2), _outside(y_DJ, top - height, top + height * 2)
        labelled = np.ones_like(labelled)
    exponent = (dx**2 + dy**2) / spread_J / (truth["area"] + np.spacing(1)) / 2
    # in rows of their own, so that they are added up in the order in which pycocotools adds them
    terms = np.exp(-np.ascontiguousarray(exponent[:, labelled]))
    similarity: Doubles = terms.sum(axis=1) / terms.shape[1]
    return similarity


def _outside(values: Doubles, low: float, high: float) -> Doubles:
    """By how much values are below or above."""
    distance: Doubles = np.maximum(0, low - values) + np.maximum(0, values - high)
    return distance
