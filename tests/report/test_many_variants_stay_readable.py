"""Plots of more variants than have room: which are named or drawn, and that the caption says so."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.text import Annotation

from gtpt_bench.report.errors import StudyErrors, VariantErrors
from gtpt_bench.report.errors_plots import MOST_DRAWN, best_of
from gtpt_bench.report.plots.marks import label_shown
from gtpt_bench.report.plots.points import Point, rising
from gtpt_bench.report.plots.words import MOST_NAMED, names_in_words
from tests.report.made import plan_study
from tests.report.made_errors import errors


def points(number: int) -> list[Point]:
    """Every tenth is higher than all before, the others are lower."""
    return [
        Point(f"v{place}", float(place), float(place if place % 10 == 0 else place - 500)) for place in range(number)
    ]


def named(shown: list[Point]) -> list[str]:
    figure, axes = plt.subplots()
    axes.scatter([point.x for point in shown], [point.y for point in shown])
    label_shown(axes, shown)
    names = [child.get_text() for child in axes.get_children() if isinstance(child, Annotation)]
    plt.close(figure)
    return names


def test_few_points_all_have_their_names() -> None:
    shown = points(MOST_NAMED)
    assert {*named(shown)} == {point.name for point in shown}
    assert names_in_words(shown) == ""


def test_of_many_points_those_are_named_that_no_cheaper_one_reaches() -> None:
    shown = points(200)
    assert named(shown) == [f"v{place}" for place in range(0, 200, 10)]
    assert "Of 200 points those have names and bars that lie higher than all further left" in names_in_words(shown)


def test_points_as_high_as_one_before_do_not_rise() -> None:
    assert rising([Point("a", 1, 5), Point("b", 2, 5), Point("c", 3, 6), Point("d", 4, 1)]) == [0, 2]


def test_of_many_variants_the_baseline_and_the_best_are_drawn(tmp_path: Path) -> None:
    names = [f"v{place:03}" for place in range(100)]
    plan = plan_study(tmp_path, dict.fromkeys(names, 1)).plan
    variants = {name: VariantErrors((errors(place / 100),), (), {}) for place, name in enumerate(names)}
    chosen = best_of(plan, StudyErrors(variants, {}, covers_seeds=False)).variants
    assert [*chosen] == ["v000", *names[-(MOST_DRAWN - 1) :]]
