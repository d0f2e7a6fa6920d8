"""The plot of a table of models side by side: what papers report of accuracy against what is measured of cost here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.report.audited import Audited
from gtpt_bench.report.cells import StudyTable
from gtpt_bench.report.labels import Curve
from gtpt_bench.report.plots.marks import GTPT, REPORTED, draw_front, draw_points, label_shown, legend_above
from gtpt_bench.report.plots.points import Point
from gtpt_bench.report.plots.words import left_out_sentence
from gtpt_bench.report.side_by_side import accuracy_column, accuracy_in_words, accuracy_keys
from gtpt_bench.report.style import plain_numbers, plot_style
from gtpt_bench.study.plan import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OURS = GTPT._replace(hollow=True)
"""Hollow like the others: their accuracy is reported too."""
PANELS = (("latency_ms", "latency of one image, measured here (ms)"), ("macs_full_g", "MACs full, counted here (G)"))


def reported_accuracy(plan: Plan, rows: Sequence[Audited], table: StudyTable) -> tuple[Figure, str] | None:
    """A panel for time and one for MACs; None where nothing is both reported and measured."""
    import matplotlib.pyplot as plt

    keys = accuracy_keys(plan)
    points = {label: _points(rows, table, key, accuracy_column(keys[0])) for key, label in PANELS if keys}
    panels = {label: shown for label, shown in points.items() if shown}
    if not panels:
        return None
    words = accuracy_in_words(keys[0])
    with plot_style():
        size = (5.6 * len(panels), 5.4)
        figure, grid = plt.subplots(1, len(panels), figsize=size, sharey=True, squeeze=False, layout="constrained")
        grid[0, 0].set_ylabel(f"{words}, reported by the papers")
        fronts = []
        for axes, (label, shown) in zip(grid[0], panels.items(), strict=True):
            axes.set_xlabel(label)
            fronts.append(_draw(axes, [_is_gtpt(plan, rows, table, p.name) for p in shown], shown))
        figure.draw_without_rendering()  # so that axes are as large as they will be
        left_out: list[str] = []
        for axes, shown, front in zip(grid[0], panels.values(), fronts, strict=True):
            left_out += label_shown(axes, shown, front)
    said = (
        f"{words} as the papers report it, not measured here, against what is measured here: latency of one image and "
        "MACs full of the same networks. Circles: GTPT; diamonds: others; all hollow, for their height is reported. "
        "Dashed: Pareto front. Each paper trained and evaluated in its own way: differences in height are theirs, "
        "differences across are ours."
    )
    return figure, f"{said} {left_out_sentence(left_out)}".strip()


def _points(rows: Sequence[Audited], table: StudyTable, x: str, y: str) -> list[Point]:
    """Hosted rows that have both, from left to right."""
    found = []
    for _, shown in zip(rows, table.rows, strict=False):  # those that are not hosted stand at the end
        across, up = shown.cells.get(x), shown.cells.get(y)
        if across and up and across.value is not None and up.value is not None:
            found.append(Point(shown.cells["method"].text, across.value, up.value))
    return sorted(found, key=lambda point: point.x)


def _is_gtpt(plan: Plan, rows: Sequence[Audited], table: StudyTable, published_as: str) -> bool:
    variants = {shown.cells["method"].text: row.variant for row, shown in zip(rows, table.rows, strict=False)}
    return isinstance(plan.measured[variants[published_as]].config, GTPTConfig)


def _draw(axes: Axes, ours: Sequence[bool], points: Sequence[Point]) -> list[Curve]:
    """On a logarithmic axis: costs differ by factors. Gives the front."""
    axes.set_xscale("log")
    axes.margins(x=0.16, y=0.08)
    front = draw_front(axes, points)
    draw_points(axes, [p for p, own in zip(points, ours, strict=True) if own], OURS, "GTPT")
    draw_points(axes, [p for p, own in zip(points, ours, strict=True) if not own], REPORTED, "others")
    axes.autoscale_view()
    plain_numbers(axes, "x")
    legend_above(axes)
    return front
