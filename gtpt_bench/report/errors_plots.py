"""Plots of errors: what is wrong with keypoints, what each kind of error costs, and which keypoints a variant loses."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gtpt_bench.evaluation.analysis.errors import NOT_FOUND, OUTCOMES
from gtpt_bench.evaluation.analysis.fixed import EVERYTHING
from gtpt_bench.report import errors_caption as words
from gtpt_bench.report.errors import StudyErrors, VariantErrors
from gtpt_bench.report.errors_table import FIXABLE
from gtpt_bench.report.style import BLUE, GREY, ORANGE, plot_style
from gtpt_bench.study.plan import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {
    "good": BLUE,
    "jitter": "#8db8e0",
    "inversion": "#8c3f00",
    "swap": ORANGE,
    "miss": "#f3b985",
    NOT_FOUND: "#c8c8c8",
}
"""Blue is where it should be; dark and light alternate, for those who print in grey."""

DARK = ("good", "inversion")
MOST_DRAWN = 40
"""Variants that one figure has room for."""
READABLE_PERCENT = 4.0
"""Narrower parts of a bar have no room for their number."""
MOST_ACROSS = 3
TITLE_WIDTH = 24
"""Letters of a panel's title on one line."""


def error_kinds(plan: Plan, errors: StudyErrors) -> tuple[Figure, str]:
    """A bar a variant, its parts what becomes of labelled keypoints."""
    import matplotlib.pyplot as plt

    names = [*errors.variants]
    figure, axes = plt.subplots(figsize=(6.4, 1.1 + 0.42 * len(names)))
    left = np.zeros(len(names))
    for outcome in OUTCOMES:
        shares = np.asarray([variant.outcome_shares[outcome] for variant in errors.variants.values()])
        bars = axes.barh(names, shares, left=left, color=COLOURS[outcome], label=outcome, height=0.7, edgecolor="white")
        numbers = [f"{share:.0f}" if share >= READABLE_PERCENT else "" for share in shares]
        axes.bar_label(bars, numbers, label_type="center", color="white" if outcome in DARK else "black")
        left += shares
    axes.set_xlim(0, 100)
    axes.set_xlabel("labelled keypoints (%)")
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure, f"What becomes of labelled keypoints. {words.KINDS} {words.LITERATURE} {words.origin(plan, errors)}"


def ap_if_fixed(plan: Plan, errors: StudyErrors) -> tuple[Figure, str]:
    """A panel a kind of error, a bar a variant: AP gained if there were none of it."""
    import matplotlib.pyplot as plt

    names = [f"{name} (AP {variant.ap:.1f})" for name, variant in errors.variants.items()]
    size = (9.6, 1.0 + 0.36 * len(names))
    figure, row = plt.subplots(
        1, len(FIXABLE), figsize=size, sharex=True, sharey=True, squeeze=False, layout="constrained"
    )
    for axes, kind in zip(row[0], FIXABLE, strict=True):
        gains = [variant.ap_if_fixed[kind] - variant.ap for variant in errors.variants.values()]
        bars = axes.barh(range(len(names)), gains, color=COLOURS.get(kind, GREY), height=0.7)
        axes.bar_label(bars, [f"{gain:+.1f}" for gain in gains], padding=3)
        axes.set_title("any of these" if kind == EVERYTHING else kind)
        axes.margins(x=0.6)  # room for the numbers
        axes.set_xticks([])
        axes.grid(visible=False)
    row[0, 0].set_yticks(range(len(names)), names)
    row[0, 0].invert_yaxis()
    figure.supxlabel("AP gained if there were no such error", fontsize="medium")
    return (
        figure,
        f"AP gained if there were no error of a kind. {words.FIXED} {words.KINDS} {words.origin(plan, errors)}",
    )


def keypoint_errors(plan: Plan, errors: StudyErrors) -> tuple[Figure, str] | None:
    """A panel a variant: what it loses of each keypoint more or less than the one it is compared with."""
    import matplotlib.pyplot as plt

    shown = {name: variant for name, variant in errors.variants.items() if variant.differences}
    if not shown:
        return None
    across = min(MOST_ACROSS, len(shown))
    down = -(-len(shown) // across)
    size = (1.6 + 2.4 * across, 0.5 + down * (0.6 + 0.2 * len(errors.units)))
    figure, grid = plt.subplots(
        down, across, figsize=size, sharex=True, sharey=True, squeeze=False, layout="constrained"
    )
    for axes, (name, variant) in zip(grid.flat, shown.items(), strict=False):
        _differences(axes, variant)
        title = name if plan.reference(name) == plan.baseline else f"{name}, against {plan.reference(name)}"
        axes.set_title(textwrap.fill(title, TITLE_WIDTH))
    for axes in grid.flat[len(shown) :]:
        axes.set_visible(False)
    for axes in [*grid.flat[: len(shown)]][-across:]:  # the lowest of each column
        axes.tick_params(labelbottom=True)
    grid[0, 0].invert_yaxis()
    figure.supxlabel("OKS lost, change in points (left: better, right: worse)", fontsize="medium")
    told = "Blue: better, orange: worse, grey: not distinguishable."
    return figure, f"{words.compared(plan, errors)} {told} {words.LOST} {words.origin(plan, errors)}"


def _differences(axes: Axes, variant: VariantErrors) -> None:
    axes.axvline(0, color=GREY, linewidth=1)
    for unit, difference in variant.differences.items():
        half = difference.half_width if np.isfinite(difference.half_width) else 0.0
        told_apart = abs(difference.value) > difference.half_width
        colour = GREY if not told_apart else BLUE if difference.value < 0 else ORANGE
        axes.errorbar(difference.value, unit, xerr=half, fmt="o", color=colour, markersize=4, capsize=2, elinewidth=1)


ERROR_PLOTS: dict[str, Callable[[Plan, StudyErrors], tuple[Figure, str] | None]] = {
    "error_kinds": error_kinds,
    "ap_if_fixed": ap_if_fixed,
    "keypoint_errors": keypoint_errors,
}


def draw_errors(name: str, plan: Plan, errors: StudyErrors | None) -> tuple[Figure, str] | None:
    """The plot of that name and its caption; None if its data are not there yet."""
    if errors is None:
        return None
    with plot_style():
        drawn = ERROR_PLOTS[name](plan, best_of(plan, errors))
    if drawn is None or len(errors.variants) <= MOST_DRAWN:
        return drawn
    figure, caption = drawn
    every = len(errors.variants) + errors.num_more
    chosen = f"Of {every:,} variants {plan.baseline} and the {MOST_DRAWN - 1} of highest AP are drawn."
    return figure, f"{caption} {chosen}"


def best_of(plan: Plan, errors: StudyErrors) -> StudyErrors:
    """The baseline and the best variants, in the plan's order, where there are more than can be drawn."""
    if len(errors.variants) <= MOST_DRAWN:
        return errors
    others = [name for name in errors.variants if name != plan.baseline]
    best = sorted(others, key=lambda name: -errors.variants[name].ap)[: MOST_DRAWN - 1]
    chosen = {plan.baseline, *best}
    return replace(errors, variants={name: own for name, own in errors.variants.items() if name in chosen})
