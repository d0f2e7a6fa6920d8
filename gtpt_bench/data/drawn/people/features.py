"""Faces: brows, eyes, nose and lips, painted through the 68 face points."""

from __future__ import annotations

import numpy as np

from gtpt_bench.data.drawn.paint.canvas import Colour
from gtpt_bench.data.drawn.paint.geometry import Frame, Points, average, centre_of, ellipse, hull, smooth, smooth_loop
from gtpt_bench.data.drawn.paint.palette import INK, WHITE, darker, lighter, mix
from gtpt_bench.data.drawn.people.brush import Brush
from gtpt_bench.data.drawn.people.face import LEFT_BROW, LEFT_EYE, LIPS, NOSE_TIP, RIGHT_BROW, RIGHT_EYE
from gtpt_bench.data.drawn.people.look import Look
from gtpt_bench.data.drawn.people.parts import Part

_SMALL_HEAD = 15.0
"""Below this height of the head, in pixels, eyes are dots."""


def paint_face(brush: Brush, head: Frame, points_682: Points, facing_68: Points, look: Look) -> None:
    """Everything on the face that is turned to the viewer.

    Args:
        points_682: the face points in the image.
        facing_68: cosine of each with the direction to the viewer.
    """
    if facing_68[NOSE_TIP] < -0.35:
        return
    _paint_cheeks(brush, head, points_682, facing_68, look)
    if look.beard:
        _paint_beard(brush, points_682, facing_68, look)
    _paint_lips(brush, head, points_682, facing_68, look)
    for eye, brow in ((RIGHT_EYE, RIGHT_BROW), (LEFT_EYE, LEFT_BROW)):
        if average(facing_68[eye]) > 0.1:
            _paint_eye(brush, head, points_682[eye], look)
        if average(facing_68[brow]) > 0.05:
            colour = darker(look.hair_colour, 0.35) if not look.hair.wrapped else INK
            brush.canvas.line(smooth(points_682[brow], 9), colour, 0.027 * head.unit)
    _paint_nose(brush, head, points_682, facing_68, look)
    if look.glasses:
        _paint_glasses(brush, head, points_682, facing_68, look.glasses)


def _paint_cheeks(brush: Brush, head: Frame, points: Points, facing: Points, look: Look) -> None:
    blush = mix(look.skin, (232, 96, 88), 0.26)
    for side, corner in ((-1, 41), (1, 46)):
        if facing[corner] > 0.25:
            middle = head.point(side * 0.215, -0.14, 0.33)
            width = 0.085 * head.unit * float(np.clip(facing[corner], 0.3, 1))
            brush.canvas.fill(ellipse(middle, width, 0.058 * head.unit), blush)
            if look.freckles and head.unit > 30:
                for dx, dy in ((-0.04, 0.02), (0.0, 0.035), (0.04, 0.015), (0.02, -0.01)):
                    brush.canvas.dot(middle[:2] + np.array((dx, -dy)) * head.unit, 0.009 * head.unit, look.skin_line)


def _paint_beard(brush: Brush, points: Points, facing: Points, look: Look) -> None:
    """From ear to ear along the jaw, up to the cheeks and over the lips; its strength mixes hair into skin."""
    if average(facing[LIPS]) < 0.0:
        return
    right, left = points[2:9], points[8:15]
    moustache = points[[35, 34, 33, 32, 31]] * 0.5 + points[[53, 52, 51, 50, 49]] * 0.5
    cheeks = [points[jaw] * 0.55 + points[corner] * 0.45 for jaw, corner in ((13, 54), (12, 54), (4, 48), (3, 48))]
    corners = [points[corner] * 1.06 - points[51] * 0.06 for corner in (54, 48)]
    upper = np.stack((cheeks[0], cheeks[1], corners[0], *moustache, corners[1], cheeks[2], cheeks[3]))
    colour = mix(look.skin, look.hair_colour, 0.4 + 0.55 * look.beard)
    brush.canvas.fill(np.concatenate((right, left[1:], upper)), colour)


