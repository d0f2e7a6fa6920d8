"""A study's plots, from the same cells as its table. Each has a function; the study file names those it wants."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gtpt_bench.models.catalogue import ModelConfig
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.peers.token_config import TokenConfig
from gtpt_bench.report.accuracy import StudyAccuracy
from gtpt_bench.report.cells import StudyTable
from gtpt_bench.report.labels import label_points
from gtpt_bench.report.style import BLUE, GREY, ORANGE, plot_style
from gtpt_bench.study.plan import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Point:
    """One variant in a plot."""

    name: str
    x: float
    y: float
    error: float | None = None


def points(table: StudyTable, x: str, y: str, errors: Mapping[str, float] | None = None) -> list[Point]:
    """Measured variants that have both numbers, sorted by x."""
    found = []
    for row in table.rows:
        a, b = row.cells.get(x), row.cells.get(y)
        if not row.reported and a and b and a.value is not None and b.value is not None:
            found.append(Point(row.name, a.value, b.value, (errors or {}).get(row.name)))
    return sorted(found, key=lambda point: point.x)


def ap_against_macs(plan: Plan, table: StudyTable, accuracy: StudyAccuracy | None) -> tuple[Figure, str] | None:
    """AP against the MACs of the model that has this AP; None if nothing was evaluated."""
    import matplotlib.pyplot as plt

    own = any(column.key == "trained_macs_full_m" for column in table.columns)
    key, unit = ("trained_macs_full_m", "M") if own else ("macs_full_g", "G")
    shown = points(table, key, "ap", _errors(accuracy))
    if not shown or plan.study.accuracy is None:
        return None
    model = plan.trained_model
    figure, axes = plt.subplots(figsize=(5.4, 3.6))
    _marks(axes, shown, BLUE, joined=is_one_curve(plan))
    axes.set_xlabel(f"MACs of {model}, full ({unit})")
    axes.set_ylabel(_ap_label(plan))
    axes.margins(x=0.12, y=0.18)
    _no_closer_than_a_point(axes)
    label_shown(axes, shown)
    words = f"AP against MACs (full) of {model}, a point a variant. {_bars(plan, accuracy)}"
    return figure, words + names_in_words(shown)


def kept_tokens(plan: Plan, table: StudyTable, accuracy: StudyAccuracy | None) -> tuple[Figure, str] | None:
    """AP and throughput against the share of image tokens kept; None if neither was measured."""
    import matplotlib.pyplot as plt

    ap = points(table, "tokens_kept", "ap", _errors(accuracy))
    speed = points(table, "tokens_kept", "throughput")
    panels: list[tuple[list[Point], str, str]] = []
    if ap:
        panels.append((ap, _ap_label(plan), BLUE))
    if speed:
        panels.append((speed, f"{plan.measured_model}: images/s", ORANGE))
    if not panels:
        return None
    figure, grid = plt.subplots(len(panels), 1, figsize=(5.4, 2.7 * len(panels)), sharex=True, squeeze=False)
    for axes, (shown, label, colour) in zip(grid[:, 0], panels, strict=True):
        _marks(axes, shown, colour, joined=is_one_curve(plan))
        axes.set_ylabel(label)
        axes.margins(x=0.1, y=0.2)
        if shown is ap:
            _no_closer_than_a_point(axes)
    for axes, (shown, _, _) in zip(grid[:, 0], panels, strict=True):
        label_shown(axes, shown)
    grid[-1, 0].set_xlabel("image tokens kept, mean over layers (%)")
    figure.align_ylabels()
    what = " and ".join([*["AP"] * bool(ap), *["throughput"] * bool(speed)])
    bars = _bars(plan, accuracy) if ap else ""
    words = f"{what} against the share of image tokens kept, mean over layers. {bars}".strip()
    if plan.trained and plan.measured_model not in ("", plan.trained_model):
        shares = "Throughput and the share of tokens kept are" if speed else "The share of tokens kept is that"
        words += f" {shares}{' those' if speed else ''} of {plan.measured_model}."
    return figure, words + names_in_words(panels[0][0])


PLOTS: dict[str, Callable[[Plan, StudyTable, StudyAccuracy | None], tuple[Figure, str] | None]] = {
    "ap_against_macs": ap_against_macs,
    "kept_tokens": kept_tokens,
}


def draw(name: str, plan: Plan, table: StudyTable, accuracy: StudyAccuracy | None) -> tuple[Figure, str] | None:
    """The plot of that name and its caption; None if its data are not there yet."""
    with plot_style():
        return PLOTS[name](plan, table, accuracy)


def is_one_curve(plan: Plan) -> bool:
    """Whether variants differ in keep rates alone, so that a line from one to the next means something."""
    configs = [plan.shown(name).config for name in plan.variants]
    first = configs[0]
    rates = _rates(first)
    if rates is None or any(config.family != first.family for config in configs):
        return False
    if len({len(config.pruning.keep_rates) for config in configs if isinstance(config, GTPTConfig)}) > 1:
        return False
    recipes = [(run.config.training, run.config.evaluation) for run in plan.runs]
    return all(recipe == recipes[0] for recipe in recipes) and all(c.changed(rates) == configs[0] for c in configs)


def _rates(config: ModelConfig) -> dict[str, Any] | None:
    """What says how many tokens a network keeps, as changes; None of one that has none to drop."""
    if isinstance(config, GTPTConfig):
        return {"pruning.keep_rates": config.pruning.keep_rates}
    if isinstance(config, TokenConfig):
        return {"pruning.schedule": config.pruning.schedule.model_dump(mode="json")}
    return None


def _marks(axes: Axes, shown: list[Point], colour: str, *, joined: bool) -> None:
    x, y = [p.x for p in shown], [p.y for p in shown]
    if joined:
        axes.plot(x, y, color=colour, linewidth=1.2, alpha=0.5, zorder=2)
    bars = [(p.x, p.y, p.error) for p in shown if p.error is not None]
    if bars:
        across, up, errors = zip(*bars, strict=True)
        axes.errorbar(
            across,
            up,
            yerr=errors,
            fmt="none",
            ecolor=GREY,
            elinewidth=1,
            capsize=2.5,
            zorder=3,
        )
    axes.scatter(x, y, color=colour, edgecolor="white", linewidth=0.8, s=36, zorder=4)


def _no_closer_than_a_point(axes: Axes) -> None:
    """At least a point of AP on either side of the middle: models that learned nothing do not look far apart."""
    low, high = axes.get_ylim()
    if high - low < 2:
        middle = (low + high) / 2
        axes.set_ylim(middle - 1, middle + 1)


MOST_NAMED = 40
"""Points that have room for their names."""


def label_shown(axes: Axes, shown: list[Point]) -> None:
    label_points(
        axes,
        [p.name for p in shown],
        [p.x for p in shown],
        [p.y for p in shown],
        errors=[p.error or 0.0 for p in shown],
        named=None if len(shown) <= MOST_NAMED else rising(shown)[-MOST_NAMED:],
    )


def rising(shown: list[Point]) -> list[int]:
    """Places of the points that lie higher than all those further left: of what costs no more, nothing is better."""
    best, places = -math.inf, []
    for place, point in enumerate(shown):
        if point.y > best:
            best = point.y
            places.append(place)
    return places


def names_in_words(shown: list[Point]) -> str:
    """What is to be said of names where there are too many."""
    if len(shown) <= MOST_NAMED:
        return ""
    return f" Of {len(shown):,} points those have names that lie higher than all further left."


def _errors(accuracy: StudyAccuracy | None) -> dict[str, float]:
    """Half widths of the difference to the variant compared with, the honest size of a visible change."""
    if accuracy is None:
        return {}
    return {name: v.half_width for name, v in accuracy.variants.items() if v.half_width is not None}


def _ap_label(plan: Plan) -> str:
    wanted = plan.study.accuracy
    if wanted is None:
        return "AP"
    where = "drawn people" if wanted.data.kind == "drawn" else wanted.data.evaluation
    return f"AP of {plan.trained_model}\non {where}"


def _bars(plan: Plan, accuracy: StudyAccuracy | None) -> str:
    if not _errors(accuracy) or accuracy is None:
        return ""
    kinds = "images and training seeds" if accuracy.covers_seeds else "images; one training seed"
    compared = "the variant compared with" if plan.study.report.against else plan.baseline
    return f"Bars: 95 % interval of the difference to {compared} (over {kinds})."
