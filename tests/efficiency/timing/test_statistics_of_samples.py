"""Middle, spread and tails of raw samples, against arithmetic; tails only where there are samples enough."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.efficiency.timing.statistics import percentile, summary


def test_a_summary_is_arithmetic() -> None:
    """Median 5; deviations 4 2 0 2 45, of which the median is 2; quartiles 3 and 7."""
    found = summary([1, 3, 5, 7, 50])
    assert (found.num, found.median, found.mad, found.iqr) == (5, 5, 2, 4)
    assert found.relative_iqr == 0.8


@pytest.mark.parametrize(
    ("share", "needed"),
    [(0.5, 10), (0.9, 50), (0.99, 500)],
)
def test_a_percentile_is_told_only_from_five_samples_beyond_it(share: float, needed: int) -> None:
    samples = list(range(needed))
    assert percentile(samples[1:], share) is None
    assert percentile(samples, share) == pytest.approx(share * (needed - 1))


def test_few_samples_have_a_median_but_no_tails() -> None:
    few, some = summary([3.0] * 49), summary([3.0] * 50)
    assert (few.median, few.p90, few.p99) == (3.0, None, None)
    assert (some.p90, some.p99) == (3.0, None)


@pytest.mark.parametrize(("spread", "words"), [(4, ""), (6, "unsteady"), (12, "unsteady"), (13, "very unsteady")])
def test_samples_far_apart_are_warned_of(spread: float, words: str) -> None:
    """The middle half of evenly spread samples is half their range: 2 · spread · ½ around 100."""
    warning = summary(np.linspace(100 - 2 * spread, 100 + 2 * spread, 101).tolist()).warning
    assert warning.startswith(f"{words}:" if words else "")
    assert bool(warning) == bool(words)
    if words:
        assert f"of 101 samples spans {2 * spread / 100:.0%} of the median" in warning


def test_no_samples_are_an_error() -> None:
    with pytest.raises(ValueError, match="no samples"):
        summary([])


@given(st.lists(st.floats(1, 1e9), min_size=1, max_size=60), st.floats(0.01, 100))
def test_another_unit_changes_figures_alike_and_shares_not(samples: list[float], factor: float) -> None:
    one, other = summary(samples), summary([factor * sample for sample in samples])
    assert (other.median, other.mad, other.iqr) == pytest.approx(
        (factor * one.median, factor * one.mad, factor * one.iqr), abs=1e-6 * factor * one.median
    )
    assert other.relative_iqr == pytest.approx(one.relative_iqr, abs=1e-6)
    assert (other.p90 is None) == (one.p90 is None)
