"""Intervals against formulas: binomial for images, Student's t for seeds, and both together."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gtpt_bench.evaluation.coco import Matches
from gtpt_bench.report.accuracy import (
    PooledVariance,
    StudyAccuracy,
    difference_half_width,
    pooled_variance,
    study_accuracy,
)
from gtpt_bench.report.records import Evaluated, Found
from tests.report.made import found

I = 400  # noqa: E741
RECALL_LEVELS = 101
T_975 = {1: 12.706, 2: 4.303, 4: 2.776, 10: 2.228}
"""From printed tables of Student's t."""


def accuracy_of(**variants: list[Matches]) -> StudyAccuracy:
    """Of variants, each a list of evaluations, one a seed; the baseline is `a`."""
    evaluated = {
        name: [Evaluated(seed, Found({}, ""), matches) for seed, matches in enumerate(runs)]
        for name, runs in variants.items()
    }
    accuracy = study_accuracy(evaluated, lambda variant: "a")
    assert accuracy is not None
    return accuracy


def half_width(accuracy: StudyAccuracy, variant: str = "b") -> float:
    width = accuracy.variants[variant].half_width
    assert width is not None
    return width


def binomial_se(num_differing: int) -> float:
    """Of the share of images that differ between two variants, one-sidedly, in AP points."""
    p = num_differing / I
    return 100 * math.sqrt(p * (1 - p) / I) * 100 / RECALL_LEVELS


@pytest.mark.parametrize("num_found", [40, 200, 360])
def test_ap_is_the_share_of_people_found(num_found: int) -> None:
    """All precisions are 1 up to that recall, so AP is the share of the 101 recall levels reached."""
    accuracy = accuracy_of(a=[found(range(num_found), I)])
    assert accuracy.variants["a"].ap == pytest.approx(100 * (100 * num_found // I + 1) / RECALL_LEVELS)
    assert (accuracy.num_images, accuracy.num_people) == (I, I)


@pytest.mark.parametrize("num_differing", [20, 80, 200])
def test_the_interval_over_images_is_the_binomial_one(num_differing: int) -> None:
    accuracy = accuracy_of(a=[found(range(250), I)], b=[found(range(250 - num_differing), I)])
    assert half_width(accuracy) == pytest.approx(1.96 * binomial_se(num_differing), rel=0.12)


def test_differences_are_paired_image_by_image() -> None:
    """Unpaired, the interval of 200 against 180 found would be that of two independent shares: √2 · 2.5 points."""
    paired = half_width(accuracy_of(a=[found(range(200), I)], b=[found(range(180), I)]))
    unpaired = 1.96 * math.hypot(binomial_se(200), binomial_se(180))
    assert paired < unpaired / 2.5


def test_disagreement_on_images_widens_the_interval_at_the_same_ap() -> None:
    agreeing = accuracy_of(a=[found(range(200), I)], b=[found(range(180), I)])
    disagreeing = accuracy_of(a=[found(range(200), I)], b=[found(range(150, 330), I)])
    assert agreeing.variants["b"].difference == disagreeing.variants["b"].difference
    assert half_width(disagreeing) > 2 * half_width(agreeing)


def test_equal_evaluations_differ_by_nothing_for_sure() -> None:
    accuracy = accuracy_of(a=[found(range(200), I)], b=[found(range(200), I)])
    assert (accuracy.variants["b"].difference, half_width(accuracy)) == (0, 0)
    assert not accuracy.variants["b"].is_distinguishable


def test_a_large_difference_is_distinguishable_and_a_small_one_is_not() -> None:
    accuracy = accuracy_of(a=[found(range(200), I)], b=[found(range(100), I)], c=[found([*range(1, 200), 300, 301], I)])
    assert accuracy.variants["b"].is_distinguishable
    assert not accuracy.variants["c"].is_distinguishable


def test_the_smallest_visible_difference_is_the_widest_interval() -> None:
    accuracy = accuracy_of(a=[found(range(200), I)], b=[found(range(190), I)], c=[found(range(100), I)])
    assert accuracy.smallest_visible == max(half_width(accuracy, "b"), half_width(accuracy, "c"))
    assert accuracy_of(a=[found(range(200), I)]).smallest_visible is None


def test_the_baseline_has_no_difference_to_itself() -> None:
    baseline = accuracy_of(a=[found(range(200), I)], b=[found(range(180), I)]).variants["a"]
    assert (baseline.difference, baseline.half_width, baseline.is_distinguishable) == (None, None, False)


def test_without_its_baseline_a_study_shows_aps_and_no_differences() -> None:
    accuracy = accuracy_of(a=[], b=[found(range(180), I)])
    assert list(accuracy.variants) == ["b"]
    assert accuracy.variants["b"].difference is None


def test_seeds_are_averaged_and_spread_by_their_standard_deviation() -> None:
    accuracy = accuracy_of(a=[found(range(n), I) for n in (200, 220, 240)])
    aps = [100 * (n // 4 + 1) / RECALL_LEVELS for n in (200, 220, 240)]  # 5 levels apart
    assert accuracy.variants["a"].ap == pytest.approx(aps[1])
    assert accuracy.variants["a"].seed_sd == pytest.approx(aps[1] - aps[0])
    assert accuracy.covers_seeds
    assert accuracy_of(a=[found(range(200), I)]).variants["a"].seed_sd is None


def test_variance_over_seeds_is_pooled_over_variants() -> None:
    """Squared deviations 2 + 8 and degrees of freedom 2 + 1."""
    pooled = pooled_variance([np.asarray([1.0, 2, 3]), np.asarray([5.0, 9]), np.asarray([7.0])])
    assert pooled is not None
    assert pooled.value == pytest.approx(10 / 3)
    assert pooled.degrees == 3
    assert pooled_variance([np.asarray([1.0]), np.asarray([2.0])]) is None


@pytest.mark.parametrize("degrees", T_975)
def test_seeds_widen_the_interval_by_students_t(degrees: int) -> None:
    width = difference_half_width(3.0, PooledVariance(8.0, degrees), (1, 1))
    assert width == pytest.approx(T_975[degrees] * 5, rel=1e-3)  # √(3² + 8 + 8)


def test_one_seed_leaves_the_normal_interval_over_images() -> None:
    assert difference_half_width(2.0, None, (1, 1)) == pytest.approx(1.959964 * 2)


def test_more_seeds_narrow_the_interval() -> None:
    widths = [difference_half_width(1.0, PooledVariance(4.0, 10), (n, n)) for n in (1, 2, 5, 100)]
    assert widths == sorted(widths, reverse=True)


def test_intervals_over_seeds_cover_the_truth_in_95_of_100_studies() -> None:
    """Simulated: two variants of true AP 60 and 57, three seeds each with a standard deviation of 0.8."""
    rng, num_studies, covered = np.random.default_rng(0), 3000, 0
    for first, second in zip(rng.normal(60, 0.8, (num_studies, 3)), rng.normal(57, 0.8, (num_studies, 3)), strict=True):
        width = difference_half_width(0.0, pooled_variance([first, second]), (3, 3))
        covered += abs(first.mean() - second.mean() - 3) <= width
    assert covered / num_studies == pytest.approx(0.95, abs=0.012)  # three standard errors
