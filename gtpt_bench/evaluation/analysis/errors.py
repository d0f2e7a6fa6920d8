"""The errors of one evaluation, as numbers that reports need: no keypoint and no person by itself.

I images, U units (keypoints, or parts of the body).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.analysis.kinds import KINDS

NOT_FOUND = "person not found"

OUTCOMES = (*KINDS, NOT_FOUND)
"""What may become of a labelled keypoint; each has one of these."""


@dataclass(frozen=True)
class UnitErrors:
    """Errors of one keypoint, or of one part of the body.

    Attributes:
        outcomes: labelled keypoints by OUTCOMES; their sum is the number of labelled keypoints.
        ap: AP of this unit alone, a share of 1; -1 if it is never labelled.
        found: share of the labelled keypoints that a prediction comes near to.
        median_distance: of keypoints on persons found, as a share of the root of the person's area; None without any.
    """

    name: str
    outcomes: Mapping[str, int]
    ap: float
    found: float
    median_distance: float | None

    @property
    def num_labelled(self) -> int:
        return sum(self.outcomes.values())


@dataclass(frozen=True)
class ClassErrors:
    """Accuracy on one class of persons or keypoints.

    Attributes:
        num: persons to be found, or labelled keypoints, in it.
        ap: a share of 1; -1 if the class is empty.
        found: as of UnitErrors.
    """

    name: str
    num: int
    ap: float
    found: float


@dataclass(frozen=True)
class Errors:
    """Errors of one evaluation.

    Attributes:
        ap: as evaluated, a share of 1.
        ap_if_fixed: AP by the kind of error that is fixed, and with `everything` fixed.
        classes: by what they tell apart: `visibility` (of keypoints), `size`, `crowding`, `truncation` (of persons).
        lost: OKS terms lost, 1 − KS summed over an image's labelled keypoints, 1 each on persons not found, `[I, U]`.
        num_labelled: labelled keypoints of each image, `[I, U]`.
    """

    ap: float
    ap_if_fixed: Mapping[str, float]
    units: tuple[UnitErrors, ...]
    classes: Mapping[str, tuple[ClassErrors, ...]]
    lost: NDArray[np.float64]
    num_labelled: NDArray[np.intp]

    @property
    def outcomes(self) -> dict[str, int]:
        """Labelled keypoints by OUTCOMES."""
        return {outcome: sum(unit.outcomes[outcome] for unit in self.units) for outcome in OUTCOMES}
