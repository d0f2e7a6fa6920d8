"""Rooflines: the rate that each stage reaches, against the operations it has for each byte it moves at the least.

Two operations a MAC. Source of the model: Williams, Waterman and Patterson 2009.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from gtpt_bench.report.labels import label_points
from gtpt_bench.report.plots.explained import ExplainedVariant, Machine, Stage, explained_variants
from gtpt_bench.report.plots.marks import Mark
from gtpt_bench.report.plots.material import Drawn, Material, NotDrawn
from gtpt_bench.report.plots.stage_times import no_stages
from gtpt_bench.report.plots.words import joined, left_out_sentence, timing_sentence
from gtpt_bench.report.short_names import short_names, shortened
from gtpt_bench.report.style import BLUE, GREY, ORANGE, plain_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARK_PT2 = (20, 260)
"""Area of the mark of a stage that takes next to no time, and of one that takes all of it."""
MOST_NAMED = 12
"""Stages with names; those that take most of the time."""
BOUNDS: Mapping[str, Mark] = MappingProxyType(
    {"compute": Mark(BLUE, "o"), "bandwidth": Mark(ORANGE, "s"), "neither": Mark(GREY, "o", hollow=True)}
)
"""What explains most of a stage's time, and how it looks."""
BOUND_WORDS = {"compute": "products", "bandwidth": "traffic", "neither": "neither"}
ROOM = 1.6
"""Factor between the outermost marks and the frame."""


def roofline(material: Material) -> Drawn | NotDrawn:
    """A panel for the baseline and one for the fastest variant, each under the roofs measured beside it."""
    import matplotlib.pyplot as plt

    every = explained_variants(material)
    if not every:
        return no_stages(material)
    shown = {name: own for name, own in baseline_and_fastest(every, material.plan.baseline).items() if working(own)}
    if not shown:
        return NotDrawn("no stage multiplies anything")
    figure, grid = plt.subplots(
        1,
        len(shown),
        figsize=(0.6 + 4.6 * len(shown), 4.2),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    low, high = span([stage for own in shown.values() for stage in working(own)], _machine(shown))
    for axes, (name, own) in zip(grid[0], shown.items(), strict=True):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(low[0], high[0])
        axes.set_ylim(low[1], high[1])
        plain_numbers(axes, "x")
        plain_numbers(axes, "y")
        axes.set_title(f"{shortened(name)}: {own.ms:.3g} ms")
        axes.set_xlabel("operations a byte moved (FLOP/byte)")
    grid[0, 0].set_ylabel("reached (GFLOP/s)")
    _legend(figure, shown)
    figure.draw_without_rendering()  # so that axes are as large as they will be
    left_out: list[str] = []
    for axes, own in zip(grid[0], shown.values(), strict=True):
        left_out += _draw(axes, own)
    return Drawn(figure, _words(material, shown, left_out))


def working(own: ExplainedVariant) -> list[Stage]:
    """Stages that multiply, which alone have a place under a roof."""
    return [stage for stage in own.stages if stage.intensity > 0 and stage.gflops_per_s > 0]


def baseline_and_fastest(every: Mapping[str, ExplainedVariant], baseline: str) -> dict[str, ExplainedVariant]:
    """Two that show most; one where they are the same."""
    first = baseline if baseline in every else next(iter(every))
    fastest = min(every, key=lambda name: every[name].ms)
    return {name: every[name] for name in dict.fromkeys((first, fastest))}


def span(stages: Sequence[Stage], machine: Machine) -> tuple[tuple[float, float], tuple[float, float]]:
    """Lower left and upper right corner that hold all stages, the ridge, and the roof."""
    bandwidth = machine.cached_gb_per_s or machine.gb_per_s
    across = [stage.intensity for stage in stages] + [
        machine.gflops_per_s / bandwidth,
        machine.gflops_per_s / machine.gb_per_s,
    ]
    up = [stage.gflops_per_s for stage in stages] + [machine.gflops_per_s]
    return (min(across) / ROOM, min(up) / ROOM), (max(across) * ROOM, max(up) * ROOM)


def _machine(shown: Mapping[str, ExplainedVariant]) -> Machine:
    return next(iter(shown.values())).machine


def _draw(axes: Axes, own: ExplainedVariant) -> list[str]:
    """Roofs, marks and names; gives the names that found no room."""
    curves = _roofs(axes, own.machine)
    stages = working(own)
    least, most = MARK_PT2
    for bound, look in BOUNDS.items():
        own_stages = [stage for stage in stages if stage.bound == bound]
        axes.scatter(
            [stage.intensity for stage in own_stages],
            [stage.gflops_per_s for stage in own_stages],
            s=[least + (most - least) * stage.ms / own.ms for stage in own_stages],
            marker=look.shape,
            facecolor="white" if look.hollow else look.colour,
            edgecolor=look.colour if look.hollow else "white",
            linewidth=1.2,
            zorder=4,
        )
    named = sorted(range(len(stages)), key=lambda place: -stages[place].ms)[:MOST_NAMED]
    return label_points(
        axes,
        short_names([stage.name for stage in stages]),
        [stage.intensity for stage in stages],
        [stage.gflops_per_s for stage in stages],
        errors=[0.0] * len(stages),
        named=named,
        curves=curves,
    )


def _legend(figure: Figure, shown: Mapping[str, ExplainedVariant]) -> None:
    """What marks and lines mean, of those that are there."""
    from matplotlib.lines import Line2D

    there = {stage.bound for own in shown.values() for stage in working(own)}
    marks = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=look.shape,
            markersize=7,
            markerfacecolor="white" if look.hollow else look.colour,
            markeredgecolor=look.colour,
            label=BOUND_WORDS[bound],
        )
        for bound, look in BOUNDS.items()
        if bound in there
    ]
    roofs = [Line2D([], [], color="black", label="roof of memory")]
    if _machine(shown).cached_gb_per_s:
        roofs.append(Line2D([], [], color="black", linestyle=":", label="roof of the cache"))
    figure.legend(
        handles=[*marks, *roofs],
        ncols=5 if len(shown) > 1 else 3,
        loc="outside upper left",
        title="time mostly explained by",
        title_fontsize="small",
        fontsize="small",
        alignment="left",
    )


