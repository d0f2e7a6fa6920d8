"""Small multiples of what a model keeps of a person: a column a stage, a row a keypoint group from the split on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.token_stages import TokenStages
from gtpt_bench.show.colours import EDGE, group_colour, hex_of
from gtpt_bench.show.dimmed import borders, dimmed
from gtpt_bench.show.drawing import PoseStyle
from gtpt_bench.show.seen_crop import SeenCrop
from gtpt_bench.show.sheet_pose import draw_pose

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

PANEL, BELOW, BESIDE = 2.3, 0.34, 0.14
"""Inches: height of a panel, room for the words below it, and between columns."""

LEFT, RIGHT, TOP, BOTTOM = 0.12, 0.12, 0.34, 0.34
"""Inches around the panels of a person."""

NAMES = 0.32
"""Inches more before the first column in which groups have panels of their own."""

LEGEND = ("Clear: image tokens that survive.", "Dark and hatched: pruned.", "Dots: keypoints as predicted")

INK = hex_of(EDGE)


def token_sheet(
    crops: Sequence[SeenCrop],
    stages: TokenStages,
    keypoints: KeypointSet,
    *,
    threshold: float = PoseStyle.keypoint_threshold,
) -> Figure:
    """A block of panels a person. Stages in which all groups share their tokens have one panel for all of them.

    Args:
        threshold: keypoints of lower confidence are not drawn.
    """
    import matplotlib.pyplot as plt

    from gtpt_bench.report.style import plot_style

    height, width = crops[0].picture.shape[:2]
    layout = _Layout(stages, PANEL * width / height)
    with plot_style():
        figure = plt.figure(figsize=(layout.across, layout.block * len(crops)))
        blocks = figure.subfigures(len(crops), 1, squeeze=False)
        for own, crop in zip(blocks[:, 0], crops, strict=True):
            for token_set in range(len(stages.token_sets)):
                axes = layout.add_axes(own, token_set)
                _fill(axes, crop, token_set, stages)
                group = stages.token_sets[token_set].group
                draw_pose(axes, crop.pose, stages, keypoints, group=group, threshold=threshold)
            layout.add_legend(own)
    return figure


class _Layout:
    """Where each panel lies; all are of one size, those shared by all groups half-way down."""

    def __init__(self, stages: TokenStages, width: float) -> None:
        self.stages, self.width = stages, width
        self.first_own = next((stage for stage in range(len(stages.names)) if not stages.shares(stage)), None)
        self.rows = 1 if self.first_own is None else len(stages.groups)
        names = 0 if self.first_own is None else NAMES
        self.across = LEFT + len(stages.names) * (width + BESIDE) - BESIDE + names + RIGHT
        self.block = TOP + self.rows * (PANEL + BELOW) + BOTTOM

    def add_axes(self, figure: SubFigure, token_set: int) -> Axes:
        """Axes of one panel with the words around them."""
        stage, group = self.stages.token_sets[token_set]
        row = (self.rows - 1) / 2 if group is None else group
        is_own = self.first_own is not None and stage >= self.first_own
        left = LEFT + stage * (self.width + BESIDE) + NAMES * is_own
        top = TOP + row * (PANEL + BELOW)
        places = (left, self.block - top - PANEL, self.width, PANEL)
        axes = figure.add_axes(tuple(np.divide(places, (self.across, self.block) * 2)))
        if group in (None, 0):
            axes.set_title(self.stages.names[stage], loc="center")
        if group is not None and stage == self.first_own:
            axes.set_ylabel(self.stages.groups[group].name, fontweight="bold", labelpad=5)
        return axes

    def add_legend(self, figure: SubFigure) -> None:
        """What is what: on one line below the only row, or where rows of groups leave room on the left."""
        if self.first_own is None:
            words = f"{' '.join(LEGEND)}."
        else:
            words = "\n".join((*LEGEND, "(those of a row's group in its colour)."))
        figure.text(LEFT / self.across, 0.1 / self.block, words, color=INK, fontsize="small", linespacing=1.5)


def _fill(axes: Axes, crop: SeenCrop, token_set: int, stages: TokenStages) -> None:
    """The crop with its pruned tokens dimmed, framed, and how many are left."""
    from matplotlib.collections import LineCollection

    mask, (height, width) = crop.masks[token_set], crop.picture.shape[:2]
    group = stages.token_sets[token_set].group
    colour = "white" if group is None else hex_of(group_colour(group))
    axes.imshow(dimmed(crop.picture, mask, stages.grid), extent=(-0.5, width - 0.5, height - 0.5, -0.5))
    axes.add_collection(LineCollection(borders(mask, stages.grid, stages.cell), colors=colour, linewidths=1.1))
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), xticks=[], yticks=[])
    axes.set_xlabel(f"{int(mask.sum())} of {mask.size} ({mask.mean():.0%})".replace("%", " %"), labelpad=3)
    for spine in axes.spines.values():
        spine.set(visible=True, color=INK if group is None else colour, linewidth=0.8 if group is None else 2.5)
