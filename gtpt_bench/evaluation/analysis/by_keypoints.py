"""AP of some keypoints alone: each by itself, parts of the body, or those labelled visible or occluded.

A prediction keeps the person it is of; it is right at a threshold if OKS over the chosen keypoints of this person
reaches it. Persons without such a label count neither way. With all keypoints chosen this is AP but for persons whom
`pairs` finds and AP does not.
P pairs, D predictions, G annotated persons, J keypoints, T thresholds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.analysis.compared import Compared
from gtpt_bench.evaluation.analysis.kinds import NEAR_KS
from gtpt_bench.evaluation.analysis.pairs import Pairs
from gtpt_bench.evaluation.coco import NUM_THRESHOLDS, Matches
from gtpt_bench.evaluation.intervals import average_precision

THRESHOLDS = 0.5 + 0.05 * np.arange(NUM_THRESHOLDS)


def ap_of_keypoints(what: Compared, pairs: Pairs, chosen: NDArray[np.bool_]) -> float:
    """AP of the chosen keypoints, a share of 1; -1 if none is labelled.

    Args:
        chosen: `[G, J]`.
    """
    chosen = chosen & what.labelled
    counted: NDArray[np.bool_] = np.any(chosen, axis=1)
    chosen_P = chosen[pairs.truth]
    oks = (pairs.similarity * chosen_P).sum(1) / np.maximum(1, chosen_P.sum(1))
    record = what.record
    matched, ignored = np.zeros_like(record.matched), record.ignored.copy()
    matched[:, pairs.detection] = (oks >= THRESHOLDS[:, None]) & counted[pairs.truth]
    ignored[:, pairs.detection] = ~counted[pairs.truth]
    num_truths = np.bincount(record.truth_image[counted], minlength=len(record.image_ids))
    return average_precision(Matches(record.image, record.score, matched, ignored, num_truths.astype(np.intp)))


def share_found(what: Compared, pairs: Pairs, chosen: NDArray[np.bool_]) -> float:
    """Share of the chosen labelled keypoints that a prediction comes near to (KS of at least 0.5); 0 without any.

    A PCK whose radius is the keypoint's own, 1.18 · 2σ · √area. Keypoints of persons not found count as not found.
    """
    chosen = chosen & what.labelled
    near = (pairs.similarity >= NEAR_KS) & chosen[pairs.truth]
    return float(near.sum() / max(1, chosen.sum()))
