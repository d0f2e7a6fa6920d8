"""Woven and printed patterns on a band of cloth; they turn and bend with the body."""

from __future__ import annotations

import numpy as np

from gtpt_bench.data.drawn.paint.canvas import Canvas
from gtpt_bench.data.drawn.paint.geometry import Points, ramp, unit_circle
from gtpt_bench.data.drawn.paint.palette import mix
from gtpt_bench.data.drawn.paint.ribbon import Ribbon
from gtpt_bench.data.drawn.people.look import Cloth

_PERIOD = 0.042
"""Length of one repeat at size 1, in statures."""


def paint_pattern(canvas: Canvas, ribbon: Ribbon, cloth: Cloth, scale: float, *, trunk: bool = False) -> None:
    """Paint a cloth's second colour over a band already filled with its base.

    Args:
        scale: pixels of one stature.
        trunk: a torso or skirt, where bands and colour blocks have their place.
    """
    if cloth.pattern == "plain":
        return
    period = max(_PERIOD * cloth.size * scale, 3.0)
    repeats = max(1, round(ribbon.length / period))
    match cloth.pattern:
        case "stripes":
            _rings(canvas, ribbon, cloth, repeats)
        case "pinstripes":
            _lengthwise(canvas, ribbon, cloth)
        case "checks":
            _checks(canvas, ribbon, cloth, repeats)
        case "dots":
            _dots(canvas, ribbon, cloth, period, repeats)
        case "fade":
            _fade(canvas, ribbon, cloth)
        case "zigzag" if trunk:
            _zigzag(canvas, ribbon, cloth, period)
        case "band" if trunk:
            canvas.fill(ribbon.strip(0.34, 0.56, -1, 1), cloth.second)
        case "blocks" if trunk:
            canvas.fill(ribbon.strip(0.5, 1.0, -1, 1), cloth.second)
        case _:
            pass


def _ring_bounds(repeats: int, start: float, end: float) -> Points:
    """Rows (u0, u1, -1, 1) of one ring in every repeat, between two shares of it."""
    u = (np.arange(repeats)[:, None] + np.array((start, end))) / repeats
    return np.concatenate((u, np.tile((-1.0, 1.0), (repeats, 1))), axis=1)


def _line_bounds(ribbon: Ribbon, spacing_deg: float, width_deg: float) -> Points:
    """Rows (u0, u1, v0, v1) of lengthwise stripes that face the viewer, from joint to joint."""
    centres = np.radians(np.arange(0.0, 360.0, spacing_deg)) + ribbon.turn
    centres = centres[np.cos(centres) > 0.12]
    edges = np.sin(centres[:, None] + np.radians((-width_deg / 2, width_deg / 2)))
    return np.concatenate((np.tile(ribbon.joints, (len(edges), 1)), edges), axis=1)


def _rings(canvas: Canvas, ribbon: Ribbon, cloth: Cloth, repeats: int) -> None:
    canvas.fill_all(ribbon.strips(_ring_bounds(repeats, 0.5, 1.0)), cloth.second)


def _lengthwise(canvas: Canvas, ribbon: Ribbon, cloth: Cloth) -> None:
    spacing = 24.0 * cloth.size
    canvas.fill_all(ribbon.strips(_line_bounds(ribbon, spacing, 0.22 * spacing)), cloth.second)


def _checks(canvas: Canvas, ribbon: Ribbon, cloth: Cloth, repeats: int) -> None:
    half = mix(cloth.base, cloth.second, 0.5)
    lines, rings = _line_bounds(ribbon, 40.0, 18.0), _ring_bounds(repeats, 0.25, 0.7)
    canvas.fill_all(ribbon.strips(lines), half)
    canvas.fill_all(ribbon.strips(rings), half)
    crossings = np.concatenate((np.repeat(rings[:, :2], len(lines), 0), np.tile(lines[:, 2:], (len(rings), 1))), 1)
    canvas.fill_all(ribbon.strips(crossings, 2), cloth.second)


def _dots(canvas: Canvas, ribbon: Ribbon, cloth: Cloth, period: float, repeats: int) -> None:
    angles, rows = np.meshgrid(np.arange(0.0, 360.0, 36.0), np.arange(repeats))
    turned = np.radians(angles + 18.0 * (rows % 2)) + ribbon.turn
    seen = np.cos(turned) > 0.25
    first, last = ribbon.joints
    centres = ribbon.at(first + (last - first) * (rows[seen] + 0.5) / repeats, np.sin(turned[seen]))
    narrow = np.stack((np.cos(turned[seen]), np.ones(len(centres))), axis=1)
    canvas.fill_all(centres[:, None] + 0.23 * period * narrow[:, None] * unit_circle(10), cloth.second)


def _fade(canvas: Canvas, ribbon: Ribbon, cloth: Cloth) -> None:
    steps = 8
    for step in range(1, steps):
        colour = mix(cloth.base, cloth.second, 0.85 * step / (steps - 1))
        canvas.fill(ribbon.strip(step / steps, 1.0, -1, 1), colour)


def _zigzag(canvas: Canvas, ribbon: Ribbon, cloth: Cloth, period: float) -> None:
    v = ramp(-1, 1, 15)
    swing = 0.3 * period / max(ribbon.length, 1.0) * np.where(np.arange(15) % 2, 1.0, -1.0)
    for middle in (0.32, 0.5):
        canvas.line(_across(ribbon, middle + swing, v), cloth.second, 0.22 * period)


def _across(ribbon: Ribbon, u_K: Points, v_K: Points) -> Points:
    return ribbon.at(u_K, v_K * 0.985)
