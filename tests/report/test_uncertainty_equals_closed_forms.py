"""Uncertainty of a study's APs against formulas: binomial for images; what is marked, and what the study can see."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gtpt_bench.evaluation.coco import Matches
from gtpt_bench.report.accuracy import StudyAccuracy, study_accuracy
from gtpt_bench.report.records import Evaluated, Found
from tests.report.made import InMemory, found

I = 400  # noqa: E741
RECALL_LEVELS = 101
SEEN_AT_5_PERCENT, SEEN_4_OF_5 = 1.96, 1.96 + 0.84
"""Quantiles of the normal distribution: of 97.5 %, and with that of 80 %."""


def accuracy_of(**variants: list[Matches]) -> StudyAccuracy:
    """Of variants, each a list of evaluations, one a seed; the baseline is `a`."""
    evaluated = {
        name: [Evaluated(seed, Found({}, ""), InMemory(matches)) for seed, matches in enumerate(runs)]
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


def test_each_ap_has_an_interval_over_images() -> None:
    ap = accuracy_of(a=[found(range(200), I)]).variants["a"].over_images
    assert (ap.low, ap.high) == pytest.approx((50.5 - 1.96 * 2.5, 50.5 + 1.96 * 2.5), abs=0.8)


@pytest.mark.parametrize("num_differing", [20, 80, 200])
def test_the_interval_over_images_is_the_binomial_one(num_differing: int) -> None:
    accuracy = accuracy_of(a=[found(range(250), I)], b=[found(range(250 - num_differing), I)])
    assert half_width(accuracy) == pytest.approx(SEEN_AT_5_PERCENT * binomial_se(num_differing), rel=0.12)


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
    assert accuracy.variants["b"].p_corrected == 1
    assert not accuracy.variants["b"].is_distinguishable


def test_a_large_difference_is_distinguishable_and_a_small_one_is_not() -> None:
    accuracy = accuracy_of(a=[found(range(200), I)], b=[found(range(100), I)], c=[found([*range(1, 200), 300, 301], I)])
    assert accuracy.variants["b"].is_distinguishable
    assert not accuracy.variants["c"].is_distinguishable


def test_a_difference_that_stands_alone_may_not_stand_among_ten() -> None:
    """Seven images of 400 that only the baseline finds: p is about 0.01, ten times that beside nine equal variants."""
    baseline, other = [found(range(200), I)], [found(range(193), I)]
    alone = accuracy_of(a=baseline, b=other).variants["b"]
    among = accuracy_of(a=baseline, b=other, **{f"same{n}": baseline for n in range(9)})
    assert alone.compared is not None
    assert 0.005 < alone.compared.p_value < 0.05
    assert alone.is_distinguishable
    assert among.num_comparisons == 10
    assert among.variants["b"].compared == alone.compared
    assert among.variants["b"].p_corrected == pytest.approx(10 * alone.compared.p_value)
    assert not among.variants["b"].is_distinguishable


def test_the_smallest_visible_difference_is_that_of_the_least_certain_comparison() -> None:
    accuracy = accuracy_of(a=[found(range(200), I)], b=[found(range(190), I)], c=[found(range(100), I)])
    assert accuracy.smallest_visible == pytest.approx(SEEN_4_OF_5 * binomial_se(100), rel=0.1)
    assert accuracy.smallest_visible == pytest.approx(half_width(accuracy, "c") * SEEN_4_OF_5 / 1.96, rel=0.01)
    assert accuracy_of(a=[found(range(200), I)]).smallest_visible is None


def test_the_baseline_has_no_difference_to_itself() -> None:
    baseline = accuracy_of(a=[found(range(200), I)], b=[found(range(180), I)]).variants["a"]
    assert (baseline.difference, baseline.half_width, baseline.is_distinguishable) == (None, None, False)


def test_without_its_baseline_a_study_shows_aps_and_no_differences() -> None:
    accuracy = accuracy_of(a=[], b=[found(range(180), I)])
    assert list(accuracy.variants) == ["b"]
    assert accuracy.variants["b"].difference is None
    assert accuracy.num_comparisons == 0


def test_a_single_image_tells_nothing_apart() -> None:
    accuracy = accuracy_of(a=[found([0], 1)], b=[found([], 1)])
    other = accuracy.variants["b"]
    assert other.difference == pytest.approx(-100)
    assert (other.half_width, other.p_corrected) == (None, 1)
    assert not other.is_distinguishable
    assert accuracy.smallest_visible is None


def test_seeds_are_averaged_and_spread_by_their_standard_deviation() -> None:
    accuracy = accuracy_of(a=[found(range(n), I) for n in (200, 220, 240)])
    aps = [100 * (n // 4 + 1) / RECALL_LEVELS for n in (200, 220, 240)]  # 5 levels apart
    assert accuracy.variants["a"].ap == pytest.approx(aps[1])
    assert accuracy.variants["a"].seed_sd == pytest.approx(aps[1] - aps[0])
    assert accuracy.covers_seeds
    assert accuracy_of(a=[found(range(200), I)]).variants["a"].seed_sd is None


def test_seeds_that_differ_hide_a_difference_that_images_alone_would_show() -> None:
    """30 of 400 images apart at each seed, but seeds 80 images apart from each other."""
    seeds = (160, 240, 320)
    several = accuracy_of(a=[found(range(n), I) for n in seeds], b=[found(range(n - 30), I) for n in seeds])
    single = accuracy_of(a=[found(range(240), I)], b=[found(range(210), I)])
    assert several.variants["b"].difference == pytest.approx(single.variants["b"].difference, abs=0.4)
    assert single.variants["b"].is_distinguishable
    assert not several.variants["b"].is_distinguishable
    assert half_width(several) > 5 * half_width(single)


def test_a_baseline_of_several_seeds_lends_its_spread_to_variants_of_one() -> None:
    accuracy = accuracy_of(a=[found(range(n), I) for n in (160, 240, 320)], b=[found(range(210), I)])
    assert accuracy.covers_seeds
    spread = np.std([160, 240, 320], ddof=1) / 4 * 100 / RECALL_LEVELS
    assert half_width(accuracy) > 4.303 * 0.9 * spread * math.sqrt(1 + 1 / 3)  # Student's t of two degrees
