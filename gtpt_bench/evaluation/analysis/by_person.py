"""AP of some persons alone, such as small or crowded ones.

Who found whom is as in the match record; persons outside the class count neither way, as persons outside an area range
do in COCO. A prediction that found nobody belongs to the person it is of or, if to none, whose box it overlaps most,
and counts as false with that person's class; one that overlaps nobody is nobody's and counts in no class. So classes
can be compared with one another, while AP over everybody is lower than their mean where there are false alarms.
D predictions, G annotated persons, T thresholds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.analysis.compared import Compared
from gtpt_bench.evaluation.analysis.pairs import Pairs
from gtpt_bench.evaluation.analysis.persons import box_overlaps
from gtpt_bench.evaluation.coco import Matches
from gtpt_bench.evaluation.intervals import average_precision
from gtpt_bench.evaluation.poses import Doubles

NOBODY = -1


def ap_of_persons(what: Compared, nearest: NDArray[np.intp], chosen: NDArray[np.bool_]) -> float:
    """AP of the chosen persons, a share of 1; -1 if none of them is to be found.

    Args:
        nearest: as `nearest_persons` gives it, `[D]`.
        chosen: `[G]`.
    """
    record = what.record
    chosen = chosen & what.persons
    meant = np.where(record.truth >= 0, record.truth, nearest)  # [T, D]
    counts = np.append(chosen, False)[meant]  # NOBODY is -1, the last one
    num_truths = np.bincount(record.truth_image[chosen], minlength=len(record.image_ids))
    matches = Matches(
        record.image, record.score, record.matched & counts, record.ignored | ~counts, num_truths.astype(np.intp)
    )
    return average_precision(matches)


def nearest_persons(what: Compared, pairs: Pairs) -> NDArray[np.intp]:
    """The person that each prediction is of or overlaps most, `[D]`; NOBODY where there is none."""
    record = what.record
    nearest = np.full(len(record.image), NOBODY, dtype=np.intp)
    free = np.ones(len(nearest), dtype=bool)
    nearest[pairs.detection], free[pairs.detection] = pairs.truth, False
    persons = np.flatnonzero(what.persons)
    persons = persons[np.argsort(record.truth_image[persons], kind="stable")]
    left = np.flatnonzero(free)
    for image in np.intersect1d(record.image[left], record.truth_image[persons]):
        places = left[slice(*np.searchsorted(record.image[left], [image, image + 1]))]
        there = persons[slice(*np.searchsorted(record.truth_image[persons], [image, image + 1]))]
        overlaps = box_overlaps(_extents(what.predicted(places)), what.truths.boxes[there])
        best = overlaps.argmax(axis=1)
        nearest[places] = np.where(overlaps.max(axis=1) > 0, there[best], NOBODY)
    return nearest


def _extents(points: Doubles) -> Doubles:
    """Boxes x, y, width, height `[N, 4]` around points `[N, J, 2]`."""
    low = points.min(axis=1)
    return np.concatenate((low, points.max(axis=1) - low), axis=1)
