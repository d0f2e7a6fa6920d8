"""Which annotated person is behind each box: itself, or where a detector drew the boxes the one that it overlaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from gtpt_bench.data.people import Person
from gtpt_bench.evaluation.analysis.persons import box_overlaps
from gtpt_bench.evaluation.poses import Doubles

LEAST_OVERLAP = 0.5
"""Intersection over union from which a detected box is an annotated person's."""


def labels_behind(people: Sequence[Person], annotated: Sequence[Person]) -> list[Person | None]:
    """For each person of a detector the annotated one of the same image that its box overlaps most.

    Each annotated person stands behind one box at most, the one with the largest overlap, so that none of its
    keypoints counts twice.
    """
    by_image: dict[int, list[int]] = defaultdict(list)
    for place, person in enumerate(people):
        by_image[person.image_id].append(place)
    found: list[Person | None] = [None] * len(people)
    of_image: dict[int, list[Person]] = defaultdict(list)
    for person in annotated:
        of_image[person.image_id].append(person)
    for image, truths in of_image.items():
        places = by_image.get(image, [])
        overlaps = box_overlaps(*(_boxes(some) for some in ([people[place] for place in places], truths)))
        while overlaps.size and overlaps.max() >= LEAST_OVERLAP:
            row, column = np.unravel_index(int(overlaps.argmax()), overlaps.shape)
            found[places[int(row)]] = truths[int(column)]
            overlaps[row, :], overlaps[:, column] = 0, 0
    return found


def _boxes(people: Sequence[Person]) -> Doubles:
    """`[P, 4]`: x, y, width, height."""
    return np.asarray([person.box for person in people], np.float64).reshape(-1, 4)
