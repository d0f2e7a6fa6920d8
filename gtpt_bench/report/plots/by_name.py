"""Which plots of variants there are, by the names that study files call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from gtpt_bench.report.plots.against_cost import ap_against_latency, ap_against_macs
from gtpt_bench.report.plots.effects import effects
from gtpt_bench.report.plots.heat_map import heat_map
from gtpt_bench.report.plots.kept_tokens import kept_tokens
from gtpt_bench.report.plots.material import Drawn, Material, NotDrawn
from gtpt_bench.report.plots.roofline import roofline
from gtpt_bench.report.plots.stage_times import stage_times
from gtpt_bench.report.plots.survival_maps import survival_maps
from gtpt_bench.report.plots.token_survival import token_survival
from gtpt_bench.report.plots.training_curves import training_curves
from gtpt_bench.report.style import plot_style

PLOTS: Mapping[str, Callable[[Material], Drawn | NotDrawn]] = MappingProxyType(
    {
        "ap_against_macs": ap_against_macs,
        "ap_against_latency": ap_against_latency,
        "kept_tokens": kept_tokens,
        "token_survival": token_survival,
        "survival_maps": survival_maps,
        "effects": effects,
        "heat_map": heat_map,
        "stage_times": stage_times,
        "training_curves": training_curves,
        "roofline": roofline,
    }
)


def draw(name: str, material: Material) -> Drawn | NotDrawn:
    """The plot of that name and its caption, or why there is none."""
    with plot_style():
        return PLOTS[name](material)
