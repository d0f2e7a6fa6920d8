"""What is worn on the trunk; collars, buttons, prints and seams tell its front from its back."""

from __future__ import annotations

from math import pi

import numpy as np

from gtpt_bench.data.drawn.paint.canvas import Colour
from gtpt_bench.data.drawn.paint.geometry import Points, ellipse, ramp
from gtpt_bench.data.drawn.paint.palette import METALS, WHITE, darker, lighter, mix
from gtpt_bench.data.drawn.paint.ribbon import Ribbon
from gtpt_bench.data.drawn.people.brush import Brush
from gtpt_bench.data.drawn.people.look import Cloth, Look, TopKind
from gtpt_bench.data.drawn.people.parts import Part
from gtpt_bench.data.drawn.people.pattern import paint_pattern
from gtpt_bench.data.drawn.people.trunk import front_of, patch_on

_NECKLINE_DEPTHS: dict[TopKind, float] = {"dress": 0.19, "tank": 0.2, "shirt": 0.13, "jumper": 0.1, "dungarees": 0.13}
_TIE: Colour = (178, 58, 72)


def paint_torso(brush: Brush, torso: Ribbon, look: Look) -> None:
    """The upper body's clothing with all its details."""
    cloth = look.shirt_cloth
    brush.ribbons([(torso, cloth.base, Part.TORSO)])
    paint_pattern(brush.canvas, torso, cloth, brush.scale, trunk=True)
    brush.shade_side(torso, inner=0.45, start=0.12)
    _paint_neckline(brush, torso, look)
    match look.top:
        case "buttoned":
            _paint_buttons(brush, torso, cloth, 0.9)
        case "polo":
            _paint_buttons(brush, torso, cloth, 0.35)
        case "hoodie":
            _paint_hoodie(brush, torso, cloth)
        case "jacket":
            _paint_open_jacket(brush, torso, look)
        case "suit":
            _paint_lapels(brush, torso, look)
        case "dungarees":
            _paint_bib(brush, torso, look.bottom_cloth.base)
        case "jumper":
            brush.canvas.fill(torso.strip(0.93, 1, -1, 1), darker(cloth.base, 0.18))
        case _:
            _paint_print(brush, torso, look)
    if look.bottom != "skirt" and look.tucked_in:
        brush.canvas.fill(torso.strip(0.92, 0.99, -1, 1), darker(look.bottom_cloth.base, 0.3))
    if front_of(torso) < -0.2:
        _paint_back_seams(brush, torso, darker(cloth.base, 0.22))


def _paint_neckline(brush: Brush, torso: Ribbon, look: Look) -> None:
    """A round neck with a trim; from behind only the trim."""
    trim = mix(look.top_cloth.base, look.top_cloth.second, 0.5)
    if front_of(torso) < 0.3:
        brush.canvas.line(torso.at(np.full(7, 0.03), ramp(-0.95, 0.95, 7)), trim, brush.px(0.012))
        return
    t = ramp(-1, 1, 11)
    v = np.sin(np.clip(np.radians(62) * t + torso.turn, -pi / 2, pi / 2))
    opening = torso.at(0.01 + _NECKLINE_DEPTHS.get(look.top, 0.16) * (1 - t * t), v)
    # The opening reaches over the torso's upper outline, which would cross the neck like a ribbon.
    over = 0.06 * (opening[[0, -1]].mean(axis=0) - torso.point(1, 0))
    skin = np.concatenate((opening, opening[[-1, 0]] + over))
    brush.part(skin, look.skin, Part.TORSO)
    brush.canvas.shade(skin, 0.88)
    brush.canvas.line(opening, trim, brush.px(0.011))


def _paint_buttons(brush: Brush, torso: Ribbon, cloth: Cloth, end: float) -> None:
    """A placket with buttons down to u = end, a collar and a breast pocket."""
    centre = torso.seen_at(0)
    if centre is None:
        return
    dark = darker(cloth.base, 0.25)
    brush.canvas.line(torso.at(np.linspace(0.2, end, 9), np.full(9, centre)), dark, brush.px(0.006))
    rows = np.arange(0.26, end, 0.14)
    for button in torso.at(rows, np.full(len(rows), centre)):
        brush.canvas.dot(button, brush.px(0.007), lighter(cloth.base, 0.75))
    _paint_collar(brush, torso, lighter(cloth.base, 0.3))
    pocket = patch_on(torso, [(0.36, 22), (0.36, 44), (0.5, 44), (0.53, 33), (0.5, 22)])
    if pocket is not None and brush.scale > 70:
        brush.canvas.line(pocket, dark, brush.px(0.006), closed=True)


def _paint_collar(brush: Brush, torso: Ribbon, colour: Colour) -> None:
    for sign in (-1, 1):
        wing = patch_on(torso, [(0.0, sign * 50), (0.1, sign * 52), (0.25, sign * 24), (0.18, sign * 4)])
        if wing is not None:
            brush.canvas.fill(wing, darker(colour, 0.25))
            brush.canvas.fill(wing - np.array((0.0, brush.px(0.004))), colour)


