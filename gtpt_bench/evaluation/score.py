"""Predictions to figures by keypoint set: which evaluator, which result entries, which metrics by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gtpt_bench.data.people import read_annotations
from gtpt_bench.evaluation.coco import CocoScores, MatchRecord, read_results, score_coco, score_keypoints
from gtpt_bench.evaluation.duplicates import final_poses
from gtpt_bench.evaluation.entries import KeypointTruth, detections_of_poses, truths_of
from gtpt_bench.evaluation.matches_json import joint_errors_to_json, matches_to_json
from gtpt_bench.evaluation.mpii import JointErrors, MpiiTruth, joint_errors, mpii_metrics
from gtpt_bench.evaluation.mpii_files import read_mpii_predictions, read_mpii_truth
from gtpt_bench.evaluation.named_protocols import ProtocolName
from gtpt_bench.evaluation.poses import Poses, rescored
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.evaluation.wholebody import (
    FIELD_SIZES,
    HAND,
    WHOLE,
    as_fields,
    hand_mean,
    score_parts,
    score_wholebody,
)
from gtpt_bench.keypoints import COCO, WHOLEBODY, KeypointSet

Metrics = dict[str, Any]
"""Ten figures by name, shares of 1; for whole bodies those of the whole, and under `parts` ten for each part. For
MPII the figures of PCKh, per cent."""


@dataclass(frozen=True)
class Scored:
    """Metrics, and the matches behind their AP."""

    metrics: Metrics
    matches: MatchRecord

    @property
    def num_images(self) -> int:
        """That were scored."""
        return len(self.matches.image_ids)

    def kept(self) -> dict[str, Any]:
        """What figures can be taken from again, as JSON."""
        return matches_to_json(self.matches)


@dataclass(frozen=True)
class ScoredJoints:
    """Figures of PCKh, and the distances behind them."""

    metrics: Metrics
    errors: JointErrors

    @property
    def num_images(self) -> int:
        """Crops that were scored; each person has one."""
        return len(self.errors.counts)

    def kept(self) -> dict[str, Any]:
        """What figures can be taken from again, as JSON."""
        return joint_errors_to_json(self.errors)


@dataclass(frozen=True)
class ScoredPoses:
    """Predictions of a model, scored.

    Attributes:
        results: COCO result entries of the poses that were scored, in the order of the data set.
    """

    results: list[dict[str, Any]]
    scored: Scored | ScoredJoints


def score_poses(
    truth: KeypointTruth | MpiiTruth, poses: Poses, keypoints: KeypointSet, protocol: Protocol
) -> ScoredPoses:
    """Poses as the model gives them, rescored, without duplicates where persons are found, and scored.

    Raises:
        DataError: a pose has a number that is none, or cannot be scored against this truth.
    """
    if isinstance(truth, MpiiTruth):
        final = rescored(poses, keypoint_threshold=protocol.keypoint_threshold)
        errors = joint_errors(truth, final.keypoints[..., :2] + 1)
        return ScoredPoses(coco_results(final, keypoints), ScoredJoints(mpii_metrics(errors), errors))
    final = final_poses(poses, keypoints.sigmas, protocol)
    detections = detections_of_poses(final, truth)
    if keypoints.name == WHOLEBODY.name:
        truths = truths_of(truth, FIELD_SIZES)
        scored = _of_parts(score_parts(truths, detections, max_detections=protocol.max_detections))
    else:
        truths = truths_of(truth, {"keypoints": len(keypoints)})
        scored = _of_whole(
            score_keypoints(truths, detections, sigmas=keypoints.sigmas, max_detections=protocol.max_detections)
        )
    return ScoredPoses(coco_results(final, keypoints), scored)


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
    results: Sequence[Mapping[str, Any]],
    *,
    keypoints: KeypointSet,
    max_detections: int = 20,
    source: str = "the results",
) -> Scored:
    """Metrics of result entries; raises as `score_coco` and `score_wholebody` do."""
    if keypoints.name == WHOLEBODY.name:
        return _of_parts(score_wholebody(truth, results, max_detections=max_detections, source=source))
    return _of_whole(score_coco(truth, results, keypoints=keypoints, max_detections=max_detections, source=source))


def _of_whole(scores: CocoScores) -> Scored:
    return Scored(dict(scores.stats), scores.matches)


def _of_parts(parts: Mapping[str, CocoScores]) -> Scored:
    stats = {part: found.stats for part, found in parts.items()}
    return Scored({**stats[WHOLE], "parts": {**stats, HAND: hand_mean(stats)}}, parts[WHOLE].matches)


def score_files(predictions: Path, annotations: Path, protocol: ProtocolName) -> Metrics:
    """Figures of a file of predictions against an annotation file, as `shown_metrics` has them.

    Raises:
        DataError: a file cannot be read, or a prediction cannot be scored.
    """
    return shown_metrics(FILE_SCORERS[protocol](predictions, annotations))


def shown_metrics(metrics: Metrics) -> Metrics:
    """Ten figures, or for whole bodies ten for each part, or those of PCKh."""
    shown: Metrics = metrics.get("parts", metrics)
    return shown


def _coco_files(predictions: Path, annotations: Path, keypoints: KeypointSet = COCO) -> Metrics:
    truth = KeypointTruth(read_annotations(annotations), source=str(annotations))
    return score_results(truth, read_results(predictions), keypoints=keypoints, source=str(predictions)).metrics


def _wholebody_files(predictions: Path, annotations: Path) -> Metrics:
    return _coco_files(predictions, annotations, WHOLEBODY)


def _mpii_files(predictions: Path, annotations: Path) -> Metrics:
    truth = read_mpii_truth(annotations)
    return mpii_metrics(joint_errors(truth, read_mpii_predictions(predictions), source=str(predictions)))


FILE_SCORERS: Mapping[ProtocolName, Callable[[Path, Path], Metrics]] = MappingProxyType(
    {"coco": _coco_files, "wholebody": _wholebody_files, "mpii": _mpii_files}
)
