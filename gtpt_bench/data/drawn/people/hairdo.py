"""Hair as it is seen: on the head, hanging down, and tied."""

from __future__ import annotations

import numpy as np

from gtpt_bench.data.drawn.paint.geometry import Frame, Points, ellipse, ramp, smooth
from gtpt_bench.data.drawn.paint.palette import darker, lighter
from gtpt_bench.data.drawn.paint.ribbon import Ribbon, limb, solid
from gtpt_bench.data.drawn.people.brush import Brush
from gtpt_bench.data.drawn.people.hair import HairStyle
from gtpt_bench.data.drawn.people.look import Look
from gtpt_bench.data.drawn.people.parts import Part
from gtpt_bench.data.drawn.people.skeleton import Skeleton
from gtpt_bench.data.drawn.people.skull import Skull

_PONYTAIL = np.array(((0, 0.26, -0.4), (0, 0.22, -0.6), (0, -0.08, -0.66), (0, -0.42, -0.58)))
_PIGTAIL = np.array(((0.34, 0.05, -0.15), (0.5, -0.02, -0.16), (0.52, -0.3, -0.1), (0.47, -0.55, -0.05)))
"""Paths in head coordinates; the pigtail is the left one."""
_FALL_ROWS = np.array(
    ((0.62, 0.3, -0.1), (0.98, 0.34, -0.12), (1.0, 0.3, -0.16), (0.98, 0.22, -0.22), (0.74, 0.17, -0.24))
)
"""Hanging hair from the crown down: share of its width, half depth, and place behind the head's middle."""
_STRAND_WIDTH = 0.014


def paint_hair(brush: Brush, skull: Skull, look: Look) -> None:
    """The hair on the head, with a gleam on the side of the light."""
    style = look.hair
    if style.thick < 0:
        return
    cap = skull.cap(_heights(style), style.thick, style.curls)
    if cap is None:
        return
    outline, _ = cap
    brush.outlined(outline, look.hair_colour, Part.HAIR, strength=0.35)
    crown = skull.angle_of(skull.frame.point(0, 0.6, 0.0))
    angles = crown + brush.light * ramp(0.15, 0.95, 9)
    gleam = np.concatenate((skull.silhouette(angles, 0.84), skull.silhouette(angles[::-1], ramp(0.78, 0.7, 9))))
    brush.canvas.fill(gleam, lighter(look.hair_colour, 0.13))


def _heights(style: HairStyle) -> Points:
    f = style.front
    sides = (style.nape, (style.nape + style.ear) / 2, style.ear, style.side)
    return np.array((*sides, *f, *sides[::-1]))


def paint_back_hair(brush: Brush, skeleton: Skeleton, look: Look) -> None:
    """Hair behind head and neck, or over the back when seen from behind: loose or tied."""
    _paint_fall(brush, skeleton.chest, skeleton.head, look)
    _paint_tied(brush, skeleton.head, look)


def _paint_fall(brush: Brush, chest: Frame, head: Frame, look: Look) -> None:
    if look.hair.fall <= 0:
        return
    ribbon = _fall_ribbon(chest, head, look.hair)
    colour = look.hair_colour if head.facing < 0 else darker(look.hair_colour, 0.12)
    brush.ribbons([(ribbon, colour, Part.HAIR)])
    if look.hair.curls:
        for place in ribbon.at(np.tile(ramp(0.2, 1.0, 7), 2), np.repeat((-1.0, 1.0), 7)):
            brush.disc(place, 0.1 * head.unit, colour, Part.HAIR)
    for v in (-0.5, 0.05, 0.55):
        strand = ribbon.at(ramp(0.35, 0.96, 6), np.full(6, v))
        brush.canvas.line(strand, darker(look.hair_colour, 0.25), _STRAND_WIDTH * head.unit)


