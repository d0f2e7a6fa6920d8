"""Ratio, interval and verdict from times alone: closed forms, symmetries, coverage, and too few rounds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gtpt_bench.efficiency.timing.comparison import (
    Comparison,
    compared,
    fewest_rounds,
    middle_mean,
    paired_ratios,
)

TIMES = st.lists(st.tuples(st.floats(1, 1000), st.floats(1, 1000)), min_size=2, max_size=30)


def compare(first: list[float], second: list[float], **options: float) -> Comparison:
    return compared(first, second, rng=np.random.default_rng(0), **options)


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [(1.0, "same"), (1.029, "same"), (1 / 1.029, "same"), (1.031, "slower"), (1.1, "slower"), (1 / 1.1, "faster")],
)
def test_without_noise_the_ratio_is_known_exactly(factor: float, verdict: str) -> None:
    """However much the machine changes from round to round."""
    first = [10.0, 30.0, 20.0, 900.0, 15.0, 17.0]
    found = compare(first, [factor * time for time in first])
    assert (found.ratio, found.low, found.high) == pytest.approx((factor, factor, factor))
    assert (found.verdict, found.num_rounds) == (verdict, 6)


def judged(ratio: float, low: float, high: float, margin: float = 0.03) -> str:
    return Comparison(ratio, low, high, confidence=0.95, margin=margin, num_rounds=100).verdict


def test_verdicts_follow_from_the_interval_and_the_margin() -> None:
    assert judged(1.0, 0.98, 1.02) == "same"
    assert judged(1.015, 1.005, 1.025) == "same", "a difference too small to matter, however certain"
    assert judged(1.05, 1.01, 1.09) == "slower"
    assert judged(0.95, 0.91, 0.99) == "faster"
    assert judged(1.05, 0.99, 1.11) == "ambiguous", "the interval holds 1"
    assert judged(1.02, 1.005, 1.035) == "ambiguous", "a difference, but perhaps within the margin"
    assert judged(1.0, 0.9, 1.1) == "ambiguous", "nothing is known"
    assert judged(1.05, 1.01, 1.09, margin=0.1) == "same"


def test_one_upset_round_changes_little() -> None:
    """A mean of the twenty ratios would be 1.45."""
    found = compare([10.0] * 20, [10.0] * 19 + [100.0])
    assert found.ratio == pytest.approx(1.0)
    assert found.verdict == "same"


def test_the_middle_mean_leaves_a_quarter_out_at_each_end() -> None:
    assert middle_mean(np.array([9.0, 1.0, 2.0, 3.0, 100.0, 4.0, 0.0, 7.0])) == (2 + 3 + 4 + 7) / 4
    assert middle_mean(np.array([5.0, 6.0])) == 5.5
    assert middle_mean(np.array([[3.0], [8.0]])).tolist() == [3.0, 8.0]


@pytest.mark.parametrize(("confidence", "rounds"), [(0.5, 2), (0.75, 3), (0.95, 6), (0.99, 8), (1 - 0.05 / 12, 9)])
def test_fewer_rounds_than_could_agree_by_chance_tell_nothing(confidence: float, rounds: int) -> None:
    """Rounds of pure chance all point the same way with probability 2 · 2⁻ⁿ."""
    assert fewest_rounds(confidence) == rounds
    assert 2 * 0.5**rounds <= 1 - confidence < 2 * 0.5 ** (rounds - 1)
    first = [10.0] * rounds
    assert compare(first, [12.0] * rounds, confidence=confidence).verdict == "slower"
    assert compare(first[1:], [12.0] * (rounds - 1), confidence=confidence).verdict == "ambiguous"


def test_one_round_has_a_ratio_and_no_interval() -> None:
    found = compare([10.0], [12.0])
    assert (found.ratio, found.low, found.high) == (pytest.approx(1.2), 0.0, math.inf)
    assert found.verdict == "ambiguous"


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ([], [], "no rounds"),
        ([1.0, 2.0], [1.0], "longer"),
        ([1.0, 0.0], [1.0, 1.0], "not positive"),
        ([1.0, 1.0], [1.0, -2.0], "not positive"),
    ],
)
def test_times_that_cannot_be_paired_are_refused(first: list[float], second: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        compare(first, second)


def test_ratios_are_of_the_same_round() -> None:
    assert paired_ratios([2.0, 9.0], [1.0, 3.0]) == [2.0, 3.0]


@settings(max_examples=30, deadline=None)
@given(TIMES)
def test_exchanging_the_models_turns_the_ratio_round(rounds: list[tuple[float, float]]) -> None:
    first, second = map(list, zip(*rounds, strict=True))
    one, other = compare(first, second), compare(second, first)
    assert (other.ratio, other.low, other.high) == pytest.approx((1 / one.ratio, 1 / one.high, 1 / one.low))


@settings(max_examples=30, deadline=None)
@given(TIMES, st.floats(0.01, 100))
def test_the_unit_of_time_does_not_matter(rounds: list[tuple[float, float]], factor: float) -> None:
    first, second = map(list, zip(*rounds, strict=True))
    one = compare(first, second)
    other = compare([factor * time for time in first], [factor * time for time in second])
    assert (other.ratio, other.low, other.high) == pytest.approx((one.ratio, one.low, one.high))


@settings(max_examples=30, deadline=None)
@given(TIMES, st.floats(0.5, 0.9))
def test_more_confidence_is_a_wider_interval_around_the_ratio(
    rounds: list[tuple[float, float]], confidence: float
) -> None:
    first, second = map(list, zip(*rounds, strict=True))
    assume(len(set(paired_ratios(first, second))) > 1)
    narrow, wide = compare(first, second, confidence=confidence), compare(first, second, confidence=0.99)
    assert wide.low <= narrow.low <= narrow.high <= wide.high
    assert wide.low <= wide.ratio * (1 + 1e-9)
    assert wide.ratio <= wide.high * (1 + 1e-9)


@pytest.mark.parametrize("tails", ["normal", "heavy"])
def test_the_interval_holds_the_truth_as_often_as_it_says(tails: str) -> None:
    """400 experiments of 20 rounds in which the second model takes 1.07 times as long."""
    rng = np.random.default_rng(1)
    drawn = rng.standard_normal((400, 20)) if tails == "normal" else rng.standard_t(2, (400, 20))
    first = rng.uniform(5, 50, 20)
    found = [compared(first, 1.07 * first * np.exp(0.03 * noise), rng=rng, confidence=0.9) for noise in drawn]
    held = np.mean([one.low <= 1.07 <= one.high for one in found])
    assert 0.84 <= held <= 0.96
