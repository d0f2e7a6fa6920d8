"""Names beside the points of a plot, each where it hides least: greedy, and the same for the same data.

No name is written over another one or over a point, nor beyond the frame: one without a free place is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING, NamedTuple

from gtpt_bench.report.boxes import Box, Boxes, Pixel, along
from gtpt_bench.report.style import GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ANGLES_DEG = (45, -45, 135, -135, 90, -90, 0, 180, 68, -68, 112, -112, 22, -22, 158, -158)
REACHES_PT = (9, 26, 68)
"""First names look this near, then those without a place this far."""
ATTEMPTS = 6
FONT_SIZE = "small"
DISTANCES_PT = (5, 9, 16, 26, 38, 52, 68)
LEADER_FROM_PT = 16
"""From this distance on a thin line leads from the name to its point."""
POINT_RADIUS_PT = 4
LEADER_RADIUS_PX = 2.0
CLEAR_PX = 1.0
"""Between the boxes of two names."""


Curve = Sequence[tuple[float, float]]
"""Points of a line, in the axes' units."""


class Place(NamedTuple):
    """Where a name may stand: from its point in points (1/72 inch), and the box it would fill."""

    distance_pt: float
    x_pt: float
    y_pt: float
    box: Box

    @property
    def is_far(self) -> bool:
        """Whether a line has to lead from it to its point."""
        return self.distance_pt >= LEADER_FROM_PT


def label_points(
    axes: Axes,
    names: Sequence[str],
    x: Sequence[float],
    y: Sequence[float],
    errors: Sequence[float],
    named: Iterable[int] | None = None,
    curves: Iterable[Curve] = (),
) -> list[str]:
    """Write names near their points; call it when nothing will change the axes, their limits or size, any more.

    Args:
        errors: half lengths of the vertical error bars, 0 where there is none.
        named: places of the points that get their names; all by default.
        curves: further lines that names had better not cross.

    Returns:
        Names that found no free place and are not written.
    """
    axes.autoscale_view()  # limits are only worked out when somebody asks
    bars = [((a, b - error), (a, b + error)) for a, b, error in zip(x, y, errors, strict=True) if error]
    crowd = _crowd(axes, list(zip(x, y, strict=True)), [*curves, *bars])
    wanted = range(len(names)) if named is None else named
    asked = [_name(axes, names[place], (x[place], y[place])) for place in wanted]
    arranged = arrangement(asked, crowd)
    for name, place in arranged.items():
        _write(axes, asked[name], place, needs_leader=place.is_far or crowd.is_nearer(place.box, asked[name].pixel))
    return [name.text for number, name in enumerate(asked) if number not in arranged]


class Name(NamedTuple):
    """A text of known size in pixels, and its point in the axes' units and in pixels."""

    text: str
    at: tuple[float, float]
    pixel: Pixel
    width: float
    height: float
    pixels_per_pt: float


def arrangement(asked: Sequence[Name], crowd: Crowd) -> dict[int, Place]:
    """Places of the names that have one, by their numbers.

    Greedy; where some are left out they go first in another attempt, and the attempt that leaves out fewest counts.
    """
    best: dict[int, Place] = {}
    order = list(range(len(asked)))
    for _ in range(ATTEMPTS):
        found = _greedy(asked, order, crowd.emptied())
        if len(found) > len(best):
            best = found
        left_out = [number for number in order if number not in found]
        if not left_out:
            break
        order = [*left_out, *(number for number in order if number in found)]
    return best


def _greedy(asked: Sequence[Name], order: Sequence[int], crowd: Crowd) -> dict[int, Place]:
    """Each name in its turn takes the best place; who has room close by does before others look further away."""
    found: dict[int, Place] = {}
    for reach_pt in REACHES_PT:
        for number in order:
            if number in found:
                continue
            name = asked[number]
            near = (place for place in _places(name) if place.distance_pt <= reach_pt)
            best = min((place for place in near if crowd.is_free(place, name.pixel)), key=crowd.badness, default=None)
            if best is not None:
                found[number] = best
                crowd.add(best, name.pixel)
    return found


