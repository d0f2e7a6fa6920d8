"""AP and AR of COCO keypoints, or others annotated alike, by pycocotools, and the matches behind them.

pycocotools matches and accumulates; similarities come from oks.py, equal to its own to the last bit.

Defined here because pycocotools leaves it open or takes it silently:

* no detections at all score 0 (pycocotools breaks off); nobody to find scores -1 in everything;
* of equal scores within an image the entry that comes first in the results is the better one, and between images
  the image of smaller id;
* an image without anybody makes each detection on it a false alarm;
* a crowd region, and a person without labelled keypoints, is not to be found and pardons what lies on it, a crowd
  any number of detections;
* a score, coordinate or area that is not a finite number is an error;
* an annotation of id 0 can be found like any other (pycocotools counts it as missed).

Source: spec/training_and_evaluation.md §6, spec/measurement.md §4.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.data.people import PERSON, read_json
from gtpt_bench.errors import DataError
from gtpt_bench.evaluation.entries import Detections, KeypointTruth, Truths, detections_of, truths_of
from gtpt_bench.evaluation.oks import similarities
from gtpt_bench.evaluation.poses import Doubles
from gtpt_bench.keypoints import COCO, KeypointSet

STATS = ("AP", "AP50", "AP75", "AP_medium", "AP_large", "AR", "AR50", "AR75", "AR_medium", "AR_large")
"""The ten figures in pycocotools' order; shares of 1, or -1 where no ground truth is of that size."""

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
class MatchRecord(Matches):
    """Matches, and who was matched with whom: the record that AP, bootstrap and error analysis share.

    Persons of every size take part (area range `all`). Detections beyond the most that count in an image are not in
    it. G truths: all annotated persons on the scored images, in the order of the annotation file.

    Attributes:
        detection: place of each detection in the list of results, `[D]`.
        truth: place among the truths of the one that each detection found, -1 for none, `[T, D]`; `matched` is
            where it is not -1.
        truth_image: place of each truth's image, `[G]`.
        truth_id: annotation id of each truth, `[G]`.
        truth_ignored: whether the truth is not to be found: a crowd or a person without labels, `[G]`.
        image_ids: of the scored images, ascending, `[I]`.
    """

    detection: NDArray[np.intp]
    truth: NDArray[np.intp]
    truth_image: NDArray[np.intp]
    truth_id: NDArray[np.int64]
    truth_ignored: NDArray[np.bool_]
    image_ids: NDArray[np.int64]


