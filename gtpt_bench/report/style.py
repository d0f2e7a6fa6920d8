"""How plots look: one palette, readable in greyscale and by the colour-blind, and bytes that do not change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gtpt_bench.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#0b5394", "#d9730d", "#666666"
FORMATS = ("png", "svg", "pdf")


class Look(NamedTuple):
    """How one of several series is drawn: told apart by marker, line or hatch where colour is not to be seen."""

    colour: str
    marker: str
    line: str
    hatch: str
    ink: str
    """Of letters on its colour."""


LOOKS = (
    Look("#0072b2", "o", "-", "", "white"),
    Look("#e69f00", "s", "--", "//", "black"),
    Look("#009e73", "^", "-.", "", "white"),
    Look("#f0e442", "D", ":", "..", "black"),
    Look("#d55e00", "v", "-", "", "white"),
    Look("#56b4e9", "P", "--", "\\\\", "black"),
    Look("#cc79a7", "X", "-.", "xx", "black"),
    Look("#333333", "*", "-", "", "white"),
)
"""Colours of Okabe & Ito 2008, dark and light in turn for those who print in grey."""

MANY_DECADES = 2000
"""Ratio of the ends of a logarithmic axis from which it has room for one tick a decade."""

EQUAL_CONTRAST = 0.179
"""Relative luminance on which black and white stand out alike, by WCAG 2: the contrast of two luminances is their ratio
once 0.05 is added to each."""


@contextmanager
def plot_style() -> Iterator[None]:
    """While active, new figures have the project's style and need no display."""
    import matplotlib

    matplotlib.use("Agg")
    import seaborn

    settings: Any = {
        "svg.hashsalt": "gtpt_bench",
        "text.parse_math": False,
        "figure.dpi": 100,
        "savefig.dpi": 200,
        "axes.titlesize": "medium",
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
        "hatch.linewidth": 0.6,
    }
    look, size = seaborn.axes_style("whitegrid"), seaborn.plotting_context("paper", font_scale=1.15)
    with look, size, matplotlib.rc_context(settings):
        yield


def save_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """The figure in all formats, without a date inside, so that equal data give equal bytes."""
    import matplotlib.pyplot as plt

    paths = []
    with plot_style():
        figure.draw_without_rendering()
    figure.set_layout_engine("none")  # where everything lies is worked out once, not twice a format
    for suffix in FORMATS:
        path = folder / f"{name}.{suffix}"
        dateless = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[suffix]
        with plot_style(), replacing(path) as beside:
            figure.savefig(beside, format=suffix, bbox_inches="tight", metadata=dateless)
        paths.append(path)
    plt.close(figure)
    return paths


def remove_figure(folder: Path, name: str) -> None:
    """Take away an earlier report's figure, which may not be drawn any more."""
    for suffix in FORMATS:
        (folder / f"{name}.{suffix}").unlink(missing_ok=True)


def write_legibly(axes: Axes) -> None:
    """Letters in the cells of a heat map in black or white, whichever stands out more from the cell behind."""
    from seaborn.utils import relative_luminance

    for text, colour in zip(axes.texts, axes.collections[0].get_facecolor(), strict=True):
        text.set_color("white" if relative_luminance(colour) < EQUAL_CONTRAST else "black")


def plain_numbers(axes: Axes, which: str) -> None:
    """Ticks of a logarithmic axis at 1, 2 and 5 of each decade, of many decades at 1 alone, written out.

    Call it when the limits are set.

    Args:
        which: `x` or `y`.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis = {"x": axes.xaxis, "y": axes.yaxis}[which]
    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high / low < MANY_DECADES else (1,)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
