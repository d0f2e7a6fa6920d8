"""Points, error bars, names and the Pareto front, drawn alike in every plot."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from gtpt_bench.report.labels import Curve, label_points
from gtpt_bench.report.plots.points import Point, rising
from gtpt_bench.report.plots.words import MOST_NAMED
from gtpt_bench.report.short_names import short_names
from gtpt_bench.report.style import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


SAME_PX = 4
"""Points closer than this lie over each other."""
MOST_IN_ONE_PLACE = 2
"""Points over each other that still have a name each."""


class Mark(NamedTuple):
    """How points of a kind look; those of papers are hollow."""

    colour: str
    shape: str
    hollow: bool = False


GTPT, OTHER, REPORTED = Mark(BLUE, "o"), Mark(ORANGE, "s"), Mark(GREY, "D", hollow=True)
MACS, SPEED = Mark("#009e73", "s"), Mark(ORANGE, "^")


def draw_points(axes: Axes, shown: Sequence[Point], mark: Mark, label: str = "") -> None:
    """Points with their bars; where there are too many for names, small ones, and bars on the front alone."""
    is_few = len(shown) <= MOST_NAMED
    barred = shown if is_few else [shown[place] for place in rising(shown)]
    for bar in barred:
        axes.errorbar(
            bar.x, bar.y, bar.error, bar.x_error, fmt="none", ecolor=GREY, elinewidth=1, capsize=2.5, zorder=3
        )
    axes.scatter(
        [p.x for p in shown],
        [p.y for p in shown],
        facecolor="white" if mark.hollow else mark.colour,
        edgecolor=mark.colour if mark.hollow else "white",
        linewidth=1.5 if mark.hollow else 0.8 if is_few else 0.2,
        marker=mark.shape,
        s=36 if is_few else 9,
        zorder=4,
        label=label or None,
    )


def front(shown: Sequence[Point]) -> list[tuple[float, float]]:
    """Corners of the Pareto front: from each point across to the next better one, then up to it."""
    best = [shown[place] for place in rising(shown)]
    corners = [(best[0].x, best[0].y)] if best else []
    for before, after in pairwise(best):
        corners += [(after.x, before.y), (after.x, after.y)]
    return corners


def draw_front(axes: Axes, shown: Sequence[Point]) -> list[Curve]:
    """The front as a dashed line, and the lines that names should not cross."""
    corners = front(shown)
    if len(corners) < 2:
        return []
    x, y = zip(*corners, strict=True)
    axes.plot(x, y, color=GREY, linewidth=1.1, linestyle=(0, (4, 2)), zorder=5, label="Pareto front")
    return [corners]


def draw_curve(axes: Axes, shown: Sequence[Point], mark: Mark) -> list[Curve]:
    """A line from point to point, likewise; none through a cloud of points."""
    if len(shown) > MOST_NAMED:
        return []
    corners = [(p.x, p.y) for p in shown]
    axes.plot(*zip(*corners, strict=True), color=mark.colour, linewidth=1.2, alpha=0.5, zorder=2)
    return [corners]


def label_shown(axes: Axes, shown: Sequence[Point], curves: Sequence[Curve] = ()) -> list[str]:
    """Names beside points, those on the front alone where there are many; gives those that found no room."""
    across = [[(p.x - p.x_error, p.y), (p.x + p.x_error, p.y)] for p in shown if p.x_error]
    names, named = _one_a_place(axes, shown, short_names([p.name for p in shown]))
    if len(shown) > MOST_NAMED:
        on_front = set(rising(shown)[-MOST_NAMED:])
        named = [place for place in named if place in on_front]
    return label_points(
        axes,
        names,
        [p.x for p in shown],
        [p.y for p in shown],
        errors=[p.error or 0.0 for p in shown],
        named=named,
        curves=[*curves, *across],
    )


def _one_a_place(axes: Axes, shown: Sequence[Point], names: Sequence[str]) -> tuple[list[str], list[int]]:
    """Names with `+ 3` for points that lie under one, and which points have names of their own."""
    corners = axes.transData.transform([(p.x, p.y) for p in shown])
    groups: dict[tuple[int, int], list[int]] = {}
    for place, (x, y) in enumerate(corners):
        groups.setdefault((round(x / SAME_PX), round(y / SAME_PX)), []).append(place)
    written = list(names)
    named = set(range(len(names)))
    for places in groups.values():
        if len(places) > MOST_IN_ONE_PLACE:
            written[places[0]] = f"{names[places[0]]} + {len(places) - 1}"
            named -= set(places[1:])
    return written, sorted(named)


BELOW_0 = -0.08
"""Points of AP."""


def no_closer_than_a_point(axes: Axes) -> None:
    """At least a point of AP on either side of the middle: models that learned nothing do not look far apart.

    There is no AP below 0, and no more room there than half a marker takes.
    """
    low, high = axes.get_ylim()
    if high - low < 2:
        low = max((low + high) / 2 - 1, BELOW_0)
        axes.set_ylim(low, max(high, low + 2))


def legend_above(axes: Axes, columns: int = 3) -> None:
    """Over the frame, where no point can be; nothing where there is nothing to tell apart."""
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=columns, borderaxespad=0.2, fontsize="small")
