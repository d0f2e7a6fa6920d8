"""Hands with five fingers, and feet in shoes."""

from __future__ import annotations

import numpy as np

from gtpt_bench.data.drawn.paint.geometry import Points, average, ball_hull, part_way
from gtpt_bench.data.drawn.paint.palette import WHITE, darker, lighter, mix
from gtpt_bench.data.drawn.people.brush import Brush
from gtpt_bench.data.drawn.people.hand import FINGERS
from gtpt_bench.data.drawn.people.look import Look
from gtpt_bench.data.drawn.people.parts import Part, owner_code
from gtpt_bench.data.drawn.people.skeleton import Arm, Leg

_FINGER_WIDTHS = (0.16, 0.145, 0.15, 0.14, 0.12)
_PALM_JOINTS, _PALM_RADII = [0, 1, 5, 9, 13, 17], np.array((0.13, 0.085, 0.08, 0.08, 0.08, 0.075))
_MITTEN_JOINTS = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]
"""Widths and radii in lengths of the hand."""
_MITTEN_PX, _OUTLINED_PX, _NAILED_PX = 6.0, 10.0, 26.0
"""Hands get fingers, outlined fingers and nails from these lengths on."""


def paint_hand(brush: Brush, arm: Arm, side: int, look: Look) -> None:
    """Palm and five fingers, the ones further from the viewer first; a mitten where they would be a blur."""
    joints, part = arm.hand_213, Part.HAND + side
    size = float(np.sqrt(((joints[9] - joints[0]) ** 2).sum())) * 2
    if size < _MITTEN_PX:
        brush.part(ball_hull(joints[_MITTEN_JOINTS], np.full(len(_MITTEN_JOINTS), 0.07 * size), 8), look.skin, part)
        return
    depths = joints[1:, 2].reshape(5, 4)[:, 1:].sum(axis=1) / 3
    order = np.argsort(depths, kind="stable").tolist()
    palm_depth = average(joints[[0, 5, 17], 2])
    for finger in order:
        if depths[finger] <= palm_depth:
            _paint_finger(brush, joints, finger, size, side, look)
    brush.outlined(ball_hull(joints[_PALM_JOINTS], size * _PALM_RADII, 10), look.skin, part, strength=0.3)
    for finger in order:
        if depths[finger] > palm_depth:
            _paint_finger(brush, joints, finger, size, side, look)
    if size >= _OUTLINED_PX:
        for knuckle in joints[[5, 9, 13, 17]]:
            brush.canvas.dot(knuckle, 0.06 * size, look.skin)
    if size >= _NAILED_PX:
        _paint_nails(brush, joints, size, look)


def _paint_finger(brush: Brush, joints_213: Points, finger: int, size: float, side: int, look: Look) -> None:
    joints = joints_213[list(FINGERS[finger])]
    width = _FINGER_WIDTHS[finger] * size
    owner = owner_code(brush.slot, Part.HAND + side)
    if size < _OUTLINED_PX:
        brush.canvas.line(joints, look.skin, width, owner=owner)
        return
    brush.canvas.line(joints, look.skin_line, width + 2 * brush.outline_width, owner=owner)
    brush.canvas.line(joints, look.skin, width)


def _paint_nails(brush: Brush, joints_213: Points, size: float, look: Look) -> None:
    nail = lighter(mix(look.skin, (235, 150, 140), 0.3), 0.25)
    for finger in FINGERS:
        brush.canvas.dot(part_way(joints_213[finger[2]], joints_213[finger[3]], 0.95), 0.04 * size, nail)


def paint_foot(brush: Brush, leg: Leg, side: int, look: Look) -> None:
    """A shoe or a sandalled foot around heel and toes."""
    up = leg.foot.axes_33[:, 1]
    # Keypoints of heel and toes lie on the sole; the shoe's rounded corners have their middles above it.
    centres = np.stack((leg.heel, leg.ankle, leg.big_toe, leg.small_toe)) + np.outer((0.018, 0, 0.018, 0.018), up)
    radii = brush.px(1.0) * np.array((0.023, 0.026, 0.02, 0.018))
    if look.shoes == "sandals":
        brush.outlined(ball_hull(centres, radii), look.skin, Part.FOOT + side)
        _paint_straps(brush, leg, look, (0.45, 0.8), 0.8)
        return
    sole = WHITE if look.shoes == "sneakers" else darker(look.shoe_colour, 0.5)
    brush.outlined(ball_hull(centres, radii), sole, Part.FOOT + side)
    upper = ball_hull(centres + 0.011 * up, radii * np.array((0.93, 1.0, 0.86, 0.86)))
    brush.canvas.fill(upper, look.shoe_colour)
    if look.shoes == "sneakers":
        _paint_straps(brush, leg, look, (0.42, 0.62), 0.35)


def _paint_straps(brush: Brush, leg: Leg, look: Look, shares: tuple[float, float], half: float) -> None:
    """Straps of a sandal or laces of a sneaker, across the foot at shares of the way from ankle to toes."""
    sandal = look.shoes == "sandals"
    up = np.zeros(3) if sandal else 0.011 * leg.foot.axes_33[:, 1]
    ball, across = (leg.big_toe + leg.small_toe) / 2, (leg.small_toe - leg.big_toe) * half
    for share in shares:
        middle = part_way(leg.ankle, ball, share) + up
        line = np.stack((middle - across, middle + across))
        brush.canvas.line(line, look.shoe_colour if sandal else WHITE, brush.px(0.011 if sandal else 0.006))
