"""Classes of persons, by what makes them hard: how large they are, who else is there, where the picture ends.

Crowding is counted as Ronchi & Perona (ICCV 2017) do: other persons whose boxes overlap with more than 0.1 of the
union. G annotated persons.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.analysis.compared import Compared
from gtpt_bench.evaluation.poses import Doubles

SIZES = {
    "under 32 px": (0, 32),
    "32–64 px": (32, 64),
    "64–96 px": (64, 96),
    "96–192 px": (96, 192),
    "over 192 px": (192, math.inf),
}
"""Bounds of the root of the area; COCO's medium is 32 to 96, its large from 96 on."""

CROWDS = {"alone": (0, 1), "1–2 others": (1, 3), "3 or more others": (3, math.inf)}
"""Bounds of the number of overlapping persons."""

OVERLAP = 0.1
BORDER_PX = 1.0
"""A box that ends this close to the border of the image is cut off by it."""

Classes = dict[str, NDArray[np.bool_]]
"""Name of a class to who is in it, `[G]`."""


def person_classes(what: Compared) -> dict[str, Classes]:
    """Classes by `size`, `crowding` and `truncation`; the last only if the annotations have the images' sizes."""
    classes = {
        "size": _within(np.sqrt(what.truths.areas), SIZES),
        "crowding": _within(overlapping_persons(what), CROWDS),
    }
    if what.image_sizes is not None:
        cut = touches_border(what.truths.boxes, what.image_sizes[what.record.truth_image])
        classes["truncation"] = {"whole": ~cut, "cut off": cut}
    return classes


def overlapping_persons(what: Compared) -> NDArray[np.intp]:
    """Annotated persons in the same image, crowds included, whose boxes overlap with each one's, `[G]`."""
    counts = np.zeros(len(what.truths.ids), dtype=np.intp)
    order = np.argsort(what.record.truth_image, kind="stable")
    ends = np.flatnonzero(np.diff(what.record.truth_image[order])) + 1
    for places in np.split(order, ends):
        boxes = what.truths.boxes[places]
        counts[places] = (box_overlaps(boxes, boxes) > OVERLAP).sum(axis=1) - 1  # a box overlaps itself
    return counts


def box_overlaps(first: Doubles, second: Doubles) -> Doubles:
    """Intersection over union `[N, M]` of boxes x, y, width, height `[N, 4]` and `[M, 4]`; 1 for equal ones."""
    low = np.maximum(first[:, None, :2], second[:, :2])
    high = np.minimum(first[:, None, :2] + first[:, None, 2:], second[:, :2] + second[:, 2:])
    shared = np.maximum(0, high - low).prod(-1)
    union = first[:, None, 2:].prod(-1) + second[:, 2:].prod(-1) - shared
    equal = (first[:, None] == second).all(-1)
    overlaps: Doubles = np.where(equal, 1.0, shared / np.maximum(union, np.spacing(1)))
    return overlaps


def touches_border(boxes: Doubles, sizes: Doubles) -> NDArray[np.bool_]:
    """Whether boxes x, y, width, height `[G, 4]` end at the border of images of width, height `[G, 2]`."""
    first = np.any(boxes[:, :2] <= BORDER_PX, axis=1)
    last = np.any(boxes[:, :2] + boxes[:, 2:] >= sizes - BORDER_PX, axis=1)
    touches: NDArray[np.bool_] = np.logical_or(first, last)
    return touches


def _within(values: NDArray[np.floating | np.integer], bounds: Mapping[str, tuple[float, float]]) -> Classes:
    return {name: (values >= low) & (values < high) for name, (low, high) in bounds.items()}
