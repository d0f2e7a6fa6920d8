"""AP and AR of COCO keypoints, or others annotated alike, by pycocotools, and the matches behind them.

Defined here because pycocotools leaves it open: no detections at all score 0; a score that is not a number is an
error. Source: spec/training_and_evaluation.md §6, spec/measurement.md §4.
"""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.data.people import read_json
from gtpt_bench.errors import DataError
from gtpt_bench.keypoints import COCO, KeypointSet

STATS = ("AP", "AP50", "AP75", "AP_medium", "AP_large", "AR", "AR50", "AR75", "AR_medium", "AR_large")
"""The ten figures in pycocotools' order; shares of 1, or -1 where no ground truth is of that size."""

TRUTH_FIELDS = ("id", "image_id", "category_id", "area", "iscrowd", "num_keypoints")
"""What pycocotools reads of an annotation besides its keypoints."""

NUM_THRESHOLDS = 10
"""OKS thresholds 0.50, 0.55, …, 0.95."""


@dataclass(frozen=True)
class Matches:
    """How every detection fared, kept so that AP can be taken again over resampled images.

    Detections come image by image, the best first. T = 10 thresholds, D detections, I images.

    Attributes:
        image: place of each detection's image, `[D]`.
        score: `[D]`.
        matched: whether a ground truth was found, `[T, D]`.
        ignored: whether the detection counts neither way, `[T, D]`.
        num_truths: ground-truth persons that count, an image each, `[I]`.
    """

    image: NDArray[np.intp]
    score: NDArray[np.float64]
    matched: NDArray[np.bool_]
    ignored: NDArray[np.bool_]
    num_truths: NDArray[np.intp]


@dataclass(frozen=True)
class CocoScores:
    """The ten figures by name, and the matches they come from."""

    stats: dict[str, float]
    matches: Matches


@dataclass(frozen=True)
class KeypointTruth:
    """Annotations to score against.

    Attributes:
        content: an annotation file's content; `keypoints` of each annotation hold what is compared.
        image_ids: images that are scored; None for all.
        source: where the annotations came from, for error messages.
    """

    content: Mapping[str, Any]
    image_ids: Sequence[int] | None = None
    source: str = "the annotations"


def score_coco(
    truth: KeypointTruth,
    results: Sequence[Mapping[str, Any]],
    *,
    keypoints: KeypointSet = COCO,
    max_detections: int = 20,
    source: str = "the results",
) -> CocoScores:
    """AP and AR of results with COCO's 17 keypoints, or with others and their sigmas.

    Args:
        results: entries with `image_id`, `category_id`, `keypoints` (x, y, confidence, …) and `score`.
        source: where the results came from, for error messages.

    Raises:
        DataError: a result is malformed, on an unknown image, or its score is not a number; or the annotations
            lack what is scored against.
    """
    fields = {"keypoints": len(keypoints)}
    check_truth(truth, fields)
    check_results(results, truth, fields, source)
    detections = [{**result, "area": extent_area(result["keypoints"])} for result in results]
    return score_keypoints(truth, detections, sigmas=keypoints.sigmas, max_detections=max_detections)


def score_keypoints(
    truth: KeypointTruth,
    detections: Sequence[Mapping[str, Any]],
    *,
    sigmas: Sequence[float],
    max_detections: int,
) -> CocoScores:
    """AP and AR of any set of keypoints, given its sigmas; detections are checked and have an `area`."""
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        ground_truth = indexed(dict(truth.content))
        numbered = [{**d, "id": number, "iscrowd": 0} for number, d in enumerate(detections, 1)]
        evaluator = COCOeval(ground_truth, indexed({**truth.content, "annotations": numbered}), "keypoints")
        evaluator.params.kpt_oks_sigmas = np.asarray(sigmas)
        evaluator.params.maxDets = [max_detections]
        if truth.image_ids is not None:
            evaluator.params.imgIds = sorted(truth.image_ids)
        evaluator.evaluate()
        evaluator.accumulate()
    return CocoScores(_stats(evaluator), _matches(evaluator))


def indexed(content: dict[str, Any]) -> Any:
    """A pycocotools COCO object from the content of an annotation file, without a detour over a file."""
    from pycocotools.coco import COCO as Index  # noqa: N811

    index = Index()
    index.dataset = content
    index.createIndex()
    return index


def extent_area(keypoints: Sequence[float]) -> float:
    """Square pixels of the box around keypoints (x, y, confidence, …): a detection's area for the evaluator."""
    return float(np.ptp(keypoints[0::3]) * np.ptp(keypoints[1::3]))


