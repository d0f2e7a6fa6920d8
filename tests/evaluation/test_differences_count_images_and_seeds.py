"""Differences between variants: two sources of variance together, against formulas and simulated studies."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gtpt_bench.evaluation.differences import (
    Difference,
    SeedValues,
    SeedVariance,
    holm,
    paired_difference,
    seed_variance,
)

T_975 = {1: 12.706, 2: 4.303, 4: 2.776, 10: 2.228}
"""From printed tables of Student's t."""

NUM_RESAMPLES, NUM_IMAGES = 200, 60

Figures = NDArray[np.float64]


def values_of(figures_SI: Figures, draws_RI: Figures) -> SeedValues:
    """Of a figure that is a mean over images, like a share of hits."""
    return SeedValues(figures_SI.mean(axis=1), figures_SI @ draws_RI.T / figures_SI.shape[1])


def draws(rng: np.random.Generator, num_resamples: int = NUM_RESAMPLES, num_images: int = NUM_IMAGES) -> Figures:
    return rng.multinomial(num_images, np.full(num_images, 1 / num_images), size=num_resamples).astype(float)


def only_observed(*observed: float) -> SeedValues:
    """Images that make no difference at all."""
    return SeedValues(np.asarray(observed), np.tile(np.asarray(observed)[:, None], (1, NUM_RESAMPLES)))


# One source alone


def test_one_seed_leaves_the_error_of_a_paired_mean_over_images() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(50, 20, (2, 1, 400))
    both = draws(rng, 4000, 400)
    found = paired_difference(values_of(first, both), values_of(second, both), None, num_images=400)
    assert found.value == pytest.approx(second.mean() - first.mean())
    assert found.standard_error == pytest.approx((second - first).std() / 20, rel=0.04)
    assert found.half_width == pytest.approx(1.966 * found.standard_error, rel=1e-3)  # t of 399


@pytest.mark.parametrize("degrees", T_975)
def test_where_images_make_no_difference_the_interval_is_students(degrees: int) -> None:
    """Two variants of n seeds each, pooled: 2 (n - 1) degrees of freedom; one of two seeds and one of one: 1."""
    firsts = {1: (1.0, 3.0), 2: (1.0, 3.0), 4: (1.0, 2.0, 3.0), 10: tuple(range(6))}[degrees]
    first = only_observed(*map(float, firsts))
    second = only_observed(5.0) if degrees == 1 else first
    seeds = seed_variance([first, second])
    assert seeds is not None
    assert seeds.degrees == degrees
    found = paired_difference(first, second, seeds, num_images=NUM_IMAGES)
    error = math.sqrt(seeds.observed * (1 / len(first.observed) + 1 / len(second.observed)))
    assert found.half_width == pytest.approx(T_975[degrees] * error, rel=1e-3)


def test_variance_over_seeds_is_pooled_over_variants() -> None:
    """Squared deviations 2 + 8 and degrees of freedom 2 + 1."""
    pooled = seed_variance([only_observed(1, 2, 3), only_observed(5, 9), only_observed(7)])
    assert pooled is not None
    assert pooled.observed == pytest.approx(10 / 3)
    assert pooled.degrees == 3
    assert pooled.from_training == pytest.approx(pooled.observed)
    assert seed_variance([only_observed(1), only_observed(2)]) is None


def test_more_seeds_narrow_the_interval() -> None:
    seeds = SeedVariance(4.0, 0.0, 10)
    widths = [
        paired_difference(only_observed(*[1.0] * n), only_observed(*[2.0] * n), seeds, num_images=9).half_width
        for n in (1, 2, 5, 100)
    ]
    assert widths == sorted(widths, reverse=True)


# Both together


def test_what_images_do_to_seeds_is_counted_once() -> None:
    """Trainings that are equally good but fail on different images: other images are all that moves them."""
    rng = np.random.default_rng(1)
    both = draws(rng, 1000, 400)
    variants = [values_of(rng.normal(50, 20, (8, 400)), both) for _ in range(12)]
    seeds = seed_variance(variants)
    assert seeds is not None
    assert seeds.from_images == pytest.approx(20**2 / 400, rel=0.1)
    assert seeds.observed == pytest.approx(1, rel=0.5)
    found = paired_difference(variants[0], variants[1], seeds, num_images=400)
    assert found.standard_error == pytest.approx(math.sqrt(2 * 20**2 / 400 / 8), rel=0.3)


