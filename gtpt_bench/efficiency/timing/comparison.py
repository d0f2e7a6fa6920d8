"""Whether one model is faster than another, from rounds in which both were timed: ratio, interval, honest verdict.

Torch-free. Source: spec/measurement.md §1 (A against B; when is it different).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

Verdict = Literal["faster", "slower", "same", "ambiguous"]

NUM_RESAMPLES = 4000
"""Of the bootstrap: ten in each tail of the narrowest look, 0.2 % in both."""


@dataclass(frozen=True)
class Comparison:
    """The second model beside the first.

    Attributes:
        ratio: time of the second over time of the first; 1.1 means that it takes a tenth longer.
        low, high: interval of the ratio; 0 and infinity where there is one round and nothing to tell it from.
        confidence: of the interval, looked at once.
        margin: ratios from 1 / (1 + margin) to 1 + margin are no difference.
        num_rounds: that count: undisturbed ones.
        verdict: what the second is: `same` if the whole interval lies within the margin; `faster` or `slower` if the
            interval excludes 1 and the ratio lies beyond the margin; else, or if there are too few rounds to know,
            `ambiguous`.
    """

    ratio: float
    low: float
    high: float
    confidence: float
    margin: float
    num_rounds: int

    @property
    def verdict(self) -> Verdict:
        beyond = 1 + self.margin
        if self.num_rounds < fewest_rounds(self.confidence):
            return "ambiguous"
        if self.low >= 1 / beyond and self.high <= beyond:
            return "same"
        if self.low > 1 and self.ratio > beyond:
            return "slower"
        if self.high < 1 and self.ratio < 1 / beyond:
            return "faster"
        return "ambiguous"


def compared(
    first_rounds: Sequence[float],
    second_rounds: Sequence[float],
    *,
    rng: np.random.Generator,
    margin: float = 0.03,
    confidence: float = 0.95,
) -> Comparison:
    """Compare times round by round, with a paired bootstrap interval.

    Args:
        first_rounds: time of the first model in each round, in any unit.
        second_rounds: of the second model in the same rounds.
        rng: draws the rounds of each resample; same state, same interval.
        confidence: share of experiments whose interval holds the true ratio, percentile method. Who looks more than
            once must ask for more than they claim (`interleaved.py`).

    Raises:
        ValueError: no rounds, not the same number of both, or a time that is not positive.
    """
    logs = np.log(paired_ratios(second_rounds, first_rounds))
    if not len(logs):
        raise ValueError("there are no rounds to compare")
    if len(logs) == 1:
        return Comparison(float(np.exp(logs[0])), 0.0, math.inf, confidence, margin, 1)
    resampled = middle_mean(logs[rng.integers(0, len(logs), (NUM_RESAMPLES, len(logs)))])
    tail = (1 - confidence) / 2
    low, high = np.exp(np.quantile(resampled, (tail, 1 - tail)))
    return Comparison(float(np.exp(middle_mean(logs))), float(low), float(high), confidence, margin, len(logs))


def compared_undisturbed(
    first_rounds: Sequence[float],
    second_rounds: Sequence[float],
    disturbed: Sequence[bool],
    *,
    rng: np.random.Generator,
    margin: float = 0.03,
    confidence: float = 0.95,
) -> Comparison:
    """The same of the rounds in which other processes left both alone.

    Too few of them are no verdict. The interval is then that of all rounds, for what it is worth: models that wait for
    cores most of the time take alike, whatever they would take by themselves.

    Args:
        disturbed: of each round, whether its times are not the models' own.

    Raises:
        ValueError: as `compared`.
    """
    told = told_rounds(disturbed, confidence)
    first, second = ([rounds[place] for place in told] for rounds in (first_rounds, second_rounds))
    comparison = compared(first, second, rng=rng, margin=margin, confidence=confidence)
    return replace(comparison, num_rounds=sum(not one for one in disturbed))


def told_rounds(disturbed: Sequence[bool], confidence: float) -> list[int]:
    """Places of the undisturbed rounds; of all of them if too few are for an interval of such confidence."""
    undisturbed = [place for place, one in enumerate(disturbed) if not one]
    return undisturbed if len(undisturbed) >= fewest_rounds(confidence) else [*range(len(disturbed))]


def fewest_rounds(confidence: float) -> int:
    """Fewer than these all point the same way more often by chance, 2 · 2⁻ⁿ, than the confidence leaves open."""
    return math.ceil(math.log2(2 / (1 - confidence)))


def paired_ratios(first: Sequence[float], second: Sequence[float]) -> list[float]:
    """Ratio of two models' figures round by round, in which a drift of the machine cancels.

    Raises:
        ValueError: not the same number of both, or a figure that is not positive.
    """
    if min((*first, *second), default=1) <= 0:
        raise ValueError("a time that is not positive cannot be compared")
    return [a / b for a, b in zip(first, second, strict=True)]


def middle_mean(values: np.ndarray) -> np.ndarray:
    """Mean of the middle half along the last axis: as calm as the median where rounds are upset, less coarse."""
    num = values.shape[-1]
    middle: np.ndarray = np.sort(values, axis=-1)[..., num // 4 : num - num // 4].mean(axis=-1)
    return middle
