"""How body parts are put on the canvas: outline, colour, owner and a shaded side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gtpt_bench.data.drawn.paint.canvas import Canvas, Colour
from gtpt_bench.data.drawn.paint.geometry import Points
from gtpt_bench.data.drawn.paint.palette import darker
from gtpt_bench.data.drawn.paint.ribbon import Ribbon
from gtpt_bench.data.drawn.people.parts import owner_code

_SIDE_SHADE = 0.86


@dataclass(frozen=True)
class Brush:
    """Paints parts of one person.

    Attributes:
        slot: the person's number in the owner buffer, from 1.
        light: side the light comes from: -1 the image's left, 1 its right.
        scale: pixels of one stature; decides line widths and how much detail is worth it.
    """

    canvas: Canvas
    slot: int
    light: int
    scale: float

    @property
    def outline_width(self) -> float:
        return min(max(0.0055 * self.scale, 0.3), 1.6)

    def part(self, polygon_N2: Points, colour: Colour, part: int) -> None:
        """A part without an outline."""
        self.canvas.fill(polygon_N2, colour, owner=owner_code(self.slot, part))

    def outlined(self, polygon_N2: Points, colour: Colour, part: int, *, strength: float = 0.4) -> None:
        """A part with a fine line of its own darker colour around it."""
        owner = owner_code(self.slot, part)
        # Half of the line is painted over again: it shall be as wide as that of ribbons.
        width = 2 * self.outline_width
        self.canvas.line(polygon_N2, darker(colour, strength), width, owner=owner, closed=True)
        self.canvas.fill(polygon_N2, colour, owner=owner)

    def disc(self, centre_2: Points, radius: float, colour: Colour, part: int) -> None:
        """A small round part without an outline."""
        self.canvas.dot(centre_2, radius, colour, owner=owner_code(self.slot, part))

    def band(self, points_N2: Points, width: float, colour: Colour, part: int) -> None:
        """A part that is a thick line."""
        self.canvas.line(points_N2, colour, width, owner=owner_code(self.slot, part))

    def ribbons(self, ribbons: Sequence[tuple[Ribbon, Colour, int]], *, joined: int = 0) -> None:
        """Bands that belong together, e.g. thigh and shin: no outline where they join.

        Args:
            joined: so many knots at the start of the first band have no outline, where it grows out of the body.
        """
        for i, (ribbon, colour, part) in enumerate(ribbons):
            outline = ribbon.outline(self.outline_width, skip=0 if i else joined)
            self.part(outline, darker(colour, 0.4), part)
        for ribbon, colour, part in ribbons:
            self.part(ribbon.outline(), colour, part)

    def shade_side(self, ribbon: Ribbon, *, inner: float = 0.35, start: float = 0.0) -> None:
        """Darken the side of a band that is turned away from the light, from joint to joint or from u = start."""
        across = ribbon.across[len(ribbon.across) // 2]
        side = -1.0 if across[0] * self.light - 0.6 * across[1] > 0 else 1.0
        first, last = ribbon.joints
        strip = ribbon.strip(max(0.7 * first, start), 1 - 0.7 * (1 - last), side * inner, side, 10)
        self.canvas.shade(strip, _SIDE_SHADE)

    def px(self, statures: float) -> float:
        """A length of the body in pixels."""
        return statures * self.scale
