"""Maps of speed-ups: keep rates by batch size, one map a way of running."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gtpt_bench.report.speed import CellSpeed, StudySpeed
from gtpt_bench.report.speed_caption import disturbed_sentences, session_sentence, speed_up_sentence
from gtpt_bench.report.speed_table import grid_of
from gtpt_bench.report.style import plot_style, write_legibly
from gtpt_bench.study.plan import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAPS_A_ROW = 2
CELL_IN = (1.15, 0.62)
"""Width and height of a cell."""
NAMES_IN, TITLE_IN = 1.35, 0.85
"""Room beside a map for the names of its rows, and above and below it."""


def speed_maps(plan: Plan, speed: StudySpeed) -> tuple[Figure, str]:
    """The figure and its caption."""
    import matplotlib.pyplot as plt

    grid = grid_of(plan)
    num_columns = min(MAPS_A_ROW, len(grid.ways))
    num_rows = math.ceil(len(grid.ways) / num_columns)
    width = CELL_IN[0] * len(grid.batches) + NAMES_IN
    height = CELL_IN[1] * len(plan.variants) + TITLE_IN
    with plot_style():
        figure, places = plt.subplots(
            num_rows, num_columns, figsize=(num_columns * width, num_rows * height), squeeze=False, layout="constrained"
        )
        for place, axes in enumerate(places.flat):
            if place < len(grid.ways):
                _map(axes, plan, speed, list(grid.ways)[place], is_left=place % num_columns == 0)
            else:
                axes.set_axis_off()
    words = (
        "Speed-up by batch size (across) and keep rates (down), a map a way of running; darker is faster, all on one "
        "scale, and what is ambiguous has the colour of 1. Below each its 95 % interval, or in words why it is no "
        f"clear gain; {plan.baseline} stands with its images a second. "
    )
    words += " ".join([session_sentence(plan, speed), speed_up_sentence(plan), *disturbed_sentences(speed)])
    return figure, words


def _map(axes: Axes, plan: Plan, speed: StudySpeed, way: str, *, is_left: bool) -> None:
    import numpy as np
    import seaborn

    batches = sorted(grid_of(plan).batches)
    cells = [[speed.cells[variant, way, batch] for batch in batches] for variant in plan.variants]
    low, high = _scale(speed)
    seaborn.heatmap(
        np.asarray([[math.log2(_factor(cell)) for cell in row] for row in cells]),
        annot=np.asarray([[_in_cell(cell) for cell in row] for row in cells]),
        fmt="",
        annot_kws={"fontsize": "small"},
        cmap="Blues",
        vmin=low,
        vmax=high,
        linewidths=1.5,
        cbar=False,
        xticklabels=[str(batch) for batch in batches],
        yticklabels=[_row_name(plan, variant) for variant in plan.variants] if is_left else False,
        ax=axes,
    )
    write_legibly(axes)
    axes.set_title(way)
    axes.set_xlabel("images a call")
    axes.tick_params(axis="y", rotation=0)


def _row_name(plan: Plan, variant: str) -> str:
    return f"{variant}\n{plan.measured[variant].config.pruning_words}".rstrip()


def _factor(cell: CellSpeed) -> float:
    """What its colour stands for: a factor that is worth nothing has none of its own."""
    found = cell.speed_up
    return 1.0 if found is None or cell.recompiled or found.verdict == "ambiguous" else found.factor


def _scale(speed: StudySpeed) -> tuple[float, float]:
    """Ends of the scale of colours, in powers of two: from no gain, or the worst loss, to twice as fast at least."""
    logs = [math.log2(_factor(cell)) for cell in speed.cells.values()]
    return min(0.0, *logs), max(1.0, *logs)


def _in_cell(cell: CellSpeed) -> str:
    if cell.recompiled:
        return "invalid"
    found = cell.speed_up
    if found is None:
        return f"1\n{cell.images_per_s:.3g} images/s"
    interval = "[{:.2f}, {:.2f}]".format(*found.interval) if found.interval else "one round"
    return f"{found.factor:.2f}×\n{interval if found.verdict == 'faster' else found.verdict}"