def _paint_lips(brush: Brush, head: Frame, points: Points, facing: Points, look: Look) -> None:
    if average(facing[LIPS]) < 0.0:
        return
    outer = smooth_loop(points[48:60], 30)
    brush.canvas.fill(outer, look.lips)
    inner = smooth_loop(points[60:68], 24)
    gap = float(np.sqrt(((points[66] - points[62]) ** 2).sum()))
    if gap < 0.045 * head.unit:
        brush.canvas.line(smooth(points[60:65], 9), darker(look.lips, 0.5), 0.014 * head.unit)
        return
    brush.canvas.fill(inner, (92, 28, 40))
    teeth = np.concatenate((points[60:65], (points[60:65] * 0.6 + points[[60, 67, 66, 65, 64]] * 0.4)[::-1]))
    brush.canvas.fill(teeth, WHITE)
    if gap > 0.08 * head.unit:
        tongue = np.concatenate((points[[65, 66, 67]], points[[67, 66, 65]] * 0.75 + points[[61, 62, 63]] * 0.25))
        brush.canvas.fill(tongue, (214, 98, 104))


def _paint_eye(brush: Brush, head: Frame, eye_62: Points, look: Look) -> None:
    """White, iris and pupil between the lids, lashes along the upper one."""
    canvas, unit = brush.canvas, head.unit
    centre = centre_of(eye_62)
    if unit < _SMALL_HEAD:
        canvas.dot(centre, 0.05 * unit, INK)
        return
    outline = smooth_loop(eye_62, 24)
    canvas.fill(outline, WHITE)
    along = eye_62[3] - eye_62[0]
    height = float(np.sqrt(((eye_62[1] + eye_62[2] - eye_62[4] - eye_62[5]) ** 2).sum())) / 2
    width = float(np.sqrt((along**2).sum()))
    # The iris is as wide as the lids are apart, so that it just touches both.
    radius = height * 0.52
    narrow = min(1.0, width / (1.75 * height))
    canvas.fill(ellipse(centre, radius * narrow, radius, num=16), look.iris)
    canvas.fill(ellipse(centre, 0.55 * radius * narrow, 0.55 * radius, num=12), INK)
    if unit > 24:
        canvas.dot(centre + np.array((brush.light * 0.35, -0.38)) * radius, 0.26 * radius, WHITE)
    upper = smooth(eye_62[:4], 9)
    canvas.line(upper, darker(look.hair_colour, 0.7) if not look.hair.wrapped else INK, 0.02 * unit)
    canvas.line(smooth(eye_62[[3, 4, 5, 0]], 7), look.skin_line, 0.01 * unit)


def _paint_nose(brush: Brush, head: Frame, points: Points, facing: Points, look: Look) -> None:
    """A soft wedge that sticks out over the cheek when turned, with its lower edge drawn."""
    wedge = hull(np.concatenate((points[[28, 30, 31, 33, 35]], points[[30]] + (points[[30]] - points[[29]]) * 0.3)))
    shade = mix(look.skin, look.skin_line, 0.22)
    brush.part(wedge, shade, Part.HEAD)
    middle = centre_of(wedge)
    lit = middle + (wedge - middle) * 0.8 + np.array((brush.light * 0.02, -0.012)) * head.unit
    brush.canvas.fill(lit, lighter(look.skin, 0.12))
    brush.canvas.line(smooth(points[31:36], 7), look.skin_line, 0.02 * head.unit)
    if head.unit > 34:
        for nostril in (32, 34):
            brush.canvas.dot(points[nostril], 0.013 * head.unit, darker(look.skin_line, 0.35))


def _paint_glasses(brush: Brush, head: Frame, points: Points, facing: Points, colour: Colour) -> None:
    rims = []
    for eye, side in ((RIGHT_EYE, -1), (LEFT_EYE, 1)):
        if average(facing[eye]) < 0.1:
            continue
        centre = centre_of(points[eye])
        width = float(np.clip(average(facing[eye]) + 0.12, 0.3, 1))
        brush.canvas.line(
            ellipse(centre, 0.115 * width * head.unit, 0.1 * head.unit), colour, 0.022 * head.unit, closed=True
        )
        temple = head.point(side * 0.37, 0.05, 0.05)[:2]
        outer = head.point(side * 0.27, 0.05, 0.29)[:2]
        brush.canvas.line(np.stack((outer, temple)), colour, 0.02 * head.unit)
        rims.append(head.point(side * 0.06, 0.05, 0.39)[:2])
    if len(rims) == 2:
        brush.canvas.line(np.stack(rims), colour, 0.02 * head.unit)
