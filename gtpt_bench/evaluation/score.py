"""Predictions to figures by keypoint set: which evaluator, which result entries, which metrics by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gtpt_bench.data.people import read_annotations
from gtpt_bench.evaluation.coco import KeypointTruth, Matches, read_results, score_coco
from gtpt_bench.evaluation.poses import Poses
from gtpt_bench.evaluation.wholebody import WHOLE, as_fields, score_wholebody
from gtpt_bench.keypoints import KEYPOINT_SETS, WHOLEBODY, KeypointSet

ProtocolName = Literal["coco", "wholebody"]
"""Keypoint sets whose results files are scored from the command line."""

Metrics = dict[str, Any]
"""Ten figures by name; for whole bodies those of the whole, and under `parts` ten for each part."""


@dataclass(frozen=True)
class Scored:
    """Metrics, and the matches behind their AP."""

    metrics: Metrics
    matches: Matches


def coco_results(poses: Poses, keypoints: KeypointSet) -> list[dict[str, Any]]:
    """Poses as result entries of COCO-WholeBody, or with any other keypoints as COCO has them."""
    entries = []
    for image_id, points, score in zip(poses.image_ids, poses.keypoints, poses.scores, strict=True):
        flat = points.reshape(-1).tolist()
        fields = as_fields(flat) if keypoints.name == WHOLEBODY.name else {"keypoints": flat}
        entries.append({"image_id": int(image_id), "category_id": 1, "score": float(score), **fields})
    return entries


def score_results(
    truth: KeypointTruth,
    results: list[dict[str, Any]],
    *,
    keypoints: KeypointSet,
    max_detections: int = 20,
    source: str = "the results",
) -> Scored:
    """Metrics of result entries; raises as `score_coco` and `score_wholebody` do."""
    if keypoints.name != WHOLEBODY.name:
        scores = score_coco(truth, results, keypoints=keypoints, max_detections=max_detections, source=source)
        return Scored(dict(scores.stats), scores.matches)
    parts = score_wholebody(truth, results, max_detections=max_detections, source=source)
    metrics = {**parts[WHOLE].stats, "parts": {part: found.stats for part, found in parts.items()}}
    return Scored(metrics, parts[WHOLE].matches)


def score_files(predictions: Path, annotations: Path, protocol: ProtocolName) -> Metrics:
    """Figures of a results file against an annotation file: ten, or for whole bodies ten for each part.

    Raises:
        DataError: a file cannot be read, or a result cannot be scored.
    """
    truth = KeypointTruth(read_annotations(annotations), source=str(annotations))
    scored = score_results(truth, read_results(predictions), keypoints=KEYPOINT_SETS[protocol], source=str(predictions))
    metrics: Metrics = scored.metrics.get("parts", scored.metrics)
    return metrics
