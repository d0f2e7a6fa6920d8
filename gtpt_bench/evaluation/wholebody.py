"""AP and AR of COCO-WholeBody: the whole and each part, every part with its own slice of keypoints and sigmas.

OKS of each part is normalised by the person's area; a person without a labelled keypoint in a part is ignored for
it; sizes of detections come from the extent of the 17 body keypoints.
Source: spec/training_and_evaluation.md §7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gtpt_bench.evaluation.coco import CocoScores, extent_areas, score_keypoints
from gtpt_bench.evaluation.entries import Detections, KeypointTruth, Truths, detections_of, truths_of
from gtpt_bench.keypoints import WHOLEBODY

FIELDS = {"body": "keypoints", "foot": "foot_kpts", "face": "face_kpts"} | {
    side: f"{side}_kpts" for side in ("lefthand", "righthand")
}
"""Part to its field in annotations and results; joined in this order they are the 133 keypoints."""

FIELD_SIZES = {FIELDS[part]: len(places) for part, places in WHOLEBODY.parts.items()}
"""How many keypoints each field holds."""

SCORED_PARTS = ("foot", "face", "lefthand", "righthand")
"""Ranked by scores of their own where results have them. The whole and the body are ranked by the person's `score`, as
the reference evaluator (xtcocotools) ranks them even where there is a `body_score`."""

WHOLE = "wholebody"
HAND = "hand"
HANDS = ("lefthand", "righthand")


def score_wholebody(
    truth: KeypointTruth,
    results: Sequence[Mapping[str, Any]],
    *,
    max_detections: int = 20,
    source: str = "the results",
) -> dict[str, CocoScores]:
    """Scores of `wholebody` and of each part by name.

    Args:
        results: entries with the five keypoint fields of the annotations, `score`, and optionally scores of
            parts: `foot_score`, `face_score`, `lefthand_score`, `righthand_score`; a part without is ranked by
            `score`.

    Raises:
        DataError: a result is malformed, on an unknown image, or a number of it is none; or the annotations lack
            what is scored against.
    """
    truths = truths_of(truth, FIELD_SIZES)
    detections = detections_of(results, truth, FIELD_SIZES, parts=SCORED_PARTS, source=source)
    return score_parts(truths, detections, max_detections=max_detections)


def score_parts(truths: Truths, detections: Detections, *, max_detections: int) -> dict[str, CocoScores]:
    """Scores of `wholebody` and of each part by name, of 133 keypoints each."""
    areas = extent_areas(detections.keypoints[:, list(WHOLEBODY.parts["body"])])
    return {
        part: score_keypoints(
            _part_truths(truths, places),
            _part_detections(detections, part, places),
            sigmas=[WHOLEBODY.sigmas[place] for place in places],
            max_detections=max_detections,
            areas=areas,
        )
        for part, places in {WHOLE: range(len(WHOLEBODY)), **WHOLEBODY.parts}.items()
    }


def _part_truths(truths: Truths, places: range) -> Truths:
    keypoints = truths.keypoints[:, places.start : places.stop]
    labelled = np.any(keypoints[..., 2] > 0, axis=1)
    return replace(truths, keypoints=keypoints, labelled=np.asarray(labelled))


def _part_detections(detections: Detections, part: str, places: range) -> Detections:
    keypoints = detections.keypoints[:, places.start : places.stop]
    return replace(detections, keypoints=keypoints, scores=detections.part_scores.get(part, detections.scores))


def hand_mean(parts: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Mean of left and right hand, figure by figure; -1 where one of them has no value.

    An assumption: there is no joint evaluation of hands, and papers do not say what their column `hand` is.
    Source: spec/training_and_evaluation.md §7.
    """
    left, right = (parts[hand] for hand in HANDS)
    return {
        figure: (left[figure] + right[figure]) / 2 if min(left[figure], right[figure]) >= 0 else -1.0 for figure in left
    }


def as_fields(keypoints: Sequence[float]) -> dict[str, list[float]]:
    """The 133 keypoints of a person, flat, as the five fields of a result."""
    return {
        FIELDS[part]: list(keypoints[3 * places.start : 3 * places.stop]) for part, places in WHOLEBODY.parts.items()
    }
