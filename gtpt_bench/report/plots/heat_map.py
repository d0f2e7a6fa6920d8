"""A study of two axes as maps: one of AP, of MACs and of throughput each, one axis down and one across."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gtpt_bench.report.plots.material import Drawn, Material, NotDrawn
from gtpt_bench.report.plots.words import data_in_a_word, joined, runs_sentence, timing_sentence
from gtpt_bench.report.short_names import short_names
from gtpt_bench.report.style import write_legibly
from gtpt_bench.study.spec import Vary
from gtpt_bench.study.variants import label_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_WRITTEN = 12
"""Values of an axis up to which cells have room for their numbers."""
MOST_DRAWN = 60
"""Values of an axis up to which there is a map at all."""
CELL_IN = (0.82, 0.52)
SMALL_CELL_IN = (0.16, 0.16)
MAPS_A_ROW = 2
MOST_TICKS = 30
LETTERS_A_CELL = 8
LABEL_LETTERS = 18
QUANTITIES = (
    ("ap", "AP of {trained} on {data}", "AP"),
    ("macs_full_g", "MACs of {measured}, full (G)", "MACs (full)"),
    ("latency_ms", "latency of {measured}, one image (ms)", "latency"),
    ("throughput", "throughput of {measured} (images/s)", "throughput"),
)
"""Column of the table, title of its map, and its name in the caption."""


@dataclass(frozen=True)
class Axis:
    """One thing that varies.

    Attributes:
        title: what is varied, for people.
        labels: of its values, parts of the variants' names.
    """

    title: str
    labels: tuple[str, ...]


def heat_map(material: Material) -> Drawn | NotDrawn:
    """A map a quantity."""
    import matplotlib.pyplot as plt

    found = two_axes(material.plan.study.vary)
    if found is None:
        return NotDrawn("what varies has not two axes of two values or more")
    down, across = found
    if max(len(down.labels), len(across.labels)) > MOST_DRAWN:
        return NotDrawn(f"an axis has more than {MOST_DRAWN} values")
    maps = _maps(material, down, across)
    if not maps:
        return NotDrawn("nothing was measured yet")
    written = max(len(down.labels), len(across.labels)) <= MOST_WRITTEN
    cell_in = CELL_IN if written else SMALL_CELL_IN
    num_columns = min(MAPS_A_ROW, len(maps))
    num_rows = math.ceil(len(maps) / num_columns)
    size = (
        num_columns * max(2.6, cell_in[0] * len(across.labels)) + 1.6,
        num_rows * (max(1.4, cell_in[1] * len(down.labels)) + 1.3),
    )
    figure, places = plt.subplots(num_rows, num_columns, figsize=size, squeeze=False, layout="constrained")
    for place, axes in enumerate(places.flat):
        if place >= len(maps):
            axes.set_axis_off()
            continue
        title, _, cells = maps[place]
        _map(axes, cells, down, across, is_left=place % num_columns == 0, written=written)
        axes.set_title(title, fontsize="small")
    names = [name for _, name, _ in maps]
    return Drawn(figure, _words(material, down, across, names, written=written))


def two_axes(vary: Vary) -> tuple[Axis, Axis] | None:
    """The two things that vary against each other; None where there are fewer or more."""
    parts = [
        Axis(key, tuple(values) if isinstance(values, dict) else tuple(label_of(key, value) for value in values))
        for key, values in vary.axes.items()
    ]
    if vary.zip:
        rows = zip(*vary.zip.values(), strict=True)
        labels = (" ".join(label_of(k, v) for k, v in zip(vary.zip, row, strict=True)) for row in rows)
        parts.append(Axis(" and ".join(vary.zip), tuple(labels)))
    if vary.variants:
        parts.append(Axis("variant", tuple(vary.variants)))
    if len(parts) != 2 or min(len(part.labels) for part in parts) < 2:
        return None
    return parts[0], parts[1]


def _maps(material: Material, down: Axis, across: Axis) -> list[tuple[str, str, np.ndarray]]:
    """Title, name and cells `[down, across]` of each quantity that some variant has; NaN where one has none."""
    plan = material.plan
    rows = {row.name: row.cells for row in material.table.rows if not row.reported}
    found = []
    for key, title, name in QUANTITIES:
        cells = np.full((len(down.labels), len(across.labels)), math.nan)
        for i, one in enumerate(down.labels):
            for j, other in enumerate(across.labels):
                cell = rows.get(f"{one} {other}", {}).get(key)
                if cell is not None and cell.value is not None:
                    cells[i, j] = cell.value
        if np.isfinite(cells).any():
            words = title.format(trained=plan.trained_model, measured=plan.measured_model, data=data_in_a_word(plan))
            found.append((words, name, cells))
    return found


def _map(axes: Axes, cells: np.ndarray, down: Axis, across: Axis, *, is_left: bool, written: bool) -> None:
    import seaborn

    low, high = float(np.nanmin(cells)), float(np.nanmax(cells))
    known = np.isfinite(cells)
    seaborn.heatmap(
        np.where(known, cells, low),
        annot=np.vectorize(lambda value: _in_cell(value, high - low))(cells) if written else None,
        fmt="",
        annot_kws={"fontsize": "small"},
        cmap="cividis",
        vmin=low,
        vmax=high if high > low else low + 1,
        linewidths=1.0 if written else 0,
        cbar=not written,
        xticklabels=_ticks(across.labels),
        yticklabels=_ticks(down.labels) if is_left else False,
        ax=axes,
    )
    for i, j in np.argwhere(~known):
        axes.add_patch(_nothing(i, j))
    if written:
        write_legibly(axes)
        for text, is_known in zip(axes.texts, known.flat, strict=True):
            text.set_color(text.get_color() if is_known else "black")
    axes.set_xlabel(across.title)
    axes.set_ylabel(down.title if is_left else "")
    axes.tick_params(axis="y", rotation=0)
    axes.tick_params(axis="x", rotation=0 if _fits(across) else 90)


def _nothing(down: int, across: int) -> Any:
    """A cell without a figure: white and hatched."""
    from matplotlib.patches import Rectangle

    return Rectangle((across, down), 1, 1, facecolor="white", edgecolor="#aaaaaa", hatch="///", linewidth=0)


def _in_cell(value: float, span: float) -> str:
    """A number with as many digits as tell cells apart."""
    if not math.isfinite(value):
        return "–"
    digits = 1 if span <= 0 else max(0, min(3, 2 - math.floor(math.log10(span))))
    return f"{value:.{digits}f}"


def _ticks(labels: Sequence[str]) -> list[str]:
    """All of few; of many so many that they do not meet."""
    every = math.ceil(len(labels) / MOST_TICKS)
    return [name if place % every == 0 else "" for place, name in enumerate(short_names(labels, LABEL_LETTERS))]


def _fits(axis: Axis) -> bool:
    """Whether labels have room beside each other in cells of the usual width."""
    return len(axis.labels) <= MOST_WRITTEN and max(map(len, axis.labels)) <= LETTERS_A_CELL


def _words(material: Material, down: Axis, across: Axis, names: Sequence[str], *, written: bool) -> str:
    plan = material.plan
    return joined(
        f"{', '.join(names)} over {down.title} (down) and {across.title} (across); brighter is more, each map on its "
        f"own scale{'' if written else ', which stands beside it'}. Hatched: without result.",
        f"AP is that of {plan.trained_model}, each cell's mean over seeds; whether differences are real stands in the "
        "table."
        if "AP" in names
        else "",
        runs_sentence(material, plan.variants) if "AP" in names else "",
        timing_sentence(material) if {"latency", "throughput"} & set(names) else "",
    )
