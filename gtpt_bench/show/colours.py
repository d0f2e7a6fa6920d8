"""Which keypoint is drawn in which colour: eight that the colour-blind can tell apart, on photographs too.

Source: Okabe & Ito 2008, "Color Universal Design".
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gtpt_bench.keypoints import KeypointSet

Colour = tuple[int, int, int]
"""Red, green, blue, each 0-255."""

COLOURS: Mapping[str, Colour] = MappingProxyType(
    {
        "left side": (230, 159, 0),
        "right side": (86, 180, 233),
        "middle": (255, 255, 255),
        "feet": (0, 158, 115),
        "face": (240, 228, 66),
        "left hand": (213, 94, 0),
        "right hand": (204, 121, 167),
    }
)
"""By what a legend calls them, in its order; sides are the person's own."""

GROUP_COLOURS: tuple[Colour, ...] = (
    *((230, 159, 0), (86, 180, 233), (0, 158, 115), (204, 121, 167)),
    *((213, 94, 0), (240, 228, 66), (0, 114, 178), (150, 150, 150)),
)
"""Of keypoint groups, in their order; further ones begin again."""

EDGE: Colour = (20, 20, 24)
"""Around every line and point, so that none is lost on a background of its colour."""

_PARTS = {"foot": "feet", "face": "face", "lefthand": "left hand", "righthand": "right hand"}


def labels_of(keypoints: KeypointSet) -> tuple[str, ...]:
    """What each keypoint is in the legend: a part of its own, or a side of the body."""
    sides = {place: side for side, places in keypoints.left_right.items() for place in places}
    named = {"left": "left side", "right": "right side", "middle": "middle"}
    labels = [named[sides[place]] for place in range(len(keypoints))]
    for part, places in keypoints.parts.items():
        for place in places:
            labels[place] = _PARTS.get(part, labels[place])
    return tuple(labels)


def group_colour(place: int) -> Colour:
    return GROUP_COLOURS[place % len(GROUP_COLOURS)]


def hex_of(colour: Colour) -> str:
    """As matplotlib and HTML write it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def bone_label(first: str, second: str) -> str:
    """Of the line between two keypoints: theirs; where they differ a part before the body, else the middle."""
    if first == second:
        return first
    parts = [label for label in (first, second) if label in _PARTS.values()]
    return parts[-1] if parts else "middle"
