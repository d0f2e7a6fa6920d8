"""A sheet to paint on: colour, shading, and who owns each pixel.

Shading is kept apart from colour, so that one dark strip falls over any pattern; it is multiplied in at the
end. Everything is painted `zoom` times larger and averaged down, so edges are smooth at any size.
"""

from __future__ import annotations

from functools import cache
from math import ceil

import cv2
import numpy as np
import numpy.typing as npt

from gtpt_bench.data.drawn.paint.geometry import Points, unit_circle

Colour = tuple[int, int, int]
"""Red, green, blue, each 0-255."""
Image = npt.NDArray[np.uint8]

BACKGROUND, PROP = 0, 1
"""Owner codes of pixels that belong to nobody; people's codes start at 32 (see parts.py)."""

_NEUTRAL = 200
_SHIFT_BITS = 4
_SHADOW_TINT = (0.96, 0.97, 1.06)
"""Shadows are a little bluer than what they fall on, as under a sky."""


@cache
def _shading_table() -> Image:
    """Factors (in parts of neutral) by shading level, shape [256, 1, 3]."""
    factor = np.arange(256) / _NEUTRAL
    darkness = np.clip(1 - factor, 0, 1)
    tinted = [factor * (1 + darkness * 2 * (tint - 1)) for tint in _SHADOW_TINT]
    return np.clip(np.rint(np.stack(tinted, axis=1)[:, None] * _NEUTRAL), 0, 255).astype(np.uint8)


class Canvas:
    """Colour, shading and owner of every pixel; coordinates are those of image pixel centres."""

    def __init__(self, width: int, height: int, *, zoom: int) -> None:
        self.width, self.height, self.zoom = width, height, zoom
        self.colour_HW3 = np.zeros((height * zoom, width * zoom, 3), np.uint8)
        self.shade_HW = np.full((height * zoom, width * zoom), _NEUTRAL, np.uint8)
        self.owner_HW = np.zeros((height * zoom, width * zoom), np.int16)

    def fill(self, polygon_N2: Points, colour: Colour, *, owner: int | None = None) -> None:
        """Fill a polygon. With an owner it is a new thing in front, unshaded; without, paint on what is there."""
        points = [self._fixed(polygon_N2)]
        cv2.fillPoly(self.colour_HW3, points, colour, cv2.LINE_AA, _SHIFT_BITS)
        if owner is not None:
            cv2.fillPoly(self.shade_HW, points, (_NEUTRAL,), cv2.LINE_AA, _SHIFT_BITS)
            cv2.fillPoly(self.owner_HW, points, (owner,), cv2.LINE_8, _SHIFT_BITS)

    def gradient(self, top: float, bottom: float, upper: Colour, lower: Colour) -> None:
        """Fill the rows from y = top to y = bottom, blending from one colour to another."""
        first, last = (round(min(max(y, 0), self.height) * self.zoom) for y in (top, bottom))
        if last <= first:
            return
        share = np.linspace(0, 1, last - first)[:, None, None]
        rows = np.rint(np.array(upper) * (1 - share) + np.array(lower) * share).astype(np.uint8)
        size = (self.colour_HW3.shape[1], last - first)
        self.colour_HW3[first:last] = cv2.resize(rows, size, interpolation=cv2.INTER_NEAREST)

    def fill_all(self, polygons_PN2: Points, colour: Colour) -> None:
        """Paint many polygons that do not overlap on what is there."""
        fixed = self._fixed(polygons_PN2.reshape(-1, 2)).reshape(polygons_PN2.shape)
        cv2.fillPoly(self.colour_HW3, list(fixed), colour, cv2.LINE_AA, _SHIFT_BITS)

    def shade(self, polygon_N2: Points, factor: float) -> None:
        """Set the brightness (1: unchanged, at most 1.25) of all that is painted inside a polygon so far."""
        level = round(_NEUTRAL * factor)
        cv2.fillPoly(self.shade_HW, [self._fixed(polygon_N2)], (level,), cv2.LINE_AA, _SHIFT_BITS)

    def line(
        self,
        points_N2: Points,
        colour: Colour,
        width: float,
        *,
        owner: int | None = None,
        closed: bool = False,
    ) -> None:
        """Draw a line with round ends, `width` in image pixels (at least one canvas pixel)."""
        points = [self._fixed(points_N2)]
        thickness = max(1, round(width * self.zoom))
        cv2.polylines(self.colour_HW3, points, closed, colour, thickness, cv2.LINE_AA, _SHIFT_BITS)
        if owner is not None:
            cv2.polylines(self.shade_HW, points, closed, (_NEUTRAL,), thickness, cv2.LINE_AA, _SHIFT_BITS)
            cv2.polylines(self.owner_HW, points, closed, (owner,), thickness, cv2.LINE_8, _SHIFT_BITS)

    def dot(self, centre_2: Points, radius: float, colour: Colour, *, owner: int | None = None) -> None:
        """Fill a disc, `radius` in image pixels."""
        num = min(40, 8 + ceil(radius * self.zoom / 2))
        self.fill(centre_2[:2] + radius * unit_circle(num), colour, owner=owner)

    def picture(self) -> Image:
        """The finished picture at its own size, shading multiplied in; shape [height, width, 3], RGB."""
        shade = cv2.applyColorMap(self.shade_HW, _shading_table())
        painted = cv2.multiply(self.colour_HW3, shade, scale=1 / _NEUTRAL)
        small = cv2.resize(painted, (self.width, self.height), interpolation=cv2.INTER_AREA)
        return np.asarray(small, dtype=np.uint8)

    def owners(self) -> npt.NDArray[np.int16]:
        """Owner code at each pixel's centre, shape [height, width]."""
        middle = self.zoom // 2
        return self.owner_HW[middle :: self.zoom, middle :: self.zoom]

    def _fixed(self, points_N2: Points) -> npt.NDArray[np.int32]:
        """Image to canvas coordinates (pixel centres to pixel centres) as cv2's fixed-point numbers."""
        scale = self.zoom * (1 << _SHIFT_BITS)
        offset = (self.zoom - 1) / 2 * (1 << _SHIFT_BITS) + 0.5
        return (points_N2[:, :2] * scale + offset).astype(np.int32)