def _fall_ribbon(chest: Frame, head: Frame, style: HairStyle) -> Ribbon:
    """Below the chin hair follows the trunk rather than the head."""
    share, depth, back = _FALL_ROWS.T
    up = np.array((0.36, 0.1, -0.15, -style.fall * 0.75, -style.fall))
    centres = head.place(np.stack((0 * up, up, back), axis=1))
    hang = chest.at(centres[2], head.unit / chest.unit)
    centres[3:] = hang.place(np.stack((0 * up, up - up[2], back - back[2]), axis=1))[3:]
    lateral = head.axes_33[:, 0] * (style.fall_width * share)[:, None]
    return solid(centres, lateral, head.axes_33[:, 2] * depth[:, None])


def _paint_tied(brush: Brush, head: Frame, look: Look) -> None:
    """Ponytail, bun, braid at the back."""
    colour, unit = look.hair_colour, head.unit
    match look.hair.tied:
        case "ponytail":
            path = head.place(_PONYTAIL)
            tail = _tail(path, unit * np.array((0.06, 0.15, 0.16, 0.03)))
            brush.ribbons([(tail, colour, Part.HAIR)])
            brush.disc(path[0], 0.07 * unit, look.hat_colour, Part.HAIR)
        case "bun":
            brush.outlined(ellipse(head.point(0, 0.42, -0.3), 0.19 * unit, 0.17 * unit), colour, Part.HAIR)
        case "braid":
            for step in range(6):
                knot = head.point(0, -0.2 - 0.13 * step, -0.42 + 0.01 * step)
                brush.outlined(ellipse(knot, (0.11 - 0.008 * step) * unit, 0.09 * unit), colour, Part.HAIR)
            brush.disc(head.point(0, -0.93, -0.36), 0.06 * unit, look.hat_colour, Part.HAIR)
        case _:
            pass


def paint_side_hair(brush: Brush, head: Frame, look: Look, side: int) -> None:
    """One of two pigtails or puffs; side 0 is the person's left."""
    sign = 1 - 2 * side
    unit, colour = head.unit, look.hair_colour
    if look.hair.tied == "pigtails":
        path = head.place(_PIGTAIL * (sign, 1, 1))
        brush.ribbons([(_tail(path, unit * np.array((0.05, 0.12, 0.13, 0.02))), colour, Part.HAIR)])
        brush.disc(path[0] * 0.6 + path[1] * 0.4, 0.06 * unit, look.hat_colour, Part.HAIR)
    elif look.hair.tied == "puffs":
        brush.outlined(ellipse(head.point(sign * 0.36, 0.36, -0.08), 0.2 * unit, 0.19 * unit), colour, Part.HAIR)


def _tail(path_43: Points, radii_4: Points) -> Ribbon:
    """A tapering tail along a curve."""
    knots = smooth(np.concatenate((path_43[:, :2], radii_4[:, None]), axis=1), 10)
    centre, radius = knots[:, :2], np.maximum(knots[:, 2:], 0.3)
    along = np.gradient(centre, axis=0)
    along /= np.maximum(np.sqrt((along * along).sum(axis=1, keepdims=True)), 1e-6)
    normal = np.stack((along[:, 1], -along[:, 0]), axis=1)
    return Ribbon(ramp(0, 1, 10), centre, normal * radius, 0 * centre, along[-1] * radius[-1])


def paint_wrap(brush: Brush, chest: Frame, head: Frame, look: Look) -> None:
    """The folds of a head scarf around the neck."""
    neck = limb(head.point(0, -0.3, -0.02), chest.point(0, -0.045, 0.01), head.unit * np.array((0.36, 0.37, 0.44)))
    brush.ribbons([(neck, look.hair_colour, Part.HAIR)])
    for v in (-0.3, 0.4):
        fold = neck.at(ramp(0.3, 0.95, 5), np.linspace(v, v * 1.6, 5))
        brush.canvas.line(fold, darker(look.hair_colour, 0.2), _STRAND_WIDTH * head.unit)
