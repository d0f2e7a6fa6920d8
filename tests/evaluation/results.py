"""Ground truth and results made up for a test, and a second way to score them."""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from gtpt_bench.evaluation.coco import STATS
from gtpt_bench.evaluation.entries import KeypointTruth
from tests.data.coco_folder import FIELDS, annotation, content, image_entry

Json = dict[str, Any]


def some_truth(*, num_images: int = 6, seed: int = 0) -> KeypointTruth:
    """Up to four persons an image, small to large, some without labels, some crowds."""
    rng = np.random.default_rng(seed)
    images = [image_entry(10 + place) for place in range(num_images)]
    annotations: list[Json] = []
    for image in images[:-1]:  # the last one is empty
        for _ in range(rng.integers(1, 5)):
            x, y, w, h = rng.uniform((0, 0, 20, 30), (200, 100, 120, 140)).round(1).tolist()
            entry = annotation(len(annotations) + 1, image["id"], box=(x, y, w, h))
            flags = np.asarray(entry["keypoints"]).reshape(17, 3)
            flags[rng.random(17) < 0.3] = 0
            if rng.random() < 0.15:
                flags[:] = 0
            entry |= {"keypoints": flags.ravel().tolist(), "num_keypoints": int((flags[:, 2] > 0).sum())}
            entry["iscrowd"] = int(rng.random() < 0.15)
            annotations.append(entry)
    return KeypointTruth(content(images, annotations))


def some_results(truth: KeypointTruth, *, seed: int = 0, noise_px: float = 4, ties: bool = False) -> list[Json]:
    """Every annotated person found one to three times, more or less well, and a few who are not there."""
    rng = np.random.default_rng(seed)
    results = []
    for entry in truth.content["annotations"]:
        for _ in range(rng.integers(1, 4)):
            points = np.asarray(entry["keypoints"]).reshape(17, 3)
            moved = points[:, :2] + rng.normal(0, noise_px * rng.random() * 2, (17, 2))
            results.append(result(entry["image_id"], moved, score=float(rng.random())))
    for image in truth.content["images"]:
        results.append(result(image["id"], rng.uniform(0, 200, (17, 2)), score=float(rng.random())))
    if ties:
        results = [entry | {"score": round(entry["score"], 1)} for entry in results]
    return results


def result(image_id: int, points: Any, *, score: Any = 0.5, confidence: float = 0.9) -> Json:
    flat = np.column_stack((points, np.full(len(points), confidence))).ravel().tolist()
    return {"image_id": image_id, "category_id": 1, "keypoints": flat, "score": score}


def perfect_results(annotations: Sequence[Mapping[str, Any]]) -> list[Json]:
    """The annotations handed in as predictions.

    What is not labelled is predicted in the middle of the box, as a model would somewhere: the evaluator pardons
    predictions for a part without labels only near the person's box.
    """
    return [
        {"image_id": entry["image_id"], "category_id": entry["category_id"], "score": 1.0}
        | {field: _perfect(entry[field], entry["bbox"]) for field in FIELDS if field in entry}
        for entry in annotations
    ]


def _perfect(flat: Sequence[float], box: Sequence[float]) -> list[float]:
    triples = np.asarray(flat, np.float64).reshape(-1, 3)
    x, y, w, h = box
    middle = (x + w / 2, y + h / 2, 0)
    return np.where(triples[:, 2:] > 0, triples, middle).ravel().tolist()


def official_stats(truth: KeypointTruth, results: Sequence[Json]) -> dict[str, float]:
    """The ten figures as pycocotools gives them to anybody: `loadRes`, then `summarize`."""
    with contextlib.redirect_stdout(io.StringIO()):
        index = COCO()
        index.dataset = copy.deepcopy(dict(truth.content)) | {"info": {}}
        index.createIndex()
        evaluator = COCOeval(index, index.loadRes(copy.deepcopy(list(results))), "keypoints")
        if truth.image_ids is not None:
            evaluator.params.imgIds = list(truth.image_ids)
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    return dict(zip(STATS, evaluator.stats.tolist(), strict=True))
