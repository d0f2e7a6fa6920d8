"""Small data sets in COCO layout, made up for a test: entries, files, pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.data.people import Floats, Person
from gtpt_bench.keypoints import COCO, WHOLEBODY, KeypointSet

SHARED = Path(__file__).parents[3] / "shared" / "data"
"""Pieces of the real data sets; they lie beside the project, not in it."""

FIELDS = ("keypoints", "foot_kpts", "face_kpts", "lefthand_kpts", "righthand_kpts")
CATEGORIES = [{"id": 1, "name": "person"}]

Json = dict[str, Any]


def floats(values: Any) -> Floats:
    """Numbers as the loader has them, `float32`."""
    return np.asarray(values, dtype=np.float32)


def shared(relative: str) -> Path:
    """A path in the shared data; skips the test where there is none."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"shared test data {path} is not here")
    return path


def image_entry(image_id: int, *, width: int = 320, height: int = 240) -> Json:
    return {"id": image_id, "file_name": f"{image_id:012d}.png", "width": width, "height": height}


def triples(points: NDArray[Any], visibility: float = 2) -> list[float]:
    """Points `[J, 2]` as COCO writes them: x, y, v, x, y, v, …"""
    return np.column_stack((points, np.full(len(points), visibility))).ravel().tolist()


def spread_points(count: int, box: Sequence[float], *, seed: int = 0) -> NDArray[np.float64]:
    """Random points inside a box `(x, y, w, h)`, on quarter pixels so that they are exact in float32."""
    x, y, w, h = box
    points = np.random.default_rng(seed).uniform((x, y), (x + w, y + h), size=(count, 2))
    return np.round(points * 4) / 4


def annotation(
    annotation_id: int,
    image_id: int,
    *,
    box: Sequence[float] = (40, 30, 60, 120),
    keypoint_set: KeypointSet = COCO,
    **changes: Any,
) -> Json:
    """A person with all keypoints labelled somewhere in the box; `changes` replace fields."""
    points = spread_points(len(keypoint_set), box, seed=annotation_id)
    fields = {"keypoints": triples(points)}
    if keypoint_set is WHOLEBODY:
        parts = zip(FIELDS, keypoint_set.parts.values(), strict=True)
        fields = {name: triples(points[list(places)]) for name, places in parts}
    return {
        "id": annotation_id,
        "image_id": image_id,
        "category_id": 1,
        "iscrowd": 0,
        "bbox": list(box),
        "area": 0.6 * box[2] * box[3],
        "num_keypoints": 17,
        **fields,
        **changes,
    }


def content(images: Sequence[Json], annotations: Sequence[Json]) -> Json:
    return {"images": list(images), "annotations": list(annotations), "categories": CATEGORIES}


def write_json(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return path


def write_picture(path: Path, image_HW3: NDArray[np.uint8]) -> Path:
    """Without loss, from RGB."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), cv2.cvtColor(image_HW3, cv2.COLOR_RGB2BGR))
    return path


def write_split(root: Path, split: str, annotations: Mapping[str, Any]) -> Path:
    """Annotation file of 17 keypoints, and a grey picture for each of its images."""
    for image in annotations["images"]:
        grey = np.full((image["height"], image["width"], 3), 128, np.uint8)
        write_picture(root / "images" / split / image["file_name"], grey)
    return write_json(root / "annotations" / f"person_keypoints_{split}.json", annotations)


def someone(
    image: Path, *, box: Sequence[float], points: NDArray[Any], visibility: NDArray[Any] | None = None
) -> Person:
    """A person as the loader knows one."""
    labelled = np.ones(len(points)) if visibility is None else visibility
    return Person(1, image, floats(box), 1.0, floats(points), floats(labelled))


NO_AUGMENTATION = Augmentation(
    half_body_probability=0, scale_factor=0, rotation_factor_deg=0, rotation_probability=0, mirror_probability=0
)
