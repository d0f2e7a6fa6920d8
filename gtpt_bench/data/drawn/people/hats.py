"""Hats: caps above a line around the head, with peak, brim, band or bobble."""

from __future__ import annotations

import numpy as np

from gtpt_bench.data.drawn.paint.canvas import Colour
from gtpt_bench.data.drawn.paint.geometry import Frame, ball_hull, ramp, unit_circle
from gtpt_bench.data.drawn.paint.palette import darker, lighter
from gtpt_bench.data.drawn.people.brush import Brush
from gtpt_bench.data.drawn.people.look import HatKind
from gtpt_bench.data.drawn.people.parts import Part
from gtpt_bench.data.drawn.people.skull import AZIMUTHS_DEG, Skull

_HEIGHTS: dict[HatKind, float] = {"cap": 0.22, "beanie": 0.2, "sun hat": 0.25, "headband": 0.27}
"""Of the lower edge at the forehead, in heights of the head above its middle; all sit lower at the back."""
_THICK: dict[HatKind, float] = {"cap": 0.13, "beanie": 0.2, "sun hat": 0.15, "headband": 0.05}


def paint_hat(brush: Brush, skull: Skull, kind: HatKind, colour: Colour) -> None:
    """A hat on a head that already has its hair."""
    head = skull.frame
    heights = _HEIGHTS[kind] - 0.04 * (1 - np.cos(np.radians(AZIMUTHS_DEG)))
    cap = skull.cap(heights, _THICK[kind])
    if cap is None:
        return
    outline, edge = cap
    up = head.axes_33[:2, 1]
    if kind == "headband":
        brush.band(edge, 0.11 * head.unit, colour, Part.HAIR)
        return
    if kind == "sun hat":
        _paint_brim(brush, head, colour)
    elif kind == "cap" and head.facing < 0.1:
        _paint_peak(brush, head, colour)
    brush.outlined(outline, colour, Part.HAIR)
    if kind == "beanie":
        brush.band(edge + 0.04 * up, 0.11 * head.unit, lighter(colour, 0.3), Part.HAIR)
        brush.disc(head.point(0, 0.62, -0.03), 0.1 * head.unit, lighter(colour, 0.6), Part.HAIR)
    elif kind == "sun hat":
        brush.band(edge + 0.03 * up, 0.07 * head.unit, darker(colour, 0.45), Part.HAIR)
    elif head.facing >= 0.1:
        _paint_peak(brush, head, colour)


def _paint_brim(brush: Brush, head: Frame, colour: Colour) -> None:
    sideways, ahead = unit_circle(24).T
    ring = np.stack((0.66 * sideways, 0.2 + 0.04 * ahead**2, 0.66 * ahead - 0.03), axis=1)
    brush.outlined(ball_hull(head.place(ring), np.full(24, 0.02 * head.unit), 6), darker(colour, 0.08), Part.HAIR)


def _paint_peak(brush: Brush, head: Frame, colour: Colour) -> None:
    t = ramp(-1.15, 1.15, 11)
    inner = np.stack((0.37 * np.sin(t), np.full(11, 0.235), 0.4 * np.cos(t) - 0.03), axis=1)
    outer = np.stack((0.36 * np.sin(t), 0.22 + 0.01 * np.cos(t), 0.4 * np.cos(t) + 0.25 * np.cos(t * 1.2)), axis=1)
    ring = head.place(np.concatenate((inner, outer)))
    brush.outlined(ball_hull(ring, np.full(22, 0.015 * head.unit), 6), darker(colour, 0.25), Part.HAIR)
