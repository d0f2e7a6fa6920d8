"""Persons of a data set: where each one is, and where its keypoints are.

Reads COCO and COCO-WholeBody annotation files and detection files. Source: spec/training_and_evaluation.md §2.1.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.errors import DataError
from gtpt_bench.files import read_text
from gtpt_bench.keypoints import KeypointSet

Floats = NDArray[np.float32]

PERSON = 1
"""Category id of persons in COCO."""

_PART_FIELDS = ("keypoints", "foot_kpts", "face_kpts", "lefthand_kpts", "righthand_kpts")


@dataclass(frozen=True)
class Person:
    """One person to crop.

    Attributes:
        box: x, y, width, height in pixels, `[4]`.
        score: 1 for annotated boxes, the detector's confidence otherwise.
        keypoints: pixels, `[J, 2]`; zero where not labelled. Detections have no labels.
        visibility: weight of each keypoint's label, `[J]`: 0 unlabelled, 1 labelled, or a fraction (WholeBody).
    """

    image_id: int
    image: Path
    box: Floats
    score: float
    keypoints: Floats = field(repr=False)
    visibility: Floats = field(repr=False)


def read_json(path: Path) -> Any:
    """Content of a JSON file, packed with gzip or not.

    Raises:
        DataError: the file is missing, unreadable or not JSON; names the file and the place.
    """
    try:
        return json.loads(read_text(path))
    except FileNotFoundError:
        raise DataError(f"{path} does not exist") from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    except json.JSONDecodeError as error:
        raise DataError(
            f"{path} is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from error
    except RecursionError:
        raise DataError(f"{path} cannot be read: nested too deeply") from None


def read_annotations(path: Path) -> dict[str, Any]:
    """A COCO annotation file with its three lists.

    Raises:
        DataError: as in `read_json`, or a list is missing.
    """
    content = read_json(path)
    lists = ("images", "annotations", "categories")
    if not isinstance(content, dict) or any(not isinstance(content.get(name), list) for name in lists):
        raise DataError(f"{path} is not a COCO annotation file: it has no lists {', '.join(lists)}")
    return content


def annotated_people(
    content: Mapping[str, Any], image_folder: Path, keypoints: KeypointSet, *, source: Path
) -> list[Person]:
    """Persons with at least one labelled body keypoint, with their annotated boxes clipped to the image.

    Args:
        content: an annotation file as `read_annotations` gives it.
        source: the file it came from, for error messages.

    Raises:
        DataError: an annotation lacks a field that the keypoint set needs.
    """
    images, people = {image.get("id"): image for image in content["images"]}, []
    for place, annotation in enumerate(content["annotations"]):
        try:
            if annotation["category_id"] != PERSON or annotation.get("iscrowd", 0):
                continue
            if annotation["image_id"] not in images:
                raise DataError(
                    f"{source}: annotation {place} is on image {annotation['image_id']}, which is not listed"
                )
            person = _annotated_person(annotation, images[annotation["image_id"]], image_folder, keypoints)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{source}: annotation {place} does not hold {len(keypoints)} keypoints ({keypoints.name}), a box and "
                f"an image: {type(error).__name__} {error}"
            ) from error
        if person is None:
            continue
        if not (np.isfinite(person.box).all() and np.isfinite(person.keypoints).all()):
            raise DataError(f"{source}: annotation {place} has a box or keypoint that is not a number")
        people.append(person)
    return people


def _annotated_person(
    annotation: Mapping[str, Any], image: Mapping[str, Any], folder: Path, keypoints: KeypointSet
) -> Person | None:
    box = clipped(annotation["bbox"], width=image["width"], height=image["height"])
    if box is None or max(annotation["keypoints"], default=0) == 0:
        return None
    labels = labelled_keypoints(annotation, keypoints)
    return Person(
        image_id=int(image["id"]),
        image=folder / image["file_name"],
        box=box,
        score=1.0,
        keypoints=labels[:, :2],
        visibility=np.minimum(labels[:, 2], 1),
    )


def labelled_keypoints(annotation: Mapping[str, Any], keypoints: KeypointSet) -> Floats:
    """Keypoints of an annotation in the set's order, `[J, 3]`: x, y, v."""
    fields = _PART_FIELDS if keypoints.name == "wholebody" else _PART_FIELDS[:1]
    flat = [value for name in fields for value in annotation[name]]
    return np.asarray(flat, dtype=np.float32).reshape(len(keypoints), 3)


def clipped(box: Iterable[float], *, width: int, height: int) -> Floats | None:
    """Box clipped to the image, None if nothing is left."""
    x, y, w, h = (float(value) for value in box)
    left, top = max(0.0, x), max(0.0, y)
    right = min(width - 1.0, left + max(0.0, w - 1))
    bottom = min(height - 1.0, top + max(0.0, h - 1))
    if w * h <= 0 or right < left or bottom < top or (right == left and bottom == top):
        return None
    return np.asarray([left, top, right - left, bottom - top], dtype=np.float32)


def detected_people(
    path: Path,
    content: Mapping[str, Any],
    image_folder: Path,
    keypoints: KeypointSet,
    *,
    score_threshold: float,
    elsewhere: Literal["fail", "leave_out"] = "fail",
) -> list[Person]:
    """Persons of a detection file: a list of `image_id`, `category_id`, `bbox`, `score`; boxes are not clipped.

    Args:
        content: the annotation file, which says where the images are.
        elsewhere: what becomes of detections on images that the annotation file does not have.

    Raises:
        DataError: the file cannot be read, has another form, or speaks of unknown images.
    """
    detections = read_json(path)
    if not isinstance(detections, list):
        raise DataError(f"{path} is not a detection file: it must be a list of boxes")
    files = {image["id"]: image["file_name"] for image in content["images"]}
    num_keypoints, people = len(keypoints), []
    nothing = np.zeros((num_keypoints, 2), np.float32), np.zeros(num_keypoints, np.float32)
    for place, detection in enumerate(detections):
        try:
            if detection["category_id"] != PERSON or detection["score"] < score_threshold:
                continue
            image_id, score = int(detection["image_id"]), float(detection["score"])
            box = np.asarray(detection["bbox"], dtype=np.float32).reshape(4)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{path}: entry {place} is not a detection: {type(error).__name__} {error}") from error
        if image_id not in files and elsewhere == "leave_out":
            continue
        if image_id not in files:
            raise DataError(
                f"{path}: entry {place} is on image {image_id}, which the annotations do not have; images "
                "with_detections takes only those that both have"
            )
        if not (math.isfinite(score) and np.isfinite(box).all()):
            raise DataError(f"{path}: entry {place} has a score or box that is not a number")
        if box[2:].max() <= 0:
            raise DataError(f"{path}: entry {place} has a box without extent")
        people.append(Person(image_id, image_folder / files[image_id], box, score, *nothing))
    return people
