"""Pruning curves: AP, MACs and throughput against the share of image tokens kept."""

from __future__ import annotations

from typing import Any, NamedTuple

from gtpt_bench.models.catalogue import ModelConfig
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.peers.token_config import TokenConfig
from gtpt_bench.report.plots.marks import (
    GTPT,
    MACS,
    SPEED,
    Mark,
    draw_curve,
    draw_points,
    label_shown,
    no_closer_than_a_point,
)
from gtpt_bench.report.plots.material import Drawn, Material, NotDrawn
from gtpt_bench.report.plots.points import Point, ap_errors, points
from gtpt_bench.report.plots.words import (
    ap_label,
    bars_sentence,
    in_a_row,
    joined,
    left_out_sentence,
    names_in_words,
    runs_sentence,
    timing_sentence,
)
from gtpt_bench.study.plan import Plan


class Panel(NamedTuple):
    """One quantity against the share of tokens."""

    key: str
    name: str
    label: str
    mark: Mark
    shown: list[Point]


def kept_tokens(material: Material) -> Drawn | NotDrawn:
    """A panel a quantity; at least one of them must have been measured at two shares or more."""
    import matplotlib.pyplot as plt

    plan, panels = material.plan, _panels(material)
    if {panel.key for panel in panels} <= {"macs_full_g"}:  # which follow from the schedule alone
        return NotDrawn("neither AP nor throughput was measured")
    if len({point.x for panel in panels for point in panel.shown}) < 2:
        return NotDrawn("fewer than two shares of kept image tokens have results")
    size = (6.0, 0.5 + 2.3 * len(panels))
    figure, grid = plt.subplots(len(panels), 1, figsize=size, sharex=True, squeeze=False, layout="constrained")
    lines = {}
    for axes, panel in zip(grid[:, 0], panels, strict=True):
        lines[panel.key] = draw_curve(axes, panel.shown, panel.mark) if is_one_curve(plan) else []
        draw_points(axes, panel.shown, panel.mark)
        axes.set_ylabel(panel.label)
        axes.margins(x=0.1, y=0.22)
        if panel.key == "ap":
            no_closer_than_a_point(axes)
    grid[-1, 0].set_xlabel("image tokens kept, mean over layers (%)")
    figure.align_ylabels()
    figure.draw_without_rendering()  # so that axes are as large as they will be
    left_out: list[str] = []
    for axes, panel in zip(grid[:, 0], panels, strict=True):
        left_out += label_shown(axes, panel.shown, lines[panel.key])
    names = [point.name for panel in panels for point in panel.shown]
    return Drawn(
        figure,
        joined(
            f"{in_a_row([panel.name for panel in panels])} against the share of image tokens kept, mean over layers.",
            bars_sentence(material) if any(panel.key == "ap" for panel in panels) else "",
            _networks_sentence(plan, panels),
            max((names_in_words(panel.shown) for panel in panels), key=len),
            left_out_sentence(left_out),
            runs_sentence(material, dict.fromkeys(names)),
            timing_sentence(material) if any(panel.key == "throughput" for panel in panels) else "",
        ),
    )


def _panels(material: Material) -> list[Panel]:
    plan, table = material.plan, material.table
    measured = plan.measured_model
    panels = [
        Panel("ap", "AP", ap_label(plan), GTPT, points(table, "tokens_kept", "ap", ap_errors(material.accuracy))),
        Panel(
            "macs_full_g",
            "MACs (full)",
            f"MACs of\n{measured}, full (G)",
            MACS,
            points(table, "tokens_kept", "macs_full_g"),
        ),
        Panel(
            "throughput",
            "throughput",
            f"throughput of\n{measured}\n(images/s)",
            SPEED,
            points(table, "tokens_kept", "throughput"),
        ),
    ]
    return [panel for panel in panels if panel.shown]


def _networks_sentence(plan: Plan, panels: list[Panel]) -> str:
    """Whose shares and costs stand beside AP, where that is another network."""
    if not plan.trained or plan.measured_model in ("", plan.trained_model):
        return ""
    of_measured = [panel.name for panel in panels if panel.key != "ap"]
    what = in_a_row([*of_measured, "the share of tokens kept"])
    return (
        f"{what[0].upper()}{what[1:]} are those of {plan.measured_model}."
        if of_measured
        else (f"The share of tokens kept is that of {plan.measured_model}.")
    )


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
