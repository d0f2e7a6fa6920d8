"""What is wrong with each keypoint: nothing, jitter, an inversion, a swap, or a miss.

By the keypoint's similarity KS to places where a keypoint is annotated, on a pair of a prediction and a person:

* good: KS to its own label is at least 0.85, about what annotators agree to;
* jitter: at least 0.5, so it is the right place but not exactly;
* inversion: not that, but at least 0.5 to the label of its mirror partner on the same person: left for right;
* swap: not that, but at least 0.5 to its label, or its mirror partner's, on another person of the image;
* miss: near none of these.

Where a keypoint is near both its mirror partner and another person, the nearer one decides, the inversion on a tie.
Source: Ronchi & Perona, Benchmarking and Error Diagnosis in Multi-Instance Pose Estimation, ICCV 2017, §3.1; that
the nearer one decides, and that KS to another person is taken at that person's area, is settled here.
P pairs, J keypoints.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.analysis.compared import Compared
from gtpt_bench.evaluation.analysis.pairs import Pairs
from gtpt_bench.evaluation.poses import Doubles, keypoint_similarity

GOOD_KS = 0.85
NEAR_KS = 0.5

KINDS: Final = ("good", "jitter", "inversion", "swap", "miss")
GOOD, JITTER, INVERSION, SWAP, MISS = range(len(KINDS))
UNLABELLED = -1

CHUNK = 4096
"""Pairs of a prediction and another person compared at once, which bounds memory."""


def kinds_of(what: Compared, pairs: Pairs) -> NDArray[np.int8]:
    """Place in KINDS of each keypoint of each pair, UNLABELLED where there is no label; `[P, J]`."""
    inverted = _to_mirror_partner(what, pairs)
    swapped = _to_other_persons(what, pairs)
    kinds = np.full(pairs.similarity.shape, MISS, dtype=np.int8)
    kinds[swapped >= NEAR_KS] = SWAP
    kinds[(inverted >= NEAR_KS) & (inverted >= swapped)] = INVERSION
    kinds[pairs.similarity >= NEAR_KS] = JITTER
    kinds[pairs.similarity >= GOOD_KS] = GOOD
    kinds[~what.labelled[pairs.truth]] = UNLABELLED
    return kinds


def _to_mirror_partner(what: Compared, pairs: Pairs) -> Doubles:
    """KS of each keypoint to its mirror partner's label on the same person, `[P, J]`; 0 where there is none."""
    mirror = np.asarray(what.keypoints.mirror)
    similarity = _similarity_to(what, what.predicted(pairs.detection), pairs.truth, mirror)
    similarity[:, mirror == np.arange(len(mirror))] = 0
    return similarity


def _to_other_persons(what: Compared, pairs: Pairs) -> Doubles:
    """KS of each keypoint to the nearest label of it or its mirror partner on others in the image, `[P, J]`."""
    identity, mirror = np.arange(len(what.keypoints)), np.asarray(what.keypoints.mirror)
    nearest = np.zeros(pairs.similarity.shape)
    place_P, other_P = _others(what, pairs)
    for start in range(0, len(place_P), CHUNK):
        place, other = place_P[start : start + CHUNK], other_P[start : start + CHUNK]
        predicted = what.predicted(pairs.detection[place])
        for counterpart in (identity, mirror):
            np.maximum.at(nearest, place, _similarity_to(what, predicted, other, counterpart))
    return nearest


def _others(what: Compared, pairs: Pairs) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Each pair's place with each other labelled person of its image, as two lists of equal length."""
    persons = np.flatnonzero(what.persons)
    by_image: dict[int, list[int]] = {}
    for person in persons.tolist():
        by_image.setdefault(int(what.record.truth_image[person]), []).append(person)
    found = [
        (place, other)
        for place, own in enumerate(pairs.truth.tolist())
        for other in by_image[int(what.record.truth_image[own])]
        if other != own
    ]
    place_P, other_P = np.asarray(found, dtype=np.intp).reshape(-1, 2).T
    return place_P, other_P


def _similarity_to(
    what: Compared, predicted: Doubles, truth: NDArray[np.intp], counterpart: NDArray[np.intp]
) -> Doubles:
    """KS `[N, J]` of predicted keypoints `[N, J, 2]` to the labels of `counterpart` on persons; 0 without a label."""
    similarity = keypoint_similarity(
        predicted, what.true[truth][:, counterpart], what.truths.areas[truth], what.sigmas[counterpart]
    )
    return np.where(what.labelled[truth][:, counterpart], similarity, 0)
