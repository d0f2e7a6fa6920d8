"""Names beside the points of a plot, each where it hides least: greedy, and the same for the same data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gtpt_bench.report.style import GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ANGLES_DEG = (45, -45, 135, -135, 90, -90, 0, 180)
DISTANCES_PT = (5, 9, 16, 26)
LEADER_FROM_PT = 16
"""From this distance on a thin line leads from the name to its point."""
POINT_RADIUS_PT = 4


class Box(NamedTuple):
    """A rectangle in pixels of the figure."""

    left: float
    bottom: float
    right: float
    top: float

    def overlap(self, other: Box) -> float:
        """Shared area as a share of this box."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.top, other.top) - max(self.bottom, other.bottom)
        area = (self.right - self.left) * (self.top - self.bottom)
        return max(0.0, width) * max(0.0, height) / area


class Boxes:
    """Many boxes, of which those in a place are found at once."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self.boxes = list(boxes)
        self.edges = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)

    def add(self, box: Box) -> None:
        self.boxes.append(box)
        self.edges = np.vstack([self.edges, box])

    def touching(self, box: Box) -> list[Box]:
        """Those that share some area with a box, in their order."""
        left, bottom, right, top = self.edges.T
        shared = (left < box.right) & (right > box.left) & (bottom < box.top) & (top > box.bottom)
        return [self.boxes[place] for place in np.flatnonzero(shared)]


Pixel = tuple[float, float]
"""A place in pixels of the figure."""


class Place(NamedTuple):
    """Where a name may stand: from its point in points (1/72 inch), and the box it would fill."""

    distance_pt: float
    x_pt: float
    y_pt: float
    box: Box


def label_points(
    axes: Axes,
    names: Sequence[str],
    x: Sequence[float],
    y: Sequence[float],
    errors: Sequence[float],
    named: Iterable[int] | None = None,
) -> None:
    """Write names near their points; call it when nothing will change the limits of the axes any more.

    Args:
        errors: half lengths of the vertical error bars, 0 where there is none.
        named: places of the points that get their names; all by default.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = axes.figure
    pixels_per_pt = figure.dpi / 72
    renderer = FigureCanvasAgg(figure.get_figure(root=True)).get_renderer()
    axes.autoscale_view()  # limits are only worked out when somebody asks

    def in_pixels(across: float, up: float) -> Pixel:
        px, py = axes.transData.transform((across, up))
        return float(px), float(py)

    pixels = [in_pixels(across, up) for across, up in zip(x, y, strict=True)]
    bars = [
        (in_pixels(across, up - error), in_pixels(across, up + error))
        for across, up, error in zip(x, y, errors, strict=True)
    ]
    radius = POINT_RADIUS_PT * pixels_per_pt
    dots = [Box(px - radius, py - radius, px + radius, py + radius) for px, py in pixels]
    line = [box for a, b in [*pairwise(pixels), *bars] for box in _along(a, b, radius / 2)]
    frame = Box(*axes.bbox.extents)
    crowd, lines = Boxes(dots), Boxes(line)
    for place in range(len(names)) if named is None else named:
        name, point, data = names[place], pixels[place], (x[place], y[place])
        text = axes.text(0, 0, name, fontsize="small")
        size = text.get_window_extent(renderer)
        text.remove()
        best = min(
            _places(point, size.width, size.height, pixels_per_pt),
            key=lambda there: _badness(there, crowd, lines, frame),
        )
        crowd.add(best.box)
        others = [pixel for pixel in pixels if pixel != point]
        needs_leader = best.distance_pt >= LEADER_FROM_PT or _is_nearer(best.box, point, others)
        axes.annotate(
            name,
            data,
            xytext=(best.x_pt, best.y_pt),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize="small",
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2}
            if needs_leader
            else None,
        )


def _places(point: Pixel, width: float, height: float, pixels_per_pt: float) -> Iterator[Place]:
    """All places around a point, the nearest first."""
    for distance in DISTANCES_PT:
        for angle in ANGLES_DEG:
            across, up = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            x = across * distance * pixels_per_pt + _sign(across) * width / 2
            y = up * distance * pixels_per_pt + _sign(up) * height / 2
            box = Box(
                point[0] + x - width / 2, point[1] + y - height / 2, point[0] + x + width / 2, point[1] + y + height / 2
            )
            yield Place(distance, x / pixels_per_pt, y / pixels_per_pt, box)


def _is_nearer(box: Box, own: Pixel, others: Sequence[Pixel]) -> bool:
    """Whether a name stands nearer to another point than to its own, so that it would be read as that one's."""
    return any(_gap(box, other) < _gap(box, own) for other in others)


def _gap(box: Box, point: Pixel) -> float:
    """Pixels from a point to the nearest edge of a box."""
    across = max(box.left - point[0], 0.0, point[0] - box.right)
    up = max(box.bottom - point[1], 0.0, point[1] - box.top)
    return math.hypot(across, up)


def _sign(value: float) -> float:
    return 0.0 if abs(value) < 1e-9 else math.copysign(1.0, value)


def _badness(place: Place, taken: Boxes, line: Boxes, frame: Box) -> float:
    """How bad a place is: names and points must not be hidden, lines should not, the frame and nearness are wishes."""
    hidden = sum(place.box.overlap(box) for box in taken.touching(place.box))
    crossed = sum(place.box.overlap(box) for box in line.touching(place.box))
    outside = 1 - place.box.overlap(frame)
    return 20 * hidden + 4 * crossed + 5 * outside + place.distance_pt / 40


def _along(a: Pixel, b: Pixel, radius: float) -> list[Box]:
    """Small boxes along a segment, so that crossing it has an area."""
    steps = max(1, math.ceil(math.dist(a, b) / (2 * radius)))
    shares = [place / steps for place in range(steps + 1)]
    centres = [(a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share) for share in shares]
    return [Box(x - radius, y - radius, x + radius, y + radius) for x, y in centres]
