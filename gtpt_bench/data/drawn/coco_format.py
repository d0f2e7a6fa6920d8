"""The data set's files as COCO and COCO-WholeBody write them; only what goes in, not where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gtpt_bench.data.drawn.annotate import DrawnPerson
from gtpt_bench.data.drawn.config import VERSION, DrawnConfig
from gtpt_bench.data.drawn.detector import Detection
from gtpt_bench.keypoints import COCO, WHOLEBODY

PERSON_CATEGORY = 1
NOTE = "Synthetic: procedurally drawn people (gtpt_bench.data.drawn), no photographs of anyone."

Json = dict[str, Any]


def file_name(image_id: int) -> str:
    return f"{image_id:012d}.jpg"


def image_entry(image_id: int, config: DrawnConfig) -> Json:
    return {
        "id": image_id,
        "file_name": file_name(image_id),
        "width": config.width,
        "height": config.height,
        "license": 1,
    }


def body_annotation(annotation_id: int, image_id: int, person: DrawnPerson) -> Json:
    """One entry of person_keypoints_*.json."""
    body = person.keypoints[:17]
    return {
        "id": annotation_id,
        "image_id": image_id,
        "category_id": PERSON_CATEGORY,
        "iscrowd": 0,
        "bbox": _rounded(person.box),
        "area": person.area,
        "segmentation": [list(outline) for outline in person.segmentation],
        "keypoints": _triples(body),
        "num_keypoints": int((body[:, 2] > 0).sum()),
    }


def wholebody_annotation(annotation_id: int, image_id: int, person: DrawnPerson) -> Json:
    """One entry of coco_wholebody_*_v1.0.json: the body's, and feet, face and hands."""
    parts = {
        f"{part}_kpts": _triples(person.keypoints[list(indices)])
        for part, indices in WHOLEBODY.parts.items()
        if part != "body"
    }
    return {
        **body_annotation(annotation_id, image_id, person),
        **parts,
        "face_box": _rounded(person.face_box),
        "lefthand_box": _rounded(person.left_hand_box),
        "righthand_box": _rounded(person.right_hand_box),
        "foot_valid": person.foot_valid,
        "face_valid": person.face_valid,
        "lefthand_valid": person.left_hand_valid,
        "righthand_valid": person.right_hand_valid,
    }


def annotation_file(images: Sequence[Json], annotations: Sequence[Json]) -> Json:
    """A whole annotation file; no dates in it, so that the same data are the same bytes."""
    return {
        "info": {"description": NOTE, "version": str(VERSION), "contributor": "gtpt_bench"},
        "licenses": [{"id": 1, "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}],
        "images": list(images),
        "annotations": list(annotations),
        "categories": [
            {
                "id": PERSON_CATEGORY,
                "name": "person",
                "supercategory": "person",
                "keypoints": list(COCO.names),
                "skeleton": [[a + 1, b + 1] for a, b in COCO.skeleton],
            }
        ],
    }


def detection_entry(image_id: int, detection: Detection) -> Json:
    return {
        "image_id": image_id,
        "category_id": PERSON_CATEGORY,
        "bbox": list(detection.box),
        "score": detection.score,
    }


def dataset_card(config: DrawnConfig, counts: Mapping[str, int]) -> Json:
    """Content of dataset.json: what the data are and what made them."""
    return {"note": NOTE, "version": VERSION, "config": config.model_dump(mode="json"), "counts": dict(counts)}


def _triples(keypoints_N3: npt.NDArray[np.float32]) -> list[float]:
    """x, y, v, x, y, v, … with hundredths of a pixel and whole flags."""
    flat: list[float] = np.round(keypoints_N3.astype(np.float64), 2).reshape(-1).tolist()
    flat[2::3] = [int(v) for v in flat[2::3]]
    return flat


def _rounded(box: Sequence[float]) -> list[float]:
    return [round(value, 2) for value in box]
