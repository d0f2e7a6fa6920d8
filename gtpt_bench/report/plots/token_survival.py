"""Does pruning keep the tokens that matter? Share of true keypoints whose image token survives, stage by stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from gtpt_bench.report.plots.material import Drawn, Material, NotDrawn
from gtpt_bench.report.plots.words import data_in_a_word, joined
from gtpt_bench.report.short_names import short_names
from gtpt_bench.report.style import GREY, LOOKS
from gtpt_bench.report.tokens import StudyTokens, VariantTokens
from gtpt_bench.report.tokens_words import COUNTED, labels_of_groups, origin
from gtpt_bench.show.colours import group_colour, hex_of

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PERCENT = 100.0
MOST_ACROSS = 4
PANEL_IN, LEGEND_IN = (2.8, 2.5), 1.6
BESIDE = 0.05
"""Stages by which groups lie beside each other, so that none hides another."""


def token_survival(material: Material) -> Drawn | NotDrawn:
    """A panel a variant, a line a group, and where choosing tokens by chance would lie."""
    tokens = material.tokens
    if not tokens.variants:
        return NotDrawn("no evaluation recorded which image tokens survive")
    figure = _figure(tokens)
    first = next(iter(tokens.variants.values()))
    bars = "Dots are means over seeds, bars reach from the lowest to the highest. "
    return Drawn(
        figure,
        joined(
            f"Share of true keypoints on {data_in_a_word(material.plan)} whose image token survives, after each stage "
            "and for each keypoint group; dashed: share of all image tokens that survive, which is where choosing them "
            f"by chance would lie. {bars if _has_seeds(tokens) else ''}{COUNTED}",
            f"Keypoints: {labels_of_groups(first)}.",
            origin(tokens),
        ),
    )


def _has_seeds(tokens: StudyTokens) -> bool:
    return any(len(own.runs) > 1 for own in tokens.variants.values())


def _figure(tokens: StudyTokens) -> Figure:
    import matplotlib.pyplot as plt

    across = min(MOST_ACROSS, len(tokens.variants))
    down = -(-len(tokens.variants) // across)
    size = (0.8 + PANEL_IN[0] * across + LEGEND_IN, 0.3 + PANEL_IN[1] * down)
    figure, grid = plt.subplots(down, across, figsize=size, sharey=True, squeeze=False, layout="constrained")
    handles: dict[str, Artist] = {}
    titles = short_names([*tokens.variants], 24)
    for axes, title, own in zip(grid.flat, titles, tokens.variants.values(), strict=False):
        handles |= _draw(axes, own)
        axes.set_title(title)
    for axes in grid.flat[len(tokens.variants) :]:
        axes.set_visible(False)
    grid[0, 0].set_ylim(0, 104)
    figure.supylabel("true keypoints whose\ntoken survives (%)", fontsize="medium", ma="center")
    figure.legend([*handles.values()], [*handles], loc="outside right center")
    return figure


def _draw(axes: Axes, own: VariantTokens) -> Mapping[str, Artist]:
    """One variant; what its legend has, by name."""
    stages, numbers = own.stages, range(len(own.stages.names))
    at, groups = np.arange(len(numbers)), range(len(stages.groups))
    chances = [[PERCENT * own.kept(stages.set_of(stage, group)) for stage in numbers] for group in groups]
    is_same = all(chance == chances[0] for chance in chances)
    handles: dict[str, Artist] = {}
    for place, chance in enumerate(chances[:1] if is_same else chances):
        colour = GREY if is_same else hex_of(group_colour(place))
        (line,) = axes.plot(at, chance, color=colour, linestyle=(0, (4, 2)), linewidth=1.2, zorder=2)
        handles.setdefault("tokens kept (chance)", line)
    for place, group in enumerate(stages.groups):
        shares = [[PERCENT * share for share in own.group_survived(stage, place)] for stage in numbers]
        if not all(shares):
            continue  # none of its keypoints is ever labelled
        means, shift = [float(np.mean(seeds)) for seeds in shares], BESIDE * (place - (len(stages.groups) - 1) / 2)
        look, colour = LOOKS[place % len(LOOKS)], hex_of(group_colour(place))
        down, up = ([abs(end(s) - m) for s, m in zip(shares, means, strict=True)] for end in (min, max))
        if len(own.runs) > 1:
            axes.errorbar(at + shift, means, [down, up], fmt="none", ecolor=colour, elinewidth=1, capsize=2, zorder=3)
        (handles[group.name],) = axes.plot(
            *(at + shift, means),
            color=colour,
            linestyle=look.line,
            marker=look.marker,
            markeredgecolor="#333333",
            markeredgewidth=0.6,
            zorder=4,
        )
    axes.set_xticks(at, [name.removeprefix("from ") for name in stages.names], rotation=0 if len(at) < 5 else 30)
    axes.set_xlim(-0.3, len(at) - 0.7)
    return handles
