"""Poses of one image from a results file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gtpt_bench.errors import DataError
from gtpt_bench.evaluation.coco import read_results
from gtpt_bench.evaluation.wholebody import FIELDS
from gtpt_bench.keypoints import COCO, MPII, WHOLEBODY, KeypointSet
from gtpt_bench.show.drawing import SeenPoses


def poses_in_results(path: Path, image_id: int) -> SeenPoses:
    """All entries of one image; whole bodies where they have a face, otherwise by the number of keypoints.

    Raises:
        DataError: the file cannot be read, has nobody on this image, or entries that are no poses.
    """
    results = read_results(path)
    found = [entry for entry in results if isinstance(entry, Mapping) and entry.get("image_id") == image_id]
    if not found:
        known = sorted({str(entry.get("image_id")) for entry in results if isinstance(entry, Mapping)})
        others = f"; it has {', '.join(known[:5])}{', …' if len(known) > 5 else ''}" if known else ""
        raise DataError(f"{path} has nobody on image {image_id}{others}")
    try:
        keypoint_set = _keypoint_set(found[0])
        keypoints = np.asarray([_flat(entry, keypoint_set) for entry in found], dtype=np.float64)
        scores = np.asarray([entry["score"] for entry in found], dtype=np.float64)
        poses = SeenPoses(keypoints.reshape(len(found), len(keypoint_set), 3), scores, keypoint_set)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path}: the entries of image {image_id} are no poses of 17, 16 (MPII) or 133 keypoints with a score: "
            f"{type(error).__name__} {error}"
        ) from error
    if not (np.isfinite(keypoints).all() and np.isfinite(scores).all()):
        raise DataError(f"{path}: an entry of image {image_id} has a value that is not a number")
    return poses


def _keypoint_set(entry: Mapping[str, Any]) -> KeypointSet:
    if FIELDS["face"] in entry:
        return WHOLEBODY
    return {3 * len(known): known for known in (COCO, MPII)}[len(entry["keypoints"])]


def _flat(entry: Mapping[str, Any], keypoint_set: KeypointSet) -> Sequence[float]:
    fields = FIELDS.values() if keypoint_set is WHOLEBODY else ("keypoints",)
    return [value for field in fields for value in entry[field]]
