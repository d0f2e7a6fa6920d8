"""What people wear over their clothes: backpacks and scarves."""

from __future__ import annotations

import numpy as np

from gtpt_bench.data.drawn.paint.canvas import Colour
from gtpt_bench.data.drawn.paint.geometry import Frame, Points, ball_hull, ellipse, smooth_loop, unit_circle
from gtpt_bench.data.drawn.paint.palette import darker
from gtpt_bench.data.drawn.paint.ribbon import Ribbon
from gtpt_bench.data.drawn.people.brush import Brush
from gtpt_bench.data.drawn.people.parts import Part
from gtpt_bench.data.drawn.people.skeleton import Skeleton
from gtpt_bench.data.drawn.people.trunk import front_of, patch_on

_HALF_WIDTH, _HALF_HEIGHT, _HALF_DEPTH = 0.082, 0.105, 0.05


def backpack_frame(skeleton: Skeleton) -> Frame:
    """Middle of the bag, behind the chest, in statures."""
    return skeleton.chest.at(skeleton.chest.point(0, -0.13, -0.115))


def paint_backpack(brush: Brush, skeleton: Skeleton, colour: Colour) -> None:
    """The bag itself, with pocket and flap where its back is seen."""
    bag = backpack_frame(skeleton)
    outline = _rounded_square() * (_HALF_WIDTH, _HALF_HEIGHT)
    corners = np.concatenate([np.insert(outline, 2, z, axis=1) for z in (-_HALF_DEPTH, _HALF_DEPTH)])
    brush.outlined(ball_hull(bag.place(corners), np.full(len(corners), brush.px(0.012)), 8), colour, Part.BAG)
    if bag.facing > -0.2:
        return
    pocket = np.insert(_rounded_square() * (0.06, 0.036) - (0.0, 0.05), 2, -_HALF_DEPTH, axis=1)
    brush.canvas.fill(smooth_loop(bag.place(pocket)[:, :2], 24), darker(colour, 0.18))
    flap = np.array(((-0.07, 0.03, -_HALF_DEPTH), (0.0, 0.015, -_HALF_DEPTH), (0.07, 0.03, -_HALF_DEPTH)))
    brush.canvas.line(bag.place(flap), darker(colour, 0.35), brush.px(0.008))


def _rounded_square() -> Points:
    """Twelve points on a unit square with soft corners."""
    circle = unit_circle(12)
    return np.asarray(np.sign(circle) * np.sqrt(np.abs(circle)))


def paint_straps(brush: Brush, torso: Ribbon, colour: Colour) -> None:
    """The straps over the shoulders and down the front of the chest."""
    for sign in (-1, 1):
        strap = patch_on(torso, [(0.04, sign * 44), (0.2, sign * 40), (0.42, sign * 44), (0.6, sign * 62)])
        if strap is not None:
            brush.canvas.line(strap, darker(colour, 0.1), brush.px(0.024))


def paint_scarf(brush: Brush, skeleton: Skeleton, torso: Ribbon, colour: Colour) -> None:
    """Around the neck, one end hanging down in front."""
    end = patch_on(torso, [(0.05, 14), (0.05, 34), (0.45, 30), (0.45, 14)])
    if end is not None and front_of(torso) > 0:
        brush.outlined(end, darker(colour, 0.08), Part.TORSO)
    neck = skeleton.chest.point(0, 0.006, 0.01)
    brush.outlined(ellipse(neck, brush.px(0.06), brush.px(0.034)), colour, Part.NECK)
    fold = neck[:2] + np.array((0.0, brush.px(0.006)))
    half = np.array((brush.px(0.042), -brush.px(0.004)))
    brush.canvas.line(np.stack((fold - half, fold + half)), darker(colour, 0.2), brush.px(0.006))
