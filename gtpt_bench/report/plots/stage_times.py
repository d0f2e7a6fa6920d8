"""Latency split by stage: a bar a variant, a part a stage, in milliseconds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gtpt_bench.report.plots.explained import ExplainedVariant, explained_variants
from gtpt_bench.report.plots.material import Drawn, Material, NotDrawn
from gtpt_bench.report.plots.words import joined, timing_sentence
from gtpt_bench.report.short_names import short_names
from gtpt_bench.report.style import LOOKS

OTHERS = "other stages"
MOST_BARS = 30
"""Variants that one figure has room for."""
READABLE_SHARE = 0.055
"""Of the longest bar; narrower parts have no room for their number."""
COARSE_MS = 5.0
"""From this time of the slowest variant on a tenth of a millisecond is enough."""
ROW_IN = 0.42


def no_stages(material: Material) -> NotDrawn:
    """Why nothing is known of stages."""
    timing = material.plan.timing
    if timing is not None and timing.explained_batch:
        return NotDrawn("its timing is not there yet")
    return NotDrawn("the timing of this study looks into no stages (timing.explained_batch)")


def stage_times(material: Material) -> Drawn | NotDrawn:
    """In the plan's order; the baseline and the fastest where there are too many."""
    import matplotlib.pyplot as plt

    every = explained_variants(material)
    if not every:
        return no_stages(material)
    shown = fastest(every, material.plan.baseline)
    stages = longest_stages(shown)
    figure, axes = plt.subplots(figsize=(6.8, 1.3 + ROW_IN * len(shown)))
    rows, left = range(len(shown)), np.zeros(len(shown))
    longest = max(own.ms for own in shown.values())
    room, digits = READABLE_SHARE * longest, 1 if longest >= COARSE_MS else 2
    for stage, look in zip(stages, LOOKS, strict=False):
        ms = np.asarray([stage_ms(own, stages)[stage] for own in shown.values()])
        bars = axes.barh(
            rows, ms, left=left, color=look.colour, hatch=look.hatch, height=0.72, edgecolor="white", label=stage
        )
        numbers = [f"{value:.{digits}f}" if value >= room else "" for value in ms]
        texts = axes.bar_label(bars, numbers, label_type="center", color=look.ink, fontsize="small")
        for text in texts:
            text.set_bbox({"facecolor": look.colour, "edgecolor": "none", "pad": 0.8})  # no hatch behind a number
        left += ms
    for row, total in zip(rows, left, strict=True):
        axes.annotate(f"{total:.{digits}f}", (total, row), xytext=(4, 0), textcoords="offset points", va="center")
    axes.set_yticks(rows, short_names(list(shown)))
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.margins(x=0.08)
    batch = next(iter(shown.values())).batch
    of = f"{batch} images" if batch > 1 else "one image"
    axes.set_xlabel(f"time of a call with {of}, {material.plan.measured_model} (ms)")
    axes.grid(visible=False, axis="y")
    axes.legend(ncols=4, loc="lower left", bbox_to_anchor=(-0.01, 1.0), fontsize="small", borderaxespad=0.2)
    return Drawn(figure, _words(material, every, shown, stages, of))


def longest_stages(shown: Mapping[str, ExplainedVariant]) -> list[str]:
    """In the order of the data; where there are more than can be told apart, the rest is one."""
    totals: dict[str, float] = {}
    for own in shown.values():
        for stage in own.stages:
            totals[stage.name] = totals.get(stage.name, 0.0) + stage.ms
    if len(totals) <= len(LOOKS):
        return list(totals)
    longest = set(sorted(totals, key=lambda name: -totals[name])[: len(LOOKS) - 1])
    return [*(name for name in totals if name in longest), OTHERS]


def stage_ms(own: ExplainedVariant, stages: list[str]) -> dict[str, float]:
    """Time of each stage that is drawn; together that of the call."""
    ms = dict.fromkeys(stages, 0.0)
    for stage in own.stages:
        ms[stage.name if stage.name in ms else OTHERS] += stage.ms
    return ms


def fastest(every: Mapping[str, ExplainedVariant], baseline: str) -> dict[str, ExplainedVariant]:
    """The baseline and the fastest, in the plan's order."""
    if len(every) <= MOST_BARS:
        return dict(every)
    others = sorted((name for name in every if name != baseline), key=lambda name: every[name].ms)
    chosen = {baseline, *others[: MOST_BARS - 1]}
    return {name: own for name, own in every.items() if name in chosen}


def _words(
    material: Material,
    every: Mapping[str, ExplainedVariant],
    shown: Mapping[str, ExplainedVariant],
    stages: list[str],
    of: str,
) -> str:
    disturbed = [name for name, own in shown.items() if own.disturbed]
    return joined(
        f"Time of a call with {of} of {material.plan.measured_model}, split by stage: shares from calls with marks at "
        "the borders of stages, of the median time of calls without.",
        f"{OTHERS.capitalize()}: all but the longest {len(stages) - 1}." if OTHERS in stages else "",
        f"Of {len(every):,} variants {material.plan.baseline} and the fastest are drawn."
        if len(shown) < len(every)
        else "",
        "Other processes had the cores at times." if disturbed else "",
        timing_sentence(material),
    )