@dataclass(frozen=True)
class CocoScores:
    """The ten figures by name, and the matches they come from."""

    stats: dict[str, float]
    matches: MatchRecord


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
        DataError: a result is malformed, on an unknown image, or a number of it is none; or the annotations lack
            what is scored against.
    """
    fields = {"keypoints": len(keypoints)}
    truths = truths_of(truth, fields)
    detections = detections_of(results, truth, fields, source=source)
    return score_keypoints(truths, detections, sigmas=keypoints.sigmas, max_detections=max_detections)


def score_keypoints(
    truths: Truths,
    detections: Detections,
    *,
    sigmas: Sequence[float],
    max_detections: int,
    areas: Doubles | None = None,
) -> CocoScores:
    """AP and AR of any set of keypoints, given its sigmas.

    Args:
        areas: of the detections in square pixels, `[D]`; the extent of their keypoints by default.
    """
    from pycocotools.cocoeval import COCOeval

    areas = extent_areas(detections.keypoints) if areas is None else areas
    with contextlib.redirect_stdout(io.StringIO()):
        images = [{"id": image_id} for image_id in truths.image_ids.tolist()]
        evaluator = COCOeval(
            _indexed(images, _truth_entries(truths)),
            _indexed(images, _detection_entries(detections, areas)),
            "keypoints",
        )
        evaluator.params.kpt_oks_sigmas = np.asarray(sigmas)
        evaluator.params.maxDets = [max_detections]
        evaluator.computeOks = partial(similarities, evaluator)
        evaluator.evaluate()
        evaluator.accumulate()
    return CocoScores(_stats(evaluator), _record(evaluator, truths, detections))


def extent_areas(keypoints_DJ3: Doubles) -> Doubles:
    """Square pixels of the box around each one's keypoints, `[D]`: a detection's area for the evaluator."""
    areas: Doubles = np.ptp(keypoints_DJ3[..., :2], axis=1).prod(axis=-1)
    return areas


def _truth_entries(truths: Truths) -> list[dict[str, Any]]:
    """Truths as pycocotools has annotations; the id of each is its place + 1, since pycocotools takes 0 for none."""
    columns = zip(
        truths.on_image.tolist(),
        _flat(truths.keypoints),  # arrays, which it would make of lists again and again
        truths.boxes.tolist(),
        truths.areas.tolist(),
        truths.crowd.tolist(),
        truths.labelled.tolist(),
        strict=True,
    )
    return [
        {
            **{"id": number, "image_id": image_id, "category_id": PERSON, "keypoints": keypoints, "bbox": box},
            **{"area": area, "iscrowd": int(crowd), "num_keypoints": int(labelled)},
        }
        for number, (image_id, keypoints, box, area, crowd, labelled) in enumerate(columns, 1)
    ]


def _detection_entries(detections: Detections, areas: Doubles) -> list[dict[str, Any]]:
    """Detections as pycocotools has them; the id of each is its place among them + 1."""
    flat = _flat(detections.keypoints)
    columns = zip(detections.on_image.tolist(), flat, detections.scores.tolist(), areas.tolist(), strict=True)
    return [
        {
            "id": number,
            "image_id": image_id,
            "category_id": PERSON,
            "keypoints": keypoints,
            "score": score,
            "area": area,
        }
        for number, (image_id, keypoints, score, area) in enumerate(columns, 1)
    ]


def _flat(keypoints_NJ3: Doubles) -> Doubles:
    """x, y, v, x, y, v, … of each one, `[N, 3 J]`."""
    return keypoints_NJ3.reshape(len(keypoints_NJ3), 3 * keypoints_NJ3.shape[1])


def _indexed(images: list[dict[str, Any]], entries: list[dict[str, Any]]) -> Any:
    """A pycocotools COCO object of entries, without a detour over a file."""
    from pycocotools.coco import COCO as Index  # noqa: N811

    index = Index()
    index.dataset = {"images": images, "categories": [{"id": PERSON}], "annotations": entries}
    index.createIndex()
    return index


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


def _record(evaluator: Any, truths: Truths, detections: Detections) -> MatchRecord:
    records = evaluator.evalImgs[: len(truths.image_ids)]  # areas by images, the first being all areas
    found = [(place, record) for place, record in enumerate(records) if record is not None]
    truth_image = np.searchsorted(truths.image_ids, truths.on_image)
    ignored_G = np.zeros(len(truths.ids), dtype=bool)
    for _, record in found:
        ignored_G[np.asarray(record["gtIds"], dtype=np.intp) - 1] = np.asarray(record["gtIgnore"], dtype=bool)
    none = np.zeros((NUM_THRESHOLDS, 0))
    truth_TD = np.concatenate([none, *(record["dtMatches"] for _, record in found)], axis=1).astype(np.intp) - 1
    number_D = np.asarray([number for _, record in found for number in record["dtIds"]], dtype=np.intp) - 1
    return MatchRecord(
        image=np.repeat([place for place, _ in found], [len(r["dtIds"]) for _, r in found]).astype(np.intp),
        score=detections.scores[number_D],
        matched=truth_TD >= 0,
        ignored=np.concatenate([none, *(r["dtIgnore"] for _, r in found)], axis=1).astype(bool),
        num_truths=np.bincount(truth_image[~ignored_G], minlength=len(truths.image_ids)).astype(np.intp),
        detection=detections.place[number_D],
        truth=truth_TD,
        truth_image=truth_image.astype(np.intp),
        truth_id=truths.ids,
        truth_ignored=ignored_G,
        image_ids=truths.image_ids,
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