def _write(axes: Axes, name: Name, place: Place, *, needs_leader: bool) -> None:
    leader = {"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2}
    axes.annotate(
        name.text,
        name.at,
        xytext=(place.x_pt, place.y_pt),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=FONT_SIZE,
        arrowprops=leader if needs_leader else None,
    )


def _name(axes: Axes, text: str, at: tuple[float, float]) -> Name:
    """Measured as it will be drawn."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    renderer = FigureCanvasAgg(axes.figure.get_figure(root=True)).get_renderer()
    written = axes.text(0, 0, text, fontsize=FONT_SIZE)
    size = written.get_window_extent(renderer)
    written.remove()
    return Name(text, at, _in_pixels(axes, at), size.width + CLEAR_PX, size.height + CLEAR_PX, axes.figure.dpi / 72)


def _in_pixels(axes: Axes, at: tuple[float, float]) -> Pixel:
    across, up = axes.transData.transform(at)
    return float(across), float(up)


def _crowd(axes: Axes, points: Sequence[tuple[float, float]], curves: Iterable[Curve]) -> Crowd:
    """What is there before any name."""
    radius = POINT_RADIUS_PT * axes.figure.dpi / 72
    pixels = [_in_pixels(axes, point) for point in points]
    dots = [Box(px - radius, py - radius, px + radius, py + radius) for px, py in pixels]
    parts = (pairwise([_in_pixels(axes, corner) for corner in curve]) for curve in curves)
    line = [box for a, b in chain.from_iterable(parts) for box in along(a, b, radius / 2)]
    return Crowd(pixels, Boxes(dots), Boxes([]), Boxes(line), Box(*axes.bbox.extents))


class Crowd(NamedTuple):
    """What is there already.

    Attributes:
        points: their middles.
        dots: points, which no name may cover.
        names: those written so far, and what leads from them to their points.
        lines: curves and error bars, which should not be crossed.
        frame: of the axes, which names may not leave.
    """

    points: list[Pixel]
    dots: Boxes
    names: Boxes
    lines: Boxes
    frame: Box

    def emptied(self) -> Crowd:
        """The same without any name."""
        return self._replace(names=Boxes([]))

    def is_free(self, place: Place, point: Pixel) -> bool:
        """Whether a name can stand there, and what leads to its point crosses no other name or point."""
        box, frame = place.box, self.frame
        inside = frame.left <= box.left and box.right <= frame.right
        inside = inside and frame.bottom <= box.bottom and box.top <= frame.top
        if not inside or self.dots.touching(box) or self.names.touching(box):
            return False
        return not any(self.names.touching(part) or self._other_dots(part, point) for part in _leader(place, point))

    def _other_dots(self, part: Box, own: Pixel) -> list[Box]:
        return [dot for dot in self.dots.touching(part) if not dot.holds(own)]

    def is_nearer(self, box: Box, own: Pixel) -> bool:
        """Whether a name stands nearer to another point than to its own, so that it would be read as that one's."""
        return any(_gap(box, other) < _gap(box, own) for other in self.points if other != own)

    def add(self, place: Place, point: Pixel) -> None:
        for box in (place.box, *_leader(place, point)):
            self.names.add(box)

    def badness(self, place: Place) -> float:
        """Of places that are free: lines had better not be crossed, and near is better than far."""
        crossed = sum(place.box.overlap(box) for box in self.lines.touching(place.box))
        return 4 * crossed + place.distance_pt / 40


def _places(name: Name) -> Iterator[Place]:
    """All places around a name's point, the nearest first."""
    for distance in DISTANCES_PT:
        for angle in ANGLES_DEG:
            across, up = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            x = across * distance * name.pixels_per_pt + _sign(across) * name.width / 2
            y = up * distance * name.pixels_per_pt + _sign(up) * name.height / 2
            left, bottom = name.pixel[0] + x - name.width / 2, name.pixel[1] + y - name.height / 2
            box = Box(left, bottom, left + name.width, bottom + name.height)
            yield Place(distance, x / name.pixels_per_pt, y / name.pixels_per_pt, box)


def _leader(place: Place, point: Pixel) -> list[Box]:
    """The line from a far name to its point, as small boxes."""
    if not place.is_far:
        return []
    return along(place.box.middle, point, LEADER_RADIUS_PX)


def _gap(box: Box, point: Pixel) -> float:
    """Pixels from a point to the nearest edge of a box."""
    across = max(box.left - point[0], 0.0, point[0] - box.right)
    up = max(box.bottom - point[1], 0.0, point[1] - box.top)
    return math.hypot(across, up)


def _sign(value: float) -> float:
    return 0.0 if abs(value) < 1e-9 else math.copysign(1.0, value)
