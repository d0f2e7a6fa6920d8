"""Which persons of a data set a report draws: chosen by their labels alone, so that all models show the same ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gtpt_bench.data.people import Person

NUM_SHOWN = 4


def shown_places(people: Sequence[Person], labels: Sequence[Person | None]) -> list[int]:
    """Places of the persons with most labelled keypoints, of these the largest boxes; one an image.

    Args:
        labels: who has each person's keypoints; without any, boxes that the detector is surest of come first.
    """
    labelled = [0 if one is None else int((one.visibility > 0).sum()) for one in labels]
    areas = [float(np.prod(person.box[2:])) for person in people]
    ranked = sorted(range(len(people)), key=lambda at: (-labelled[at], -people[at].score, -areas[at], at))
    chosen: dict[int, int] = {}
    for place in ranked:
        chosen.setdefault(people[place].image_id, place)
        if len(chosen) == NUM_SHOWN:
            break
    return list(chosen.values())