def check_truth(truth: KeypointTruth, fields: Mapping[str, int]) -> None:
    """Raise DataError at the first annotation that nothing can be scored against; fields as in `check_results`."""
    if not all(isinstance(image, Mapping) and "id" in image for image in truth.content["images"]):
        raise DataError(f"{truth.source}: an image has no id")
    needed = {*TRUTH_FIELDS, *fields}
    for place, annotation in enumerate(truth.content["annotations"]):
        where = f"{truth.source}: annotation {place}"
        missing = needed - annotation.keys() if isinstance(annotation, Mapping) else needed
        if missing:
            raise DataError(f"{where} lacks {', '.join(sorted(missing))}")
        for name, count in fields.items():
            _check_length(annotation[name], count, f"{where}: {name}")


def check_results(
    results: Sequence[Mapping[str, Any]], truth: KeypointTruth, fields: Mapping[str, int], source: str
) -> None:
    """Raise DataError at the first entry that cannot be scored.

    Args:
        fields: keypoint fields that each entry needs, and how many keypoints they hold.
    """
    known_images = {image["id"] for image in truth.content["images"]}
    for place, result in enumerate(results):
        where = f"{source}: entry {place}"
        if not isinstance(result, Mapping) or not {"image_id", "category_id", "score", *fields} <= result.keys():
            raise DataError(f"{where} is not a result; needed: image_id, category_id, score, {', '.join(fields)}")
        if not isinstance(result["image_id"], Hashable) or result["image_id"] not in known_images:
            raise DataError(f"{where} is on image {result['image_id']}, which the annotations do not have")
        for name, count in fields.items():
            _check_keypoints(result[name], count, f"{where}: {name}")
        if not _is_finite([result["score"]]):
            raise DataError(f"{where}: score is not a number")


def _check_length(values: Any, count: int, where: str) -> None:
    if not isinstance(values, list) or len(values) != 3 * count:
        raise DataError(f"{where} does not have 3 x {count} numbers")


def _check_keypoints(values: Any, count: int, where: str) -> None:
    _check_length(values, count, where)
    if not _is_finite(values):
        raise DataError(f"{where} has a value that is not a number")


def _is_finite(values: Sequence[Any]) -> bool:
    try:
        return all(math.isfinite(value) for value in values)
    except TypeError:
        return False


def _stats(evaluator: Any) -> dict[str, float]:
    """The ten figures; not by `summarize`, which hard-codes 20 detections an image."""
    precision, recall = evaluator.eval["precision"], evaluator.eval["recall"]  # [T, R, 1, A, 1], [T, 1, A, 1]

    def mean(values: NDArray[np.float64]) -> float:
        counted = values[values > -1]
        return float(counted.mean()) if counted.size else -1.0

    def five(values: NDArray[np.float64]) -> list[float]:
        everything, medium, large = (values[..., area, :] for area in range(3))
        return [mean(v) for v in (everything, everything[0], everything[5], medium, large)]

    return dict(zip(STATS, five(precision) + five(recall), strict=True))


def _matches(evaluator: Any) -> Matches:
    records = evaluator.evalImgs[: len(evaluator.params.imgIds)]  # category by area by image: all areas come first
    found = [(place, record) for place, record in enumerate(records) if record is not None]
    num_truths = np.zeros(len(records), dtype=np.intp)
    for place, record in found:
        num_truths[place] = np.count_nonzero(np.asarray(record["gtIgnore"]) == 0)
    none = np.zeros((NUM_THRESHOLDS, 0), dtype=bool)
    return Matches(
        image=np.repeat([place for place, _ in found], [len(r["dtScores"]) for _, r in found]).astype(np.intp),
        score=np.asarray([score for _, r in found for score in r["dtScores"]], dtype=np.float64),
        matched=np.concatenate([none, *(np.asarray(r["dtMatches"]) > 0 for _, r in found)], axis=1),
        ignored=np.concatenate([none, *(np.asarray(r["dtIgnore"], dtype=bool) for _, r in found)], axis=1),
        num_truths=num_truths,
    )


def read_results(path: Path) -> list[dict[str, Any]]:
    """A results file, a JSON list of predictions.

    Raises:
        DataError: the file is missing, no JSON or no list.
    """
    results = read_json(path)
    if not isinstance(results, list):
        raise DataError(f"{path} is not a results file: it must be a list of predictions")
    return results
