"""The plot of a table of models side by side: what papers report of accuracy against what is measured of cost here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.report.audited import Audited
from gtpt_bench.report.cells import StudyTable
from gtpt_bench.report.labels import Curve
from gtpt_bench.report.plots.marks import GTPT, REPORTED, draw_front, draw_points, label_shown, legend_above
from gtpt_bench.report.plots.points import Point
from gtpt_bench.report.plots.words import in_a_row, joined, left_out_sentence, listed
from gtpt_bench.report.side_by_side import accuracy_column, accuracy_in_words, accuracy_keys
from gtpt_bench.report.style import plain_numbers, plot_style
from gtpt_bench.study.plan import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OURS = GTPT._replace(hollow=True)
"""Hollow like the others: their accuracy is reported too."""


class Panel(NamedTuple):
    """What is across: a column of the table, in words for the axis and for the caption."""

    key: str
    label: str
    words: str


PANELS = (
    Panel("latency_ms", "latency of one image, measured here (ms)", "latency of one image"),
    Panel("macs_full_g", "MACs full, counted here (G)", "MACs full"),
)


class Shown(NamedTuple):
    """A row as a point, and the files that its two numbers come from."""

    point: Point
    is_gtpt: bool
    files: tuple[str, ...]


def reported_accuracy(plan: Plan, rows: Sequence[Audited], table: StudyTable) -> tuple[Figure, str] | None:
    """A panel for time and one for MACs; None where nothing is both reported and measured."""
    import matplotlib.pyplot as plt

    keys = accuracy_keys(plan)
    points = [(panel, _points(plan, rows, table, panel.key, accuracy_column(keys[0]))) for panel in PANELS if keys]
    panels = [(panel, shown) for panel, shown in points if shown]
    if not panels:
        return None
    words = accuracy_in_words(keys[0])
    with plot_style():
        size = (5.6 * len(panels), 5.4)
        figure, grid = plt.subplots(1, len(panels), figsize=size, sharey=True, squeeze=False, layout="constrained")
        grid[0, 0].set_ylabel(f"{words}, reported by the papers")
        fronts = []
        for axes, (panel, shown) in zip(grid[0], panels, strict=True):
            axes.set_xlabel(panel.label)
            fronts.append(_draw(axes, shown))
        figure.draw_without_rendering()  # so that axes are as large as they will be
        left_out: list[str] = []
        for axes, (_, shown), front in zip(grid[0], panels, fronts, strict=True):
            left_out += label_shown(axes, [own.point for own in shown], front)
    said = (
        f"{words} as the papers report it, not measured here, against what is measured here: "
        f"{in_a_row([panel.words for panel, _ in panels])} of the same networks. Circles: GTPT; diamonds: others; all "
        "hollow, for their height is reported. Dashed: Pareto front. Each paper trained and evaluated in its own way: "
        "differences in height are theirs, differences across are ours."
    )
    files = dict.fromkeys(file for _, shown in panels for own in shown for file in own.files)
    return figure, joined(said, left_out_sentence(left_out), f"From {listed([*files])}.")


def _points(plan: Plan, rows: Sequence[Audited], table: StudyTable, x: str, y: str) -> list[Shown]:
    """Hosted rows that have both, from left to right."""
    found = []
    for row, shown in zip(rows, table.rows, strict=False):  # those that are not hosted stand at the end
        across, up = shown.cells.get(x), shown.cells.get(y)
        if across and up and across.value is not None and up.value is not None:
            point = Point(shown.cells["method"].text, across.value, up.value)
            is_gtpt = isinstance(plan.measured[row.variant].config, GTPTConfig)
            found.append(Shown(point, is_gtpt, (*up.files, *across.files)))
    return sorted(found, key=lambda own: own.point.x)


def _draw(axes: Axes, shown: Sequence[Shown]) -> list[Curve]:
    """On a logarithmic axis: costs differ by factors. Gives the front."""
    axes.set_xscale("log")
    axes.margins(x=0.16, y=0.08)
    front = draw_front(axes, [own.point for own in shown])
    draw_points(axes, [own.point for own in shown if own.is_gtpt], OURS, "GTPT")
    draw_points(axes, [own.point for own in shown if not own.is_gtpt], REPORTED, "others")
    axes.autoscale_view()
    plain_numbers(axes, "x")
    legend_above(axes)
    return front
