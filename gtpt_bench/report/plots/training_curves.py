"""Training curves: the mean loss of each epoch, mean over seeds, with a band from the lowest to the highest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gtpt_bench.report.plots.material import Drawn, Material, NotDrawn
from gtpt_bench.report.plots.words import data_in_a_word, from_runs, joined
from gtpt_bench.report.short_names import short_names
from gtpt_bench.report.style import LOOKS, Look
from gtpt_bench.study.plan import Plan
from gtpt_bench.training.history import read_history

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CURVES = len(LOOKS)
"""Variants that can be told apart."""
MOST_MARKED = 40
"""Epochs of which each has a marker."""


@dataclass(frozen=True)
class Curve:
    """A variant's loss by epoch, over the seeds that have got so far.

    Attributes:
        folders: of the runs.
        num_unfinished: runs among them that have not reached their last epoch.
    """

    variant: str
    epochs: tuple[int, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    folders: tuple[str, ...]
    num_unfinished: int


def training_curves(material: Material) -> Drawn | NotDrawn:
    """A line a variant."""
    import matplotlib.pyplot as plt
    from matplotlib.ticker import MaxNLocator

    shown, num_known = _curves(material)
    if not shown:
        return NotDrawn("no training has a history")
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    titles = _titles(material, shown)
    for curve, title, look in zip(shown, titles, LOOKS, strict=False):
        _draw(axes, curve, title, look)
    axes.set_xlabel("epoch")
    axes.set_ylabel(f"training loss of {material.plan.trained_model},\nmean over the epoch's batches")
    first, last = min(curve.epochs[0] for curve in shown), max(curve.epochs[-1] for curve in shown)
    if first == last:
        axes.set_xlim(first - 0.5, last + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.ticklabel_format(useOffset=False)
    on = data_in_a_word(material.plan)
    has_ap = material.accuracy is not None
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(1.01, 1.02),
        fontsize="small",
        title=f"variant and its AP\non {on}" if has_ap else "variant",
        title_fontsize="small",
        alignment="left",
    )
    return Drawn(figure, _words(material, shown, num_known))


def losses_in(history: Path) -> dict[int, float]:
    """Loss by epoch; nothing where the file is not there or cannot be read."""
    try:
        return {int(epoch["epoch"]): float(epoch["loss"]) for epoch in read_history(history)}
    except (ValueError, KeyError, TypeError):
        return {}


def curve_of(variant: str, histories: Mapping[str, Mapping[int, float]], num_epochs: int) -> Curve | None:
    """From the histories of a variant's runs, by folder; None if none has begun."""
    known = {folder: losses for folder, losses in histories.items() if losses}
    if not known:
        return None
    epochs = sorted({epoch for losses in known.values() for epoch in losses})
    by_epoch = [[losses[epoch] for losses in known.values() if epoch in losses] for epoch in epochs]
    return Curve(
        variant,
        tuple(epochs),
        tuple(sum(losses) / len(losses) for losses in by_epoch),
        tuple(map(min, by_epoch)),
        tuple(map(max, by_epoch)),
        tuple(known),
        sum(max(losses) < num_epochs for losses in known.values()),
    )


def _curves(material: Material) -> tuple[list[Curve], int]:
    """Those drawn, and of how many; histories are read for these alone."""
    plan = material.plan
    chosen = [name for name in _best_first(material) if _has_begun(material, name)]
    drawn = set(chosen[:MOST_CURVES])
    curves = []
    for variant in plan.variants:
        if variant in drawn:
            runs = plan.runs_by_variant[variant]
            histories = {run.folder: losses_in(material.folder.run(run).history) for run in runs}
            curve = curve_of(variant, histories, runs[0].config.training.epochs)
            curves += [curve] if curve else []
    return curves, len(chosen)


def _best_first(material: Material) -> list[str]:
    """Trained variants, the baseline first and then by AP."""
    plan, accuracy = material.plan, material.accuracy
    known = accuracy.variants if accuracy else {}
    trained = list(plan.runs_by_variant)
    return sorted(trained, key=lambda name: (name != plan.baseline, -known[name].ap if name in known else 0.0))


def _has_begun(material: Material, variant: str) -> bool:
    return any(material.folder.run(run).history.exists() for run in material.plan.runs_by_variant[variant])


def _titles(material: Material, shown: Sequence[Curve]) -> list[str]:
    known = material.accuracy.variants if material.accuracy else {}
    names = short_names([curve.variant for curve in shown])
    return [
        f"{name}: {known[curve.variant].ap:.1f}" if curve.variant in known else name
        for name, curve in zip(names, shown, strict=True)
    ]


def _draw(axes: Axes, curve: Curve, title: str, look: Look) -> None:
    marked = look.marker if len(curve.epochs) <= MOST_MARKED else None
    axes.plot(
        curve.epochs,
        curve.mean,
        color=look.colour,
        linestyle=look.line,
        marker=marked,
        markersize=6,
        markeredgecolor="white",
        markeredgewidth=0.5,
        linewidth=1.5,
        label=title,
        zorder=3,
    )
    if len(curve.folders) > 1:
        axes.fill_between(curve.epochs, curve.low, curve.high, color=look.colour, alpha=0.18, linewidth=0, zorder=2)


def _words(material: Material, shown: Sequence[Curve], num_known: int) -> str:
    plan = material.plan
    several = any(len(curve.folders) > 1 for curve in shown)
    unfinished = sum(curve.num_unfinished for curve in shown)
    chosen = f"Of {num_known:,} trained variants {plan.baseline} and those of highest AP are drawn."
    return joined(
        f"Loss in training of {plan.trained_model}, the mean over each epoch's batches"
        + (", averaged over seeds; band: from the lowest to the highest seed." if several else "; one seed."),
        _comparable_sentence(plan, shown),
        f"{unfinished} of these runs are not at their end." if unfinished else "",
        chosen if len(shown) < num_known else "",
        from_runs(folder for curve in shown for folder in curve.folders),
    )


def _comparable_sentence(plan: Plan, shown: Sequence[Curve]) -> str:
    recipes = [plan.runs_by_variant[curve.variant][0].config.training for curve in shown]
    if all(recipe == recipes[0] for recipe in recipes):
        return ""
    return (
        "Variants differ in how they are trained: their losses may be sums of different terms, so compare AP instead."
    )
