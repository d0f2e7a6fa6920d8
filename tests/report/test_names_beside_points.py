"""Names in plots hide neither each other nor the points, and stand in the same places for the same data."""

from __future__ import annotations

import matplotlib as mpl
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from gtpt_bench.report.labels import label_points

CROWDED = [(45.0, 25.8), (47.0, 23.9), (50.0, 23.3), (52.0, 23.5), (62.0, 21.0), (100.0, 13.8)]


def labelled(points: list[tuple[float, float]]) -> tuple[Axes, list[Annotation]]:
    figure = Figure(figsize=(5.4, 2.7), dpi=100)
    axes = figure.subplots()
    x, y = zip(*points, strict=True)
    axes.scatter(x, y)
    axes.margins(0.1, 0.2)
    label_points(axes, [f"name {place}" for place in range(len(points))], x, y, errors=[0.5] * len(points))
    return axes, [child for child in axes.get_children() if isinstance(child, Annotation)]


def boxes(axes: Axes, names: list[Annotation]) -> list[Bbox]:
    axes.figure.draw_without_rendering()
    return [name.get_tightbbox() for name in names]


def test_crowded_names_do_not_meet() -> None:
    axes, names = labelled(CROWDED)
    found = boxes(axes, names)
    assert sorted(name.get_text() for name in names) == [f"name {place}" for place in range(len(CROWDED))]
    for place, one in enumerate(found):
        assert not [other for other in found[place + 1 :] if one.overlaps(other)]


def test_names_leave_the_points_free() -> None:
    axes, names = labelled(CROWDED)
    dots = axes.transData.transform(CROWDED)
    assert not [box for box in boxes(axes, names) for dot in dots if box.contains(*dot)]


def test_equal_data_give_equal_places() -> None:
    first, second = ([name.xyann for name in labelled(CROWDED)[1]] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("points", [[(1.0, 1.0)], [(1.0, 1.0), (1.0, 1.0)]], ids=["one", "two in one place"])
def test_a_single_place_is_labelled_too(points: list[tuple[float, float]]) -> None:
    with mpl.rc_context({"figure.dpi": 50}):
        assert len(labelled(points)[1]) == len(points)
