"""Where a model looks in the end: how often the image token at each place relative to the person survives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gtpt_bench.evaluation.kept_tokens.places import BOX_FROM, BOX_TO
from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.report.plots.material import Drawn, Material, NotDrawn
from gtpt_bench.report.plots.words import data_in_a_word, joined
from gtpt_bench.report.short_names import short_names
from gtpt_bench.report.tokens import StudyTokens, VariantTokens
from gtpt_bench.report.tokens_words import origin

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_IN = (1.15, 1.75)
"""As tall as most people are, whose boxes are stretched to it."""

COLOURS = "rocket"
"""Of seaborn, darker to lighter throughout, so that it survives grey printing."""

INK = "#141418"


def survival_maps(material: Material) -> Drawn | NotDrawn:
    """A row a variant; a map for each stage that prunes, and from the split on for each group."""
    tokens = material.tokens
    if not tokens.variants:
        return NotDrawn("no evaluation recorded which image tokens survive")
    run = next(run for run in material.plan.runs if run.variant in tokens.variants)
    return Drawn(
        _figure(tokens, run.config.model.keypoint_set),
        joined(
            f"Share of the people of {data_in_a_word(material.plan)} for whom the image token at a place survives, "
            "relative to the person's box (dashed), by stage and keypoint group. White: mean places of the labelled "
            "keypoints, those of the group as dots. Where the crop ends before a place, that person does not count.",
            origin(tokens),
        ),
    )


def _figure(tokens: StudyTokens, keypoints: KeypointSet) -> Figure:
    import matplotlib.pyplot as plt

    rows, across = len(tokens.variants), max(len(own.pruned_sets) for own in tokens.variants.values())
    size = (1.4 + PANEL_IN[0] * across, 0.2 + (PANEL_IN[1] + 0.35) * rows)
    figure, grid = plt.subplots(rows, across, figsize=size, squeeze=False, layout="constrained")
    image: Any = None
    for line, title, own in zip(grid, short_names([*tokens.variants], 24), tokens.variants.values(), strict=True):
        for axes, token_set in zip(line, own.pruned_sets, strict=False):
            image = _draw(axes, own, token_set, keypoints)
        for axes in line[len(own.pruned_sets) :]:
            axes.set_visible(False)
        line[0].set_ylabel(title, fontweight="bold")
    bar = figure.colorbar(image, ax=grid, fraction=0.03, aspect=25, pad=0.01)
    bar.set_label("people for whom\nthe token survives (%)")
    return figure


def _draw(axes: Axes, own: VariantTokens, token_set: int, keypoints: KeypointSet) -> Any:
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Rectangle

    stage, group = own.stages.token_sets[token_set]
    name = own.stages.names[stage]
    axes.set_title(name if group is None else f"{name}\n{own.stages.groups[group].name}", fontsize="small")
    axes.set_facecolor("#c8c8c8")
    extent = (BOX_FROM, BOX_TO, BOX_TO, BOX_FROM)
    image = axes.imshow(100 * own.box_map(token_set), COLOURS, vmin=0, vmax=100, extent=extent, aspect="auto")
    axes.add_patch(Rectangle((0, 0), 1, 1, fill=False, edgecolor="white", linestyle=(0, (3, 2)), linewidth=0.8))
    pose_J2 = own.runs[0].survival.mean_pose
    bones = [pose_J2[[first, second]] for first, second in keypoints.skeleton]
    bones = [ends for ends in bones if np.isfinite(ends).all()]
    for width, colour in ((1.8, INK), (0.9, "white")):
        axes.add_collection(LineCollection(bones, colors=colour, linewidths=width, capstyle="round"), autolim=False)
    members = range(len(pose_J2)) if group is None else own.stages.groups[group].keypoints
    shown = pose_J2[[place for place in members if np.isfinite(pose_J2[place]).all()]]
    axes.scatter(
        shown[:, 0], shown[:, 1], s=10 if len(shown) < 40 else 2, color="white", edgecolor=INK, linewidth=0.6, zorder=3
    )
    axes.set(xlim=(BOX_FROM, BOX_TO), ylim=(BOX_TO, BOX_FROM), xticks=[], yticks=[])
    axes.grid(visible=False)
    return image
