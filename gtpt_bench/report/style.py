"""How plots look: one palette, readable in greyscale and by the colour-blind, and bytes that do not change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gtpt_bench.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#0b5394", "#d9730d", "#666666"
FORMATS = ("png", "svg", "pdf")


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
    }
    look, size = seaborn.axes_style("whitegrid"), seaborn.plotting_context("paper", font_scale=1.15)
    with look, size, matplotlib.rc_context(settings):
        yield


def save_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """The figure in all formats, without a date inside, so that equal data give equal bytes."""
    import matplotlib.pyplot as plt

    paths = []
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
