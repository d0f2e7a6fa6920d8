"""AP and AR of COCO-WholeBody: the whole and each part, every part with its own slice of keypoints and sigmas.

OKS of each part is normalised by the person's area; a person without a labelled keypoint in a part is ignored for
it; sizes of detections come from the extent of the 17 body keypoints.
Source: spec/training_and_evaluation.md §7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gtpt_bench.evaluation.coco import (
    CocoScores,
    KeypointTruth,
    check_results,
    check_truth,
    extent_area,
    score_keypoints,
)
from gtpt_bench.keypoints import WHOLEBODY

FIELDS = {"body": "keypoints", "foot": "foot_kpts", "face": "face_kpts"} | {
    side: f"{side}_kpts" for side in ("lefthand", "righthand")
}
"""Part to its field in annotations and results; joined in this order they are the 133 keypoints."""

WHOLE = "wholebody"

RANKED_BY_PERSON = (WHOLE, "body")
"""Ranked by the person's `score`, as the reference evaluator (xtcocotools) does even where a `body_score` is given."""


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
            parts: `foot_score`, `face_score`, `lefthand_score`, `righthand_score`.

    Raises:
        DataError: a result is malformed, on an unknown image, or its score is not a number; or the annotations
            lack what is scored against.
    """
    sizes = {FIELDS[part]: len(places) for part, places in WHOLEBODY.parts.items()}
    check_truth(truth, sizes)
    check_results(results, truth, sizes, source)
    return {
        part: score_keypoints(
            KeypointTruth(_part_truth(truth.content, part), truth.image_ids),
            [_part_result(result, part) for result in results],
            sigmas=[WHOLEBODY.sigmas[place] for place in WHOLEBODY.parts.get(part, range(len(WHOLEBODY)))],
            max_detections=max_detections,
        )
        for part in (WHOLE, *WHOLEBODY.parts)
    }


def _part_truth(content: Mapping[str, Any], part: str) -> dict[str, Any]:
    return {**content, "annotations": [_part_annotation(annotation, part) for annotation in content["annotations"]]}


def _part_annotation(annotation: Mapping[str, Any], part: str) -> dict[str, Any]:
    keypoints = _part_keypoints(annotation, part)
    return {
        **annotation,
        "keypoints": keypoints,
        "num_keypoints": sum(visibility > 0 for visibility in keypoints[2::3]),
    }


def _part_result(result: Mapping[str, Any], part: str) -> dict[str, Any]:
    return {
        "image_id": result["image_id"],
        "category_id": result["category_id"],
        "keypoints": _part_keypoints(result, part),
        "score": result["score"] if part in RANKED_BY_PERSON else result.get(f"{part}_score", result["score"]),
        "area": extent_area(result["keypoints"]),
    }


def _part_keypoints(entry: Mapping[str, Any], part: str) -> list[float]:
    fields = FIELDS.values() if part == WHOLE else [FIELDS[part]]
    return [value for field in fields for value in entry[field]]


def as_fields(keypoints: Sequence[float]) -> dict[str, list[float]]:
    """The 133 keypoints of a person, flat, as the five fields of a result."""
    return {
        FIELDS[part]: list(keypoints[3 * places.start : 3 * places.stop]) for part, places in WHOLEBODY.parts.items()
    }
