"""What AP would be if one kind of error were gone: those keypoints put where they belong, everything scored again.

A fixed keypoint lies exactly on its label, so the figure is a bound: a model rid of the error would still be a little
off. Scores, and predictions of nobody, stay as they are: what AP lacks to 1 with every kind fixed is persons not
found, false alarms and the order of scores.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.analysis.compared import Compared
from gtpt_bench.evaluation.analysis.kinds import KINDS, MISS
from gtpt_bench.evaluation.analysis.pairs import Pairs

EVERYTHING = "everything"


def ap_if_fixed(what: Compared, pairs: Pairs, kinds: NDArray[np.int8], ap: float) -> dict[str, float]:
    """AP by the kind of error that is fixed, and with `everything` fixed; shares of 1.

    Args:
        kinds: as `kinds_of` gives them, `[P, J]`.
        ap: as it is, for kinds that do not occur.
    """
    errors = range(1, MISS + 1)
    fixes = {KINDS[kind]: kinds == kind for kind in errors} | {EVERYTHING: np.isin(kinds, errors)}
    return {name: _ap_without(what, pairs, wrong) if wrong.any() else ap for name, wrong in fixes.items()}


def _ap_without(what: Compared, pairs: Pairs, wrong: NDArray[np.bool_]) -> float:
    keypoints = what.detections.keypoints.copy()
    place, keypoint = np.nonzero(wrong)
    keypoints[what.row[pairs.detection[place]], keypoint, :2] = what.true[pairs.truth[place], keypoint]
    return what.ap_of(replace(what.detections, keypoints=keypoints))
