"""Which prediction is of which person, looser than AP asks: a person found badly is worth looking at too.

AP pairs nobody below an OKS of 0.5. The pairs here are those of the match record at 0.5 and, of who is left in an
image, those of at least `LOOSE_OKS`, by the evaluator's own rule: the best prediction first takes the person it is most
like. There OKS is taken with left and right exchanged too, and the better one holds: who is found the wrong way round
is found. P pairs, D predictions, G annotated persons, J keypoints.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.analysis.compared import Compared
from gtpt_bench.evaluation.poses import Doubles, keypoint_similarity

LOOSE_OKS = 0.1
"""Below it a prediction shares too little with a person to be called one of it."""


@dataclass(frozen=True)
class Pairs:
    """Predictions with the persons they are of.

    Attributes:
        detection: place in the match record, `[P]`.
        truth: place among the annotated persons, `[P]`; nobody stands twice, nor does an ignored one.
        similarity: of each keypoint to its own label, `[P, J]`; means nothing where there is no label.
    """

    detection: NDArray[np.intp]
    truth: NDArray[np.intp]
    similarity: Doubles

    def __len__(self) -> int:
        return len(self.truth)


def pairs_of(what: Compared) -> Pairs:
    """Pairs of an evaluation, those of AP first."""
    record = what.record
    at_half = record.truth[0]
    strict = np.flatnonzero(at_half >= 0)
    strict = strict[~record.truth_ignored[at_half[strict]]]
    detection, truth = [strict], [at_half[strict]]
    free_D, free_G = at_half < 0, what.persons.copy()
    free_G[at_half[strict]] = False
    for places_D, places_G in _by_image(what, free_D, free_G):
        for place_D, place_G in _loose(what, places_D, places_G):
            detection.append(np.asarray([place_D]))
            truth.append(np.asarray([place_G]))
    of_D, of_G = np.concatenate(detection), np.concatenate(truth)
    similarity = keypoint_similarity(what.predicted(of_D), what.true[of_G], what.truths.areas[of_G], what.sigmas)
    return Pairs(of_D, of_G, similarity)


def _by_image(
    what: Compared, free_D: NDArray[np.bool_], free_G: NDArray[np.bool_]
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Who is left in each image that has both; predictions the best first, as in the record."""
    image_D, image_G = what.record.image, what.record.truth_image
    left_D, left_G = np.flatnonzero(free_D), np.flatnonzero(free_G)
    left_G = left_G[np.argsort(image_G[left_G], kind="stable")]
    both = np.intersect1d(image_D[left_D], image_G[left_G])
    first_D, last_D = (np.searchsorted(image_D[left_D], both, side) for side in ("left", "right"))
    first_G, last_G = (np.searchsorted(image_G[left_G], both, side) for side in ("left", "right"))
    bounds = zip(first_D, last_D, first_G, last_G, strict=True)
    return [(left_D[a:b], left_G[c:d]) for a, b, c, d in bounds]


def _loose(what: Compared, places_D: NDArray[np.intp], places_G: NDArray[np.intp]) -> list[tuple[int, int]]:
    left_right = np.asarray(what.keypoints.mirror)
    oks = np.maximum(
        _oks(what, what.predicted(places_D), places_G), _oks(what, what.predicted(places_D)[:, left_right], places_G)
    )
    found = []
    for place, row in zip(places_D, oks, strict=True):
        best = int(row.argmax())
        if row[best] >= LOOSE_OKS:
            found.append((int(place), int(places_G[best])))
            oks[:, best] = -1
    return found


def _oks(what: Compared, predicted: Doubles, places_G: NDArray[np.intp]) -> Doubles:
    """OKS of predictions `[D, J, 2]` with persons, `[D, G]`."""
    similarity = keypoint_similarity(predicted[:, None], what.true[places_G], what.truths.areas[places_G], what.sigmas)
    labelled = what.labelled[places_G]
    oks: Doubles = (similarity * labelled).sum(-1) / np.maximum(1, labelled.sum(-1))
    return oks
