"""The plan guesses which differences in AP a study can see: against the formula, and silent without a basis."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from gtpt_bench.study.forecast import Forecast
from gtpt_bench.study.overview import plan_summary
from gtpt_bench.study.sensitivity import IMAGES_SD, TRAINING_SD, detectable_difference
from tests.report.made import plan_study

SEEN = detectable_difference(250, 3)


def test_one_seed_counts_images_alone() -> None:
    assert detectable_difference(400, 1) == pytest.approx((1.960 + 0.842) * IMAGES_SD / 20, rel=1e-3)


def test_several_seeds_add_what_two_means_over_them_vary() -> None:
    error = math.hypot(IMAGES_SD / 20, TRAINING_SD * math.sqrt(2 / 3))
    assert detectable_difference(400, 3) == pytest.approx((1.960 + 0.842) * error, rel=1e-3)


def test_more_images_and_more_seeds_see_more() -> None:
    assert detectable_difference(5000, 3) < detectable_difference(250, 3)
    assert detectable_difference(250, 9) < detectable_difference(250, 3)


def test_a_plan_says_it_for_its_seeds_and_images(tmp_path: Path) -> None:
    lines = summary(tmp_path, {"dense": 3, "pruned": 3})
    assert (
        f"with 250 images and 3 seeds, a difference between two variants can be seen from about {SEEN:.1f} AP" in lines
    )
    assert "a guess" in lines


def test_where_nothing_is_compared_nothing_is_guessed(tmp_path: Path) -> None:
    assert "a difference between" not in summary(tmp_path, {"dense": 3})


def summary(folder: Path, seeds: dict[str, int]) -> str:
    return " ".join(plan_summary(plan_study(folder, seeds).plan, [], Forecast(None, False)))
