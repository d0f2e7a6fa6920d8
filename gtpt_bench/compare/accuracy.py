"""AP of two sides on the same images: each with its interval, and their difference with an honest verdict.

The bootstrap draws the same images for both, so that what is hard for both cancels; spread over seeds is added where
there are several (evaluation/differences.py). All in AP points, 0 to 100.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.compare.entry import Entry, Evaluation
from gtpt_bench.errors import DataError, InputError
from gtpt_bench.evaluation.differences import LEVEL, ap_by_seed, holm, paired_difference, seed_variance
from gtpt_bench.evaluation.intervals import Interval, interval
from gtpt_bench.evaluation.resampled import ResampledAp

ApVerdict = Literal["higher", "lower", "not distinguishable", "same"]


@dataclass(frozen=True)
class AccuracyCompared:
    """The second beside the first.

    Attributes:
        first, second: mean over seeds, with the interval that other images would give.
        num_seeds: of both.
        difference: second less first.
        half_width: of its 95 % interval; infinite where nothing is known, as with a single image.
        p_value: two-sided, of no difference; not corrected for other comparisons.
        p_corrected: for all comparisons made together.
        identical: whether every seed has the same AP on every resample, as if nothing had changed.
        detectable: true difference that would be seen in four of five repetitions.
        seed_sd: standard deviation over seeds of both, None for a single one.
        covers_seeds: whether the interval holds for other training seeds too, or for other images only.
        verdict: what the second is.
    """

    first: Interval
    second: Interval
    num_seeds: tuple[int, int]
    difference: float
    half_width: float
    p_value: float
    detectable: float
    seed_sd: tuple[float | None, float | None]
    covers_seeds: bool
    num_images: int
    num_people: int
    p_corrected: float = math.nan
    identical: bool = False

    @property
    def verdict(self) -> ApVerdict:
        if self.identical:
            return "same"
        if not self.p_corrected < LEVEL:
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
    aps = [[one.kept.resampled() for one in entry.evaluations] for entry in (first, second)]
    num_images, num_people = aps[0][0].num_images, aps[0][0].num_people
    a, b = map(ap_by_seed, aps)
    seeds = seed_variance([a, b])
    found = paired_difference(a, b, seeds, num_images=num_images)
    return AccuracyCompared(
        interval(a.mean, a.mean_resampled),
        interval(b.mean, b.mean_resampled),
        (len(a.observed), len(b.observed)),
        difference=found.value,
        half_width=found.half_width,
        p_value=found.p_value,
        detectable=found.detectable,
        seed_sd=(a.seed_sd, b.seed_sd),
        covers_seeds=seeds is not None,
        num_images=num_images,
        num_people=num_people,
        p_corrected=found.p_value,
        identical=_identical(first, second, *aps),
    )


def corrected(compared: Mapping[str, AccuracyCompared]) -> dict[str, AccuracyCompared]:
    """Comparisons that are made together, each with its p-value after Holm's correction for those that may differ."""
    open_ones = {name: found for name, found in compared.items() if not found.identical}
    p_values = dict(zip(open_ones, holm([found.p_value for found in open_ones.values()]), strict=True))
    return {name: replace(found, p_corrected=p_values.get(name, found.p_value)) for name, found in compared.items()}


def _identical(first: Entry, second: Entry, a: list[ResampledAp], b: list[ResampledAp]) -> bool:
    seeds = [[one.seed for one in entry.evaluations] for entry in (first, second)]
    return seeds[0] == seeds[1] and all(
        one.observed == other.observed and np.array_equal(one.resampled, other.resampled, equal_nan=True)
        for one, other in zip(a, b, strict=True)
    )


def check_same_people(first: Entry, second: Entry) -> None:
    """Raises:
    InputError: AP of the two was taken on different data; says what differs.
    """
    a, b = first.evaluations[0], second.evaluations[0]
    differing = [
        f"{key} {a.on.get(key)} and {b.on.get(key)}" for key in {**a.on, **b.on} if a.on.get(key) != b.on.get(key)
    ]
    if not differing and _has_others([*first.evaluations, *second.evaluations]):
        differing = ["persons in the images, though their data sets have the same name"]
    if differing:
        raise InputError(
            f"AP of {first.name} and of {second.name} is on different data ({'; '.join(differing)}) and cannot be "
            "compared; --only cost and --only time can"
        )


def _has_others(evaluations: list[Evaluation]) -> bool:
    """Whether persons differ: image by image where that is known, in their numbers else."""
    counts = [one.kept.resampled() for one in evaluations]
    if len({(ap.num_images, ap.num_people) for ap in counts}) > 1:
        return True
    known = [truths for one in evaluations if (truths := _num_truths(one)) is not None]
    return any(not np.array_equal(known[0], truths) for truths in known)


def _num_truths(evaluation: Evaluation) -> NDArray[np.intp] | None:
    """Persons in each image, `[I]`; None where matches were not kept."""
    try:
        return evaluation.kept.matches().num_truths
    except DataError:
        return None