@pytest.mark.parametrize(
    ("training", "images", "both"), [(0.0, 0.3, 0.3), (0.3, 0.1, 0.0), (0.3, 0.3, 0.3), (0.2, 0.1, 0.2)]
)
@pytest.mark.parametrize(("num_seeds", "least"), [(2, 0.92), (3, 0.94)])
def test_intervals_cover_the_truth_in_95_of_100_studies(
    training: float, images: float, both: float, num_seeds: int, least: float
) -> None:
    """Simulated: no difference, and standard deviations known for each source and for the two together.

    Two seeds cover a little less where training is all that varies: their spread is known by two degrees of freedom.
    """
    rng = np.random.default_rng(0)
    weights, covered, num_studies, unit = draws(rng), 0, 300, math.sqrt(NUM_IMAGES)
    for _ in range(num_studies):
        figures = (
            rng.normal(0, training, (2, num_seeds, 1))
            + rng.normal(0, images * unit, (2, 1, NUM_IMAGES))
            + rng.normal(0, both * unit, (2, num_seeds, NUM_IMAGES))
        )
        first, second = (values_of(one, weights) for one in figures)
        found = paired_difference(first, second, seed_variance([first, second]), num_images=NUM_IMAGES)
        covered += abs(found.value) <= found.half_width
    standard_error = math.sqrt(0.05 * 0.95 / num_studies)
    assert least - 2.5 * standard_error <= covered / num_studies <= 0.99


# Tests and what they can see


@given(st.floats(-5, 5), st.floats(0.01, 3), st.floats(1, 1000))
def test_p_is_below_5_percent_just_where_the_interval_excludes_zero(value: float, error: float, degrees: float) -> None:
    found = Difference(value, error, degrees)
    if abs(abs(value) - found.half_width) > 1e-9:
        assert (found.p_value < 0.05) == (abs(value) > found.half_width)


def test_a_difference_of_the_detectable_size_is_seen_four_times_in_five() -> None:
    size = Difference(0.0, 1.0, 1e6).detectable
    assert size == pytest.approx(1.960 + 0.842, abs=1e-3)
    seen = [Difference(value, 1.0, 1e6).p_value < 0.05 for value in np.random.default_rng(0).normal(size, 1, 4000)]
    assert np.mean(seen) == pytest.approx(0.8, abs=0.02)


def test_a_single_image_says_nothing() -> None:
    one = SeedValues(np.asarray([10.0]), np.full((1, NUM_RESAMPLES), 10.0))
    other = SeedValues(np.asarray([90.0]), np.full((1, NUM_RESAMPLES), 90.0))
    found = paired_difference(one, other, None, num_images=1)
    assert (found.value, found.half_width, found.p_value, found.detectable) == (80, math.inf, 1, math.inf)


def test_resamples_without_a_person_are_left_out() -> None:
    rng = np.random.default_rng(0)
    both = draws(rng)
    whole = [values_of(rng.normal(50, 20, (2, NUM_IMAGES)), both) for _ in range(2)]
    gaps = [SeedValues(one.observed, np.where(np.arange(NUM_RESAMPLES) % 50, one.resampled, np.nan)) for one in whole]
    expected, found = (
        paired_difference(first, second, seed_variance([first, second]), num_images=NUM_IMAGES)
        for first, second in (whole, gaps)
    )
    assert found.standard_error == pytest.approx(expected.standard_error, rel=0.1)


def test_holm_corrects_the_smallest_for_all_and_the_largest_for_itself() -> None:
    """Holm's own scheme by hand: 3 x 0.01, then at least that 2 x 0.03, then 0.05 raised to the one before."""
    assert holm([0.05, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.6, 0.7]) == [1, 1]
    assert holm([0.04]) == [0.04]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_corrected_p_values_lie_between_the_plain_and_bonferronis_in_the_same_order(p_values: list[float]) -> None:
    corrected = holm(p_values)
    for p, after in zip(p_values, corrected, strict=True):
        assert p <= after <= min(1, len(p_values) * p) + 1e-12
    order = np.argsort(p_values, kind="stable")
    assert np.all(np.diff(np.asarray(corrected)[order]) >= 0)
