"""AP of two sides on the same images: each with its interval, and their difference with an honest verdict.

The bootstrap draws the same images for both, so that what is hard for both cancels. Source: spec/measurement.md §4;
as in report/accuracy.py. All in AP points, 0 to 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.compare.entry import Entry, Evaluation
from gtpt_bench.errors import InputError
from gtpt_bench.evaluation.intervals import Interval, average_precision, bootstrap_aps, image_draws, interval
from gtpt_bench.report.accuracy import NUM_RESAMPLES, POINTS, difference_half_width, pooled_variance

ApVerdict = Literal["higher", "lower", "not distinguishable"]


@dataclass(frozen=True)
class AccuracyCompared:
    """The second beside the first.

    Attributes:
        first, second: mean over seeds, with the interval that other images would give.
        num_seeds: of both.
        difference: second less first.
        half_width: of its 95 % interval.
        covers_seeds: whether that interval holds for other training seeds too, or for other images only.
        verdict: what the second is.
    """

    first: Interval
    second: Interval
    num_seeds: tuple[int, int]
    difference: float
    half_width: float
    covers_seeds: bool
    num_images: int
    num_people: int

    @property
    def verdict(self) -> ApVerdict:
        if abs(self.difference) <= self.half_width:
            return "not distinguishable"
        return "higher" if self.difference > 0 else "lower"


def compared_accuracy(first: Entry, second: Entry) -> AccuracyCompared | None:
    """None if one of them is not evaluated.

    Raises:
        InputError: they are evaluated on different persons.
    """
    if not first.evaluations or not second.evaluations:
        return None
    check_same_people(first, second)
    truths = first.evaluations[0].matches.num_truths
    draws = image_draws(len(truths), num_resamples=NUM_RESAMPLES)
    aps = [_aps(entry.evaluations) for entry in (first, second)]
    resampled = [_resampled(entry.evaluations, draws) for entry in (first, second)]
    seeds = pooled_variance(aps)
    counts = len(aps[0]), len(aps[1])
    images_se = float((resampled[1] - resampled[0]).std(ddof=1))
    a, b = (interval(float(ap.mean()), draws_of) for ap, draws_of in zip(aps, resampled, strict=True))
    return AccuracyCompared(
        a,
        b,
        counts,
        difference=b.value - a.value,
        half_width=difference_half_width(images_se, seeds, counts),
        covers_seeds=seeds is not None,
        num_images=len(truths),
        num_people=int(truths.sum()),
    )


def check_same_people(first: Entry, second: Entry) -> None:
    """Raises:
    InputError: AP of the two was taken on different data; says what differs.
    """
    a, b = first.evaluations[0], second.evaluations[0]
    differing = [
        f"{key} {a.on.get(key)} and {b.on.get(key)}" for key in {**a.on, **b.on} if a.on.get(key) != b.on.get(key)
    ]
    if not differing and any(
        not np.array_equal(a.matches.num_truths, one.matches.num_truths)
        for one in (*first.evaluations, *second.evaluations)
    ):
        differing = ["persons in the images, though their data sets have the same name"]
    if differing:
        raise InputError(
            f"AP of {first.name} and of {second.name} is on different data ({'; '.join(differing)}) and cannot be "
            "compared; --only cost and --only time can"
        )


def _aps(evaluations: Sequence[Evaluation]) -> NDArray[np.float64]:
    return np.asarray([POINTS * average_precision(one.matches) for one in evaluations])


def _resampled(evaluations: Sequence[Evaluation], draws: NDArray[np.intp]) -> NDArray[np.float64]:
    """AP of each resample, averaged over seeds."""
    mean: NDArray[np.float64] = POINTS * np.mean([bootstrap_aps(one.matches, draws) for one in evaluations], axis=0)
    return mean
