"""A head in the order it is painted: skull, face, ears, hair and hat."""

from __future__ import annotations

from math import atan2, degrees, pi

import numpy as np

from gtpt_bench.data.drawn.paint.geometry import Frame, Points, centre_of, ellipse, hull
from gtpt_bench.data.drawn.paint.palette import darker
from gtpt_bench.data.drawn.people.brush import Brush
from gtpt_bench.data.drawn.people.face import EARS_23, JAW
from gtpt_bench.data.drawn.people.features import paint_face
from gtpt_bench.data.drawn.people.hairdo import paint_back_hair, paint_hair, paint_side_hair
from gtpt_bench.data.drawn.people.hats import paint_hat
from gtpt_bench.data.drawn.people.look import Look
from gtpt_bench.data.drawn.people.parts import Part
from gtpt_bench.data.drawn.people.skeleton import Skeleton
from gtpt_bench.data.drawn.people.skull import Skull


def paint_head(brush: Brush, skeleton: Skeleton, face_683: Points, facing_68: Points, look: Look) -> None:
    """Everything above the neck, but for the hair behind it.

    Args:
        face_683: the face points in image coordinates; facing_68: cosine of each with the viewer's direction.
    """
    head = skeleton.head
    skull = Skull(head)
    near = 0 if head.axes_33[2, 0] > 0 else 1
    near_ear = abs(float(head.axes_33[2, 0])) > 0.15 * head.unit and not look.hair.covers_ears
    paint_side_hair(brush, head, look, 1 - near)
    paint_ear(brush, head, look, 1 - near)
    if not near_ear:
        paint_ear(brush, head, look, near)
    _paint_skull(brush, skull, face_683, look)
    paint_face(brush, head, face_683[:, :2], facing_68, look)
    paint_hair(brush, skull, look)
    if near_ear:
        paint_ear(brush, head, look, near)
    paint_side_hair(brush, head, look, near)
    if look.hat:
        paint_hat(brush, skull, look.hat, look.hat_colour)
    if head.facing < 0:
        paint_back_hair(brush, skeleton, look)


def _paint_skull(brush: Brush, skull: Skull, face_683: Points, look: Look) -> None:
    """The bare head: cranium and jaw, and its shaded side."""
    angles = np.linspace(0, 2 * pi, 36, endpoint=False)
    outline = hull(np.concatenate((skull.silhouette(angles), face_683[JAW, :2])))
    brush.outlined(outline, look.skin, Part.HEAD, strength=0.3)
    middle = centre_of(outline)
    lit = middle + (outline - middle) * 0.9 + np.array((brush.light * 0.035, -0.015)) * skull.frame.unit
    brush.canvas.shade(outline, 0.9)
    brush.canvas.shade(lit, 1.0)


def paint_ear(brush: Brush, head: Frame, look: Look, side: int) -> None:
    """Side 0 is the left ear, 1 the right; wider the more it is turned to the viewer."""
    turned = abs(float(head.axes_33[2, 0])) / head.unit
    centre = head.place(EARS_23[side])[:2]
    upright = degrees(atan2(head.axes_33[1, 1], head.axes_33[0, 1])) + 90
    shape = ellipse(centre, (0.052 + 0.02 * turned) * head.unit, 0.085 * head.unit, upright, 16)
    brush.outlined(shape, look.skin, Part.EAR + side, strength=0.3)
    brush.canvas.fill(centre + (shape - centre) * 0.5, look.skin_line if turned > 0.3 else darker(look.skin, 0.15))