def _paint_hoodie(brush: Brush, torso: Ribbon, cloth: Cloth) -> None:
    """Strings and a pouch in front, the hood at the back."""
    if front_of(torso) < -0.2:
        hood = ellipse(torso.point(0.12, 0), brush.px(0.062), brush.px(0.05))
        brush.outlined(hood, darker(cloth.base, 0.1), Part.TORSO)
        return
    pouch = patch_on(torso, [(0.66, -28), (0.66, 28), (0.86, 46), (0.86, -46)])
    if pouch is not None:
        brush.canvas.fill(pouch, darker(cloth.base, 0.2))
    for sign in (-1, 1):
        string = patch_on(torso, [(0.17, sign * 16), (0.27, sign * 15), (0.36, sign * 13)])
        if string is not None:
            brush.canvas.line(string, lighter(cloth.base, 0.7), brush.px(0.007))


def _paint_open_jacket(brush: Brush, torso: Ribbon, look: Look) -> None:
    """A shirt between the two sides of a jacket."""
    right, left = torso.seen_at(-17), torso.seen_at(17)
    if left is None or right is None:
        return
    brush.canvas.fill(torso.strip(0.08, 1, right, left), look.print_colour or look.top_cloth.second)
    for v in (right, left):
        edge = torso.at(ramp(0.06, 1, 6), np.full(6, v))
        brush.canvas.line(edge, darker(look.top_cloth.base, 0.25), brush.px(0.012))


def _paint_lapels(brush: Brush, torso: Ribbon, look: Look) -> None:
    """A suit's front: a wedge of white shirt, lapels and a tie."""
    right, left = torso.seen_at(-17), torso.seen_at(17)
    if left is None or right is None:
        return
    centre = (left + right) / 2
    edges = [torso.at(ramp(0.08, 0.72, 6), np.linspace(v, centre, 6)) for v in (right, left)]
    brush.canvas.fill(np.concatenate((edges[0], edges[1][::-1])), WHITE)
    for edge in edges:
        brush.canvas.line(edge, darker(look.top_cloth.base, 0.25), brush.px(0.012))
    spread = np.array((0, 0.06, 0.1, 0, -0.1, -0.06))
    tie = torso.at(np.array((0.16, 0.2, 0.62, 0.68, 0.62, 0.2)), np.clip(centre + spread, -1, 1))
    brush.canvas.fill(tie, look.print_colour or _TIE)
    _paint_collar(brush, torso, WHITE)


def _paint_bib(brush: Brush, torso: Ribbon, colour: Colour) -> None:
    """Dungarees: bib and brass buttons in front, straps that cross at the back."""
    brush.canvas.fill(torso.strip(0.74, 1.0, -1, 1), colour)
    bib = patch_on(torso, [(0.36, -30), (0.36, 30), (0.78, 38), (0.78, -38)])
    if bib is not None:
        brush.canvas.fill(bib, colour)
    for sign in (-1, 1):
        behind = patch_on(torso, [(0.03, sign * 140), (0.76, sign * 172)])
        if behind is not None:
            brush.canvas.line(behind, colour, brush.px(0.022))
        before = patch_on(torso, [(0.03, sign * 40), (0.2, sign * 34), (0.4, sign * 26)])
        if before is not None:
            brush.canvas.line(before, colour, brush.px(0.022))
            brush.canvas.dot(before[-1], brush.px(0.009), METALS[0])


def _paint_print(brush: Brush, torso: Ribbon, look: Look) -> None:
    """A disc, star or heart on the chest of a plain garment."""
    v = torso.seen_at(0)
    if v is None or look.print_colour is None or look.top_cloth.pattern not in ("plain", "fade"):
        return
    size = brush.px(0.036)
    shape = _emblem(sum(look.print_colour) % 3) * np.array((size * max(front_of(torso), 0.3), size))
    brush.canvas.fill(torso.point(0.38, v) + shape, look.print_colour)


def _emblem(kind: int) -> Points:
    """Outline of a disc, a star or a heart of about unit radius, shape [21, 2]."""
    t = np.linspace(0, 2 * pi, 21)
    if kind == 0:
        return np.stack((np.sin(t), np.cos(t)), axis=1)
    if kind == 1:
        reach = np.array((1.2, 0.8, 0.5, 0.8))[np.arange(21) % 4]
        return np.stack((np.sin(t) * reach, -np.cos(t) * reach), axis=1)
    return np.stack((np.sin(t) ** 3, -(0.81 * np.cos(t) - 0.31 * np.cos(2 * t) - 0.12 * np.cos(3 * t))), axis=1)


def _paint_back_seams(brush: Brush, torso: Ribbon, colour: Colour) -> None:
    """A yoke across the shoulders and a line along the spine."""
    brush.canvas.line(torso.at(np.full(9, 0.24), ramp(-0.9, 0.9, 9)), colour, brush.px(0.006))
    centre = torso.seen_at(180)
    if centre is not None:
        brush.canvas.line(torso.at(ramp(0.3, 0.8, 5), np.full(5, centre)), colour, brush.px(0.005))
