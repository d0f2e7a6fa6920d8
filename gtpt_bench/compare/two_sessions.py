"""Times of two sessions side by side: what their rounds tell, and no verdict; or of one record, beside itself.

Models that are timed in turn share what the machine does meanwhile. Models of two sessions do not: the same code on a
machine of the same name has been twice as fast on another day (README, the fastest GTPT). Torch-free.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gtpt_bench.efficiency.timing.comparison import NUM_RESAMPLES, Comparison, Verdict, middle_mean


@dataclass(frozen=True)
class Apart(Comparison):
    """Attributes are those of `Comparison`; the interval counts rounds of each session, not the days between them."""

    @property
    def verdict(self) -> Verdict:
        return "ambiguous"


@dataclass(frozen=True)
class SameRecords(Comparison):
    """Of a model with itself: both sides are the very same samples, however few."""

    @property
    def verdict(self) -> Verdict:
        return "same"


def compared_apart(first_rounds: Sequence[float], second_rounds: Sequence[float], *, confidence: float = 0.95) -> Apart:
    """Ratio of times of the second and the first, rounds of each resampled by themselves.

    Args:
        first_rounds, second_rounds: time in each round, in any unit; their numbers may differ.

    Raises:
        ValueError: one has no rounds, or a time is not positive.
    """
    if not first_rounds or not second_rounds or min(*first_rounds, *second_rounds) <= 0:
        raise ValueError("two sessions with positive times are needed")
    rng, margin = np.random.default_rng(0), 0.03
    logs = [np.log(np.asarray(rounds, dtype=float)) for rounds in (first_rounds, second_rounds)]
    ratio = float(np.exp(middle_mean(logs[1]) - middle_mean(logs[0])))
    num_rounds = min(len(first_rounds), len(second_rounds))
    if num_rounds == 1:
        return Apart(ratio, 0.0, math.inf, confidence, margin, 1)
    drawn = [middle_mean(own[rng.integers(0, len(own), (NUM_RESAMPLES, len(own)))]) for own in logs]
    tail = (1 - confidence) / 2
    low, high = np.exp(np.quantile(drawn[1] - drawn[0], (tail, 1 - tail)))
    return Apart(ratio, float(low), float(high), confidence, margin, num_rounds)
