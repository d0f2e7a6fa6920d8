"""The plot of a table of models side by side: what papers report of accuracy against what is measured of cost here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.report.audited import Audited
from gtpt_bench.report.cells import StudyTable
from gtpt_bench.report.labels import label_points
from gtpt_bench.report.side_by_side import accuracy_column, accuracy_in_words, accuracy_keys
from gtpt_bench.report.style import BLUE, ORANGE, plot_style
from gtpt_bench.study.plan import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = (("latency_ms", "latency of one image, measured here (ms)"), ("macs_full_g", "MACs full, counted here (G)"))


class Point(NamedTuple):
    """A hosted model: as published, what is measured, what is reported, and whether it is a GTPT."""

    name: str
    x: float
    y: float
    is_gtpt: bool


def reported_accuracy(plan: Plan, rows: Sequence[Audited], table: StudyTable) -> tuple[Figure, str] | None:
    """A panel for time and one for MACs; None where nothing is both reported and measured."""
    import matplotlib.pyplot as plt

    keys = accuracy_keys(plan)
    points = {label: _points(plan, rows, table, key, accuracy_column(keys[0])) for key, label in PANELS if keys}
    panels = {label: shown for label, shown in points.items() if shown}
    if not panels:
        return None
    words = accuracy_in_words(keys[0])
    with plot_style():
        figure, grid = plt.subplots(1, len(panels), figsize=(5.6 * len(panels), 5.2), sharey=True, squeeze=False)
        grid[0, 0].set_ylabel(f"{words}, reported by the papers")
        for axes, (label, shown) in zip(grid[0], panels.items(), strict=True):
            axes.set_xlabel(label)
            _draw(axes, shown)
        figure.tight_layout()
        for axes, shown in zip(grid[0], panels.values(), strict=True):
            label_points(
                axes, [p.name for p in shown], [p.x for p in shown], [p.y for p in shown], errors=[0.0] * len(shown)
            )
    return figure, (
        f"{words} as the papers report it, not measured here, against what is measured here: latency of one image and "
        "MACs full of the same networks. Orange: GTPT. Each paper trained and evaluated in its own way: differences in "
        "height are theirs, differences across are ours."
    )


def _points(plan: Plan, rows: Sequence[Audited], table: StudyTable, x: str, y: str) -> list[Point]:
    """Hosted rows that have both, from left to right."""
    found = []
    for row, shown in zip(rows, table.rows, strict=False):  # those that are not hosted stand at the end
        across, up = shown.cells.get(x), shown.cells.get(y)
        if across and up and across.value is not None and up.value is not None:
            is_gtpt = isinstance(plan.measured[row.variant].config, GTPTConfig)
            found.append(Point(shown.cells["method"].text, across.value, up.value, is_gtpt))
    return sorted(found, key=lambda point: point.x)


def _draw(axes: Axes, points: Sequence[Point]) -> None:
    """On a logarithmic axis: costs differ by factors."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda cost, _: f"{cost:g}"))
    axes.margins(x=0.16, y=0.08)
    axes.scatter(
        [p.x for p in points],
        [p.y for p in points],
        c=[ORANGE if p.is_gtpt else BLUE for p in points],
        edgecolor="white",
        linewidth=0.8,
        s=36,
        zorder=4,
    )
