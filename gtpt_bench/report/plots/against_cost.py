"""AP against what it costs: MACs, and the latency of one image. Points with intervals, the Pareto front, papers' rows.

Rows of papers are drawn where they can be compared at all: AP on the same data, MACs counted the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.report.caption import smaller_sentences
from gtpt_bench.report.plots.marks import (
    GTPT,
    OTHER,
    REPORTED,
    Mark,
    draw_front,
    draw_points,
    label_shown,
    legend_above,
    no_closer_than_a_point,
)
from gtpt_bench.report.plots.material import Drawn, Material, NotDrawn
from gtpt_bench.report.plots.points import Point, ap_errors, latency_errors_ms, points, reported_points
from gtpt_bench.report.plots.words import (
    ap_label,
    bars_sentence,
    joined,
    left_out_sentence,
    names_in_words,
    runs_sentence,
    timing_sentence,
)
from gtpt_bench.study.plan import Plan


@dataclass(frozen=True)
class Cost:
    """What is across.

    Attributes:
        key: the table's column.
        label: of the axis, with unit.
        words: for the caption.
        is_of_the_trained: whether it is the cost of the networks whose AP is up; without, there is no front.
    """

    key: str
    label: str
    words: str
    is_of_the_trained: bool = True


class Kind(NamedTuple):
    """Points that look alike."""

    name: str
    mark: Mark
    shown: list[Point]


def ap_against_macs(material: Material) -> Drawn | NotDrawn:
    """Against the MACs of the networks that have this AP."""
    plan = material.plan
    papers = _papers(material)
    if papers:
        cost = Cost("macs_thop_g", f"MACs of {plan.trained_model}, thop (G)", "MACs (thop, as papers count)")
    elif not trains_what_it_measures(plan):
        cost = Cost("trained_macs_full_m", f"MACs of {plan.trained_model}, full (M)", "MACs (full)")
    else:
        cost = Cost("macs_full_g", f"MACs of {plan.trained_model}, full (G)", "MACs (full)")
    errors = ap_errors(material.accuracy)
    return _drawn(material, cost, points(material.table, cost.key, "ap", errors), papers, "")


def ap_against_latency(material: Material) -> Drawn | NotDrawn:
    """Against the time of one image in the measured networks, which may be larger than the trained ones."""
    plan = material.plan
    same = trains_what_it_measures(plan)
    cost = Cost("latency_ms", f"latency of {plan.measured_model}, one image (ms)", "latency of one image", same)
    shown = points(
        material.table, "latency_ms", "ap", ap_errors(material.accuracy), latency_errors_ms(material.records)
    )
    across = any(point.x_error for point in shown)
    words = "Bars across: 95 % interval of the median latency, from how rounds differ." if across else ""
    return _drawn(material, cost, shown, [], joined(words, timing_sentence(material)))


def trains_what_it_measures(plan: Plan) -> bool:
    """Whether AP and measured cost are of the same networks; by the plan, for a record of either may be missing."""
    return all(cost.config == plan.trained[name].config for name, cost in plan.measured.items() if name in plan.trained)


def _drawn(material: Material, cost: Cost, shown: list[Point], papers: list[Point], further: str) -> Drawn | NotDrawn:
    import matplotlib.pyplot as plt

    plan = material.plan
    if plan.study.accuracy is None or not any(own.evaluations for own in material.records.values()):
        return NotDrawn("no run has an AP")
    if not shown:
        return NotDrawn(f"no variant has both an AP and {cost.words}")
    figure, axes = plt.subplots(figsize=(6.0, 4.0))
    curves = draw_front(axes, shown) if cost.is_of_the_trained else []
    kinds = _kinds(material, shown)
    for kind in kinds:
        draw_points(axes, kind.shown, kind.mark, kind.name if len(kinds) > 1 or papers else "")
    if papers:
        draw_points(axes, papers, REPORTED, "reported by papers")
    axes.set_xlabel(cost.label)
    axes.set_ylabel(ap_label(plan))
    axes.margins(x=0.12, y=0.18)
    no_closer_than_a_point(axes)
    legend_above(axes)
    left_out = label_shown(axes, [*shown, *papers], curves)
    return Drawn(
        figure,
        joined(
            f"AP against {cost.words} of {plan.trained_model if cost.is_of_the_trained else plan.measured_model}, a "
            "point a variant.",
            bars_sentence(material),
            _front_sentence(cost, curves),
            _papers_sentence(material, papers),
            names_in_words([*shown, *papers]),
            left_out_sentence(left_out),
            runs_sentence(material, [point.name for point in shown]),
            further,
        ),
    )


def _kinds(material: Material, shown: Sequence[Point]) -> list[Kind]:
    """GTPT and other networks apart, where a study has both."""
    own = [point for point in shown if _is_gtpt(material.plan, point.name)]
    others = [point for point in shown if not _is_gtpt(material.plan, point.name)]
    return [kind for kind in (Kind("GTPT", GTPT, own), Kind("other networks", OTHER, others)) if kind.shown]


def _is_gtpt(plan: Plan, variant: str) -> bool:
    return isinstance(plan.shown(variant).config, GTPTConfig)


def _front_sentence(cost: Cost, curves: Sequence[object]) -> str:
    if not cost.is_of_the_trained:
        return "No front: AP and latency are of different networks."
    return "Dashed: Pareto front of the measured points; nothing that costs less has more AP." if curves else ""


def _papers(material: Material) -> list[Point]:
    """Rows of papers with AP on the data of the study, for networks of full size."""
    plan, accuracy = material.plan, material.accuracy
    if accuracy is None or plan.study.accuracy is None or smaller_sentences(plan, accuracy):
        return []
    return reported_points(material.table, "macs_thop_g", "ap")


def _papers_sentence(material: Material, papers: Sequence[Point]) -> str:
    if papers:
        return "Hollow: reported by papers, not measured here."
    if any("AP" in row.values for row in material.plan.reported):
        return "Rows of papers are not drawn: their AP is on other data or of other networks."
    return ""
