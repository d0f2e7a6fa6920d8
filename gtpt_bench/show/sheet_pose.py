"""A pose on a panel of matplotlib: the keypoints of one group in its colour, the others small and white."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING

import numpy as np

from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.token_stages import TokenStages
from gtpt_bench.show.colours import EDGE, group_colour, hex_of
from gtpt_bench.show.drawing import Doubles

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OWN_BONE, OTHER_BONE, RIM, DOT_RIM = 1.6, 0.7, 1.2, 0.7
"""Points of thickness."""

OTHER_OPACITY = 0.6
"""Of the lines of other groups."""

OWN_DOT, OTHER_DOT = 18.0, 4.0
"""Square points of size."""

FINE = 0.2
"""Size of marks beyond the body, many in a small place, over that of the body's."""


def draw_pose(
    axes: Axes, pose_J3: Doubles, stages: TokenStages, keypoints: KeypointSet, *, group: int | None, threshold: float
) -> None:
    """Draw a pose in the coordinates of the axes.

    Args:
        pose_J3: x, y and confidence.
        group: whose panel it is; None: everybody's.
        threshold: keypoints of lower confidence are not drawn.
    """
    is_shown_J, owners = pose_J3[:, 2] >= threshold, stages.group_of
    body = set(keypoints.parts.get("body", range(len(keypoints))))
    _draw_bones(
        axes, pose_J3, [bone for bone in keypoints.skeleton if is_shown_J[list(bone)].all()], stages, body, group
    )
    shown = sorted(np.flatnonzero(is_shown_J).tolist(), key=lambda place: owners[place] == group)  # its own on top
    is_own = [group is None or owners[place] == group for place in shown]
    finer = [1.0 if place in body else FINE for place in shown]
    axes.scatter(
        pose_J3[shown, 0],
        pose_J3[shown, 1],
        s=[(OWN_DOT if own else OTHER_DOT) * fine for own, fine in zip(is_own, finer, strict=True)],
        color=[_colour(owners[p], stages) if own else "white" for p, own in zip(shown, is_own, strict=True)],
        edgecolor=hex_of(EDGE),
        linewidth=[DOT_RIM * fine for fine in finer],
        zorder=4,
    )


def _draw_bones(
    axes: Axes,
    pose_J3: Doubles,
    bones: Sequence[tuple[int, int]],
    stages: TokenStages,
    body: Set[int],
    group: int | None,
) -> None:
    """Lines between keypoints; one between two groups belongs to neither."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgba

    owners = [stages.group_of[a] if stages.group_of[a] == stages.group_of[b] else None for a, b in bones]
    is_own = [group is None or owner == group for owner in owners]
    finer = [1.0 if body >= set(bone) else 2 * FINE for bone in bones]
    thick = np.asarray([OWN_BONE if own else OTHER_BONE for own in is_own], np.float64) * np.asarray(finer, np.float64)
    lines = [pose_J3[list(bone), :2] for bone in bones]
    opaque = [1.0 if own else OTHER_OPACITY for own in is_own]
    plain = [_colour(owner, stages) if own else "white" for owner, own in zip(owners, is_own, strict=True)]
    colours = [to_rgba(colour, alpha) for colour, alpha in zip(plain, opaque, strict=True)]
    rims = [to_rgba(hex_of(EDGE), alpha) for alpha in opaque]
    axes.add_collection(LineCollection(lines, colors=rims, linewidths=thick + RIM, zorder=2))
    axes.add_collection(LineCollection(lines, colors=colours, linewidths=thick, zorder=3))


def _colour(owner: int | None, stages: TokenStages) -> str:
    """Of a group; white where there is only one, or a bone lies between two."""
    return "white" if owner is None or len(stages.groups) == 1 else hex_of(group_colour(owner))
