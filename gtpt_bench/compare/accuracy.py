"""AP of two sides on the same images: each with its interval, and their difference with an honest verdict.

The bootstrap draws the same images for both, so that what is hard for both cancels; spread over seeds is added where
there are several (evaluation/differences.py). All in AP points, 0 to 100.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gtpt_bench.compare.entry import Entry
from gtpt_bench.errors import InputError
from gtpt_bench.evaluation.differences import LEVEL, ap_by_seed, paired_difference, seed_variance
from gtpt_bench.evaluation.intervals import Interval, interval
from gtpt_bench.evaluation.resampled import resampled_ap

ApVerdict = Literal["higher", "lower", "not distinguishable"]


@dataclass(frozen=True)
class AccuracyCompared:
    """The second beside the first.

    Attributes:
        first, second: mean over seeds, with the interval that other images would give.
        num_seeds: of both.
        difference: second less first.
        half_width: of its 95 % interval; infinite where nothing is known, as with a single image.
        p_value: two-sided, of no difference; not corrected for other comparisons.
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

    @property
    def verdict(self) -> ApVerdict:
        if self.p_value >= LEVEL:
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
    aps = [[resampled_ap(one.matches) for one in entry.evaluations] for entry in (first, second)]
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
