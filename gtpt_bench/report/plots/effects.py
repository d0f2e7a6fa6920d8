"""What each variant of an ablation gains or loses: its difference in AP to the one it is compared with, and how sure.

Differences and their intervals are the table's; what cannot be told from none is grey and hollow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gtpt_bench.report.plots.marks import REPORTED
from gtpt_bench.report.plots.material import Drawn, Material, NotDrawn
from gtpt_bench.report.plots.words import data_in_a_word, joined, runs_sentence
from gtpt_bench.report.short_names import short_names, shortened
from gtpt_bench.report.style import BLUE, GREY, ORANGE
from gtpt_bench.study.plan import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_EFFECTS = 30
"""Differences that one figure has room for."""
ROW_IN, TWO_LINES_IN = 0.34, 0.46
"""Height of a row, and of one that says what it is compared with."""
COMPARED_LETTERS = 20
"""Of the names in `against …`."""


@dataclass(frozen=True)
class Effect:
    """One difference.

    Attributes:
        half_width: of its 95 % interval; None where nothing is known of its error.
        reported: the difference that a paper gives, if the study shows one.
    """

    variant: str
    compared_with: str
    value: float
    half_width: float | None
    is_distinguishable: bool
    reported: float | None = None

    @property
    def text(self) -> str:
        error = "" if self.half_width is None else f" ± {self.half_width:.1f}"
        value = f"{round(self.value, 1) + 0.0:+.1f}".replace("-", "−")
        return f"{value}{error}{'' if self.is_distinguishable else ' n.d.'}"


def effects(material: Material) -> Drawn | NotDrawn:
    """A row a difference, in the plan's order."""
    import matplotlib.pyplot as plt

    every = differences(material)
    if not every:
        return NotDrawn("no two variants that are compared have an AP")
    shown = largest(every)
    names = _row_names(material.plan, shown)
    row_in = TWO_LINES_IN if any("\n" in name for name in names) else ROW_IN
    figure, axes = plt.subplots(figsize=(6.4, 1.0 + row_in * len(shown)))
    axes.axvline(0, color="black", linewidth=0.9, zorder=1)
    for place, effect in enumerate(shown):
        _draw(axes, place, effect)
    _reported(axes, shown)
    axes.set_yticks(range(len(shown)), names)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlabel(_axis_label(material.plan))
    axes.grid(visible=False, axis="y")
    _no_narrower_than_a_point(axes)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), fontsize="small")
    compared = dict.fromkeys(name for effect in shown for name in (effect.variant, effect.compared_with))
    return Drawn(figure, joined(_words(material, every, shown), runs_sentence(material, compared)))


def differences(material: Material) -> list[Effect]:
    """All that the study knows, in the plan's order."""
    accuracy, plan = material.accuracy, material.plan
    if accuracy is None:
        return []
    papers = {row.variant: row.values["ap_difference"] for row in plan.reported if "ap_difference" in row.values}
    return [
        Effect(
            name,
            plan.reference(name),
            own.difference,
            own.half_width,
            own.is_distinguishable,
            papers.get(name),
        )
        for name in plan.variants
        if (own := accuracy.variants.get(name)) is not None and own.difference is not None
    ]


def largest(every: Sequence[Effect]) -> list[Effect]:
    """Those there is room for: the largest, in their order."""
    if len(every) <= MOST_EFFECTS:
        return list(every)
    chosen = {effect.variant for effect in sorted(every, key=lambda one: -abs(one.value))[:MOST_EFFECTS]}
    return [effect for effect in every if effect.variant in chosen]


def _draw(axes: Axes, place: int, effect: Effect) -> None:
    """Right-pointing: better, left-pointing: worse, a hollow circle: not to be told from none."""
    better = effect.value > 0
    shape, colour = (">", BLUE) if better else ("<", ORANGE)
    if not effect.is_distinguishable:
        shape, colour = "o", GREY
    axes.errorbar(
        effect.value,
        place,
        xerr=effect.half_width,
        fmt=shape,
        color=colour,
        markerfacecolor=colour if effect.is_distinguishable else "white",
        markersize=7,
        elinewidth=1.4,
        capsize=3,
        zorder=3,
    )
    axes.text(
        1.02,
        place,
        effect.text,
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize="small",
        color=GREY if not effect.is_distinguishable else "black",
    )


def _reported(axes: Axes, shown: Sequence[Effect]) -> None:
    """What papers report, hollow and lower in the row."""
    known = [(effect.reported, place + 0.28) for place, effect in enumerate(shown) if effect.reported is not None]
    if known:
        across, down = zip(*known, strict=True)
        axes.scatter(
            across,
            down,
            marker=REPORTED.shape,
            facecolor="white",
            edgecolor=REPORTED.colour,
            s=24,
            zorder=4,
            label="reported by the paper, on its own data and networks",
        )


def _row_names(plan: Plan, shown: Sequence[Effect]) -> list[str]:
    names = short_names([effect.variant for effect in shown])
    return [
        name
        if effect.compared_with == plan.baseline
        else f"{name}\nagainst {shortened(effect.compared_with, COMPARED_LETTERS)}"
        for name, effect in zip(names, shown, strict=True)
    ]


def _axis_label(plan: Plan) -> str:
    compared = "the variant compared with" if plan.study.report.against else shortened(plan.baseline)
    return f"AP − AP of {compared}, {plan.trained_model} on {data_in_a_word(plan)}"


def _no_narrower_than_a_point(axes: Axes) -> None:
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, -1.0), max(high, 1.0))


def _words(material: Material, every: Sequence[Effect], shown: Sequence[Effect]) -> str:
    accuracy, plan = material.accuracy, material.plan
    assert accuracy is not None
    kinds = "other images and other training seeds" if accuracy.covers_seeds else "other images; one training seed"
    compared = "the variant compared with" if plan.study.report.against else plan.baseline
    corrected = f" over all {len(every)} comparisons (Holm)" if len(every) > 1 else ""
    return joined(
        f"Differences in AP to {compared}, with 95 % intervals (over {kinds}).",
        "Blue, pointing right: better; orange, pointing left: worse; grey and hollow, n.d.: not distinguishable from "
        f"none at 5 %{corrected}.",
        f"Of {len(every):,} differences the {len(shown)} largest are drawn." if len(shown) < len(every) else "",
        "Hollow diamonds: what the paper reports of its own networks on its own data, not measured here."
        if any(effect.reported is not None for effect in shown)
        else "",
    )
