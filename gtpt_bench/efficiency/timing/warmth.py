"""When a model has been warmed up: its running median has come to rest. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

CALLS_AT_LEAST = 10
AT_REST = 0.02
"""Relative difference of the medians of the last two thirds of the calls, a third each."""
MEDIAN_OF = 100
"""Calls that a third has at most."""
TIMES_AS_LONG = 4
"""Warming ends after so many times the seconds asked for, at rest or not: some machines never are."""


def is_warm(calls_ns: Sequence[int], *, warmed_s: float, asked_s: float) -> bool:
    """Whether warming may end: long enough, often enough and at rest; or out of patience."""
    if warmed_s < asked_s:
        return False
    return warmed_s >= TIMES_AS_LONG * asked_s or is_at_rest(calls_ns)


def is_at_rest(calls_ns: Sequence[int]) -> bool:
    if len(calls_ns) < CALLS_AT_LEAST:
        return False
    third = min(len(calls_ns) // 3, MEDIAN_OF)
    before, now = np.median(calls_ns[-2 * third : -third]), np.median(calls_ns[-third:])
    return bool(abs(now - before) <= AT_REST * before)
