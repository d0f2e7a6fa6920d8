"""What raw samples of time tell: middle, spread, tails as far as their number allows, and how far a median may be off.

Torch-free, since reports tell it too. Source: spec/measurement.md §1 (summary, tail percentiles).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WIDE, VERY_WIDE = 0.10, 0.25
"""Interquartile ranges, relative to the median, from which a warning is due and a strong one."""

SAMPLES_IN_TAIL = 5
"""A percentile is told only if at least so many samples are expected beyond it: 50 for p90, 500 for p99."""


@dataclass(frozen=True)
class Summary:
    """Of samples in any unit, which all fields but `num` and `relative_iqr` share.

    Attributes:
        mad: median absolute deviation from the median, as it is (times 1.4826 it estimates a normal's sd).
        iqr: third quartile less the first.
        p90, p99: None if there are too few samples to know.
    """

    num: int
    median: float
    mad: float
    iqr: float
    p90: float | None
    p99: float | None

    @property
    def relative_iqr(self) -> float:
        return self.iqr / self.median

    @property
    def warning(self) -> str:
        """Empty if the samples lie close together."""
        if self.relative_iqr <= WIDE:
            return ""
        very = "very " if self.relative_iqr > VERY_WIDE else ""
        return f"{very}unsteady: the middle half of {self.num} samples spans {self.relative_iqr:.0%} of the median"


def summary(samples: Sequence[float]) -> Summary:
    """Raises:
    ValueError: there are no samples.
    """
    if not samples:
        raise ValueError("there are no samples to sum up")
    values = np.asarray(samples, dtype=float)
    first, median, third = np.quantile(values, (0.25, 0.5, 0.75))
    return Summary(
        num=len(values),
        median=float(median),
        mad=float(np.median(np.abs(values - median))),
        iqr=float(third - first),
        p90=percentile(samples, 0.9),
        p99=percentile(samples, 0.99),
    )


def percentile(samples: Sequence[float], share: float) -> float | None:
    """The value below which this share of the samples lies; None if fewer than 5 / (1 − share) samples are there."""
    if len(samples) * (1 - share) < SAMPLES_IN_TAIL * (1 - 1e-9):
        return None
    return float(np.quantile(np.asarray(samples, dtype=float), share))


def median_error(values: Sequence[float]) -> float:
    """Standard error of the median, relative, from the median absolute deviation as if normal.

    1.2533 · 1.4826 · MAD / √n over the median; infinite for fewer than two values.
    """
    if len(values) < 2:
        return math.inf
    median = float(np.median(values))
    spread = float(np.median(np.abs(np.asarray(values) - median)))
    return 1.2533 * 1.4826 * spread / math.sqrt(len(values)) / median
