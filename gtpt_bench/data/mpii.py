"""Persons of MPII: annotation files as they are passed on with a centre and a scale instead of a box.

Coordinates count from 1 in the file and from 0 here. Source: spec/training_and_evaluation.md §11.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gtpt_bench.data.crop import BOX_PADDING, PIXELS_PER_SCALE
from gtpt_bench.data.people import Floats, Person, read_json
from gtpt_bench.errors import DataError
from gtpt_bench.keypoints import KeypointSet

DOWN_PER_SCALE = 15.0
"""Pixels by which a centre is moved down for each unit of scale, so that feet are less often cut off."""

NO_CENTRE = -1.0
"""The x of a centre that is not known; such a person keeps centre and scale as they stand."""


def mpii_people(path: Path, image_folder: Path, keypoints: KeypointSet) -> list[Person]:
    """All persons of a split, in the order of its file, which is that of its truth for PCKh.

    A person's `image_id` is its place in the file: people of MPII are scored one by one, also those of one image.

    Raises:
        DataError: the file cannot be read, or an entry lacks what MPII says of a person.
    """
    entries = read_json(path)
    if not isinstance(entries, list):
        raise DataError(f"{path} is not an MPII annotation file: it must be a list of persons")
    people = []
    for place, entry in enumerate(entries):
        try:
            person = _person(place, entry, image_folder, len(keypoints))
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{path}: entry {place} does not hold image, center, scale, {len(keypoints)} joints and their "
                f"joints_vis: {type(error).__name__} {error}"
            ) from error
        if not (np.isfinite(person.box).all() and np.isfinite(person.keypoints).all()):
            raise DataError(f"{path}: entry {place} has a centre, scale or joint that is not a number")
        if person.box[2] <= 0:
            raise DataError(f"{path}: entry {place} has a scale of {entry['scale']:g}; it must be positive")
        people.append(person)
    return people


def _person(place: int, entry: Mapping[str, Any], image_folder: Path, num_keypoints: int) -> Person:
    points = np.asarray(entry["joints"], np.float32).reshape(num_keypoints, 2)
    visibility = np.minimum(np.asarray(entry["joints_vis"], np.float32).reshape(num_keypoints), 1)
    return Person(
        image_id=place,
        image=image_folder / str(entry["image"]),
        box=square_box(tuple(map(float, entry["center"])), float(entry["scale"])),
        score=1.0,
        keypoints=np.where(visibility[:, None] > 0, points - 1, np.float32(0)),
        visibility=visibility,
    )


def square_box(centre: tuple[float, ...], scale: float) -> Floats:
    """Box `(x, y, w, h)` that is cropped as MPII's centre and scale are: a square of 200 pixels times the scale.

    A frame pads boxes by 1.25, which is the rule for MPII's scale too; where the rule does not hold because the centre
    is not known, the box is smaller by as much. In inputs at least as high as wide the frame then has the authors'
    horizontal scale, the only one that is used.

    Args:
        centre: x and y, counted from 1.
    """
    x, y = centre
    side = PIXELS_PER_SCALE * scale
    if x == NO_CENTRE:
        side /= BOX_PADDING
    else:
        y += DOWN_PER_SCALE * scale
    return np.asarray([x - 1 - side / 2, y - 1 - side / 2, side, side], np.float32)