def _roofs(axes: Axes, machine: Machine) -> list[list[tuple[float, float]]]:
    """Memory solid, cache dotted, both up to the machine's rate; their rates stand in the caption."""
    low, high = axes.get_xlim()
    curves = []
    for bandwidth, line in ((machine.gb_per_s, "-"), (machine.cached_gb_per_s, ":")):
        if bandwidth is None:
            continue
        ridge = min(max(machine.gflops_per_s / bandwidth, low), high)
        corners = [
            (low, min(low * bandwidth, machine.gflops_per_s)),
            (ridge, machine.gflops_per_s),
            (high, machine.gflops_per_s),
        ]
        axes.plot(*zip(*corners, strict=True), color="black", linewidth=1.3, linestyle=line, zorder=2)
        curves.append(corners)
    return curves


def _words(material: Material, shown: Mapping[str, ExplainedVariant], left_out: Sequence[str]) -> str:
    machine = _machine(shown)
    cached = f", dotted {machine.cached_gb_per_s:.3g} GB/s of its last cache" if machine.cached_gb_per_s else ""
    several = len(shown) > 1
    disturbed = any(own.disturbed for own in shown.values())
    return joined(
        f"Rooflines of {' and '.join(shown)}{', the fastest variant' if several else ''}: the rate of each stage (two "
        "operations a MAC) against its operations a byte moved at the least. Larger marks take more of the time; their "
        "kind says what explains most of it: products at the machine's rate, traffic, or neither.",
        f"Lines: what the machine reached in {machine.dtype} meanwhile; beside {next(iter(shown))} "
        f"{machine.gflops_per_s:.3g} GFLOP/s of products, {machine.gb_per_s:.3g} GB/s of memory{cached}.",
        left_out_sentence(left_out),
        "Other processes had the cores at times." if disturbed else "",
        timing_sentence(material),
    )
