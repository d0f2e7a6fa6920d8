"""Things that stand between people, carry them or are held by them; they hide what is behind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gtpt_bench.data.drawn.paint.canvas import PROP, Canvas, Colour
from gtpt_bench.data.drawn.paint.geometry import Points, box_points, ellipse, smooth, smooth_loop
from gtpt_bench.data.drawn.paint.palette import CLOTHES, WHITE, chance, darker, lighter, mix, pick, weighted
from gtpt_bench.data.drawn.scenery.outdoors import tree
from gtpt_bench.data.drawn.scenery.setting import Place, Setting, blob

PropPainter = Callable[[Canvas, np.random.Generator, Setting, Points, float], None]
"""Paints a prop at a point on the ground; the float is the height in pixels of a grown-up standing there."""

_WOOD: Colour = (176, 124, 78)


def paint_prop(canvas: Canvas, rng: np.random.Generator, setting: Setting, foot_2: Points, scale: float) -> None:
    """One that suits the place, with its shadow."""
    weighted(rng, _PROPS[setting.place])(canvas, rng, setting, foot_2, scale)


def ground_shadow(canvas: Canvas, foot_2: Points, half_width: float, light: int) -> None:
    """A soft-edged shadow on the ground, away from the light."""
    centre = foot_2 - np.array((0.25 * light * half_width, 0.0))
    canvas.shade(ellipse(centre, 1.15 * half_width, 0.27 * half_width), 0.9)
    canvas.shade(ellipse(centre, 0.9 * half_width, 0.19 * half_width), 0.8)


def _solid(canvas: Canvas, polygon: Points, colour: Colour, scale: float) -> None:
    canvas.fill(polygon, colour, owner=PROP)
    canvas.line(polygon, darker(colour, 0.35), 0.006 * scale, owner=PROP, closed=True)


def _bush(canvas: Canvas, rng: np.random.Generator, setting: Setting, foot: Points, scale: float) -> None:
    size = scale * rng.uniform(0.14, 0.27)
    green = mix(setting.scheme.middle, (88, 140, 84), rng.uniform(0.2, 0.6))
    ground_shadow(canvas, foot, 1.3 * size, setting.light)
    for dx, dy, r in ((-0.75, 0.45, 0.6), (0.75, 0.4, 0.55), (0.0, 0.75, 0.85)):
        centre = foot + np.array((dx, -dy)) * size
        canvas.fill(blob(rng, centre, r * size * 1.1, r * size, 8), darker(green, 0.14), owner=PROP)
        canvas.fill(
            blob(rng, centre + np.array((setting.light * 0.08, -0.08)) * size, 0.85 * r * size, 0.78 * r * size, 8),
            green,
        )
    if chance(rng, 0.5):
        for dx, dy in rng.uniform((-0.9, -1.2), (0.9, -0.25), (7, 2)):
            canvas.dot(foot + np.array((dx, dy)) * size, 0.07 * size, lighter(setting.scheme.accent, 0.25))


def _tree(canvas: Canvas, rng: np.random.Generator, setting: Setting, foot: Points, scale: float) -> None:
    ground_shadow(canvas, foot, 0.3 * scale, setting.light)
    tree(canvas, rng, foot, scale * rng.uniform(1.5, 2.0), setting, owner=PROP)


def _rock(canvas: Canvas, rng: np.random.Generator, setting: Setting, foot: Points, scale: float) -> None:
    size = scale * rng.uniform(0.1, 0.2)
    grey = mix((150, 148, 150), setting.scheme.far, 0.3)
    ground_shadow(canvas, foot, 1.1 * size, setting.light)
    knots = np.array(((-1, 0), (-0.85, -0.55), (-0.3, -0.95), (0.35, -0.85), (0.9, -0.4), (1, 0)))
    outline = foot + knots * size * rng.uniform(0.85, 1.1, (6, 2)) * np.array((1, np.sign(1)))
    _solid(canvas, outline, grey, scale)
    canvas.fill(np.concatenate((outline[1:4], foot[None] + np.array(((0.1, -0.5),)) * size)), lighter(grey, 0.25))


def _crate(canvas: Canvas, rng: np.random.Generator, setting: Setting, foot: Points, scale: float) -> None:
    size = scale * rng.uniform(0.2, 0.34)
    wood = mix(_WOOD, pick(rng, CLOTHES), 0.25)
    ground_shadow(canvas, foot, 0.75 * size, setting.light)
    for level in range(2 if chance(rng, 0.25) else 1):
        top = foot - np.array((0.0, level * size))
        front = box_points(top[0] - size / 2, top[1] - size, top[0] + size / 2, top[1])
        _solid(canvas, front, wood, scale)
        for share in (0.02, 0.36, 0.7):
            plank = box_points(
                top[0] - 0.46 * size, top[1] - (share + 0.26) * size, top[0] + 0.46 * size, top[1] - share * size
            )
            canvas.fill(plank, lighter(wood, 0.16))
        canvas.line(np.stack((front[0], front[2])), darker(wood, 0.2), 0.09 * size)


def _ball(canvas: Canvas, rng: np.random.Generator, setting: Setting, foot: Points, scale: float) -> None:
    radius = scale * rng.uniform(0.055, 0.1)
    first, second = pick(rng, CLOTHES), WHITE
    ground_shadow(canvas, foot, radius, setting.light)
    centre = foot - np.array((0.0, radius))
    _solid(canvas, ellipse(centre, radius, radius, num=28), first, scale)
    tilt = rng.uniform(0, 180)
    canvas.fill(ellipse(centre, 0.42 * radius, 0.99 * radius, tilt), second)
    canvas.fill(ellipse(centre, 0.14 * radius, 0.98 * radius, tilt), first)
    canvas.dot(centre + np.array((setting.light * 0.4, -0.45)) * radius, 0.16 * radius, WHITE)


def _bench(canvas: Canvas, rng: np.random.Generator, setting: Setting, foot: Points, scale: float) -> None:
    half = scale * rng.uniform(0.4, 0.6)
    wood, iron = mix(_WOOD, setting.scheme.accent, 0.2), (72, 70, 82)
    ground_shadow(canvas, foot, 1.05 * half, setting.light)
    for side in (-0.85, 0.85):
        x = foot[0] + side * half
        _solid(canvas, box_points(x - 0.016 * scale, foot[1] - 0.47 * scale, x + 0.016 * scale, foot[1]), iron, scale)
    for top, bottom in ((0.48, 0.42), (0.4, 0.34), (0.255, 0.21)):
        slat = box_points(foot[0] - half, foot[1] - top * scale, foot[0] + half, foot[1] - bottom * scale)
        _solid(canvas, slat, wood, scale)


def _fence(canvas: Canvas, rng: np.random.Generator, setting: Setting, foot: Points, scale: float) -> None:
    paint = mix(WHITE, setting.scheme.accent, 0.6 if chance(rng, 0.3) else 0.05)
    num = int(rng.integers(3, 7))
    for rail in (0.12, 0.26):
        bar = box_points(
            foot[0] - 0.02 * scale,
            foot[1] - (rail + 0.035) * scale,
            foot[0] + (num - 1) * 0.11 * scale + 0.06 * scale,
            foot[1] - rail * scale,
        )
        _solid(canvas, bar, darker(paint, 0.08), scale)
    for i in range(num):
        left = foot + np.array((i * 0.11 * scale, 0.0))
        picket = np.array(((0, 0), (0, -0.33), (0.024, -0.38), (0.048, -0.33), (0.048, 0))) * scale
        _solid(canvas, left + picket, paint, scale)


def _pot(canvas: Canvas, rng: np.random.Generator, setting: Setting, foot: Points, scale: float) -> None:
    size = scale * rng.uniform(0.12, 0.2)
    ground_shadow(canvas, foot, 0.7 * size, setting.light)
    green = mix((84, 146, 100), setting.scheme.middle, 0.25)
    for angle in np.linspace(-1.15, 1.15, 7):
        reach = size * rng.uniform(1.3, 2.1)
        base = foot - np.array((0.0, 0.8 * size))
        tip = base + np.array((np.sin(angle), -np.cos(angle))) * reach
        side = np.array((tip[1] - base[1], base[0] - tip[0])) * 0.14
        leaf = np.stack((base, (base + tip) / 2 + side, tip, (base + tip) / 2 - side))
        canvas.fill(smooth_loop(leaf, 16), darker(green, 0.25 * rng.random()), owner=PROP)
    shape = np.array(((-0.5, -1.0), (0.5, -1.0), (0.38, 0), (-0.38, 0))) * size
    _solid(canvas, foot + shape, mix((200, 112, 78), pick(rng, CLOTHES), 0.35), scale)


def _table(canvas: Canvas, rng: np.random.Generator, setting: Setting, foot: Points, scale: float) -> None:
    half, top = scale * rng.uniform(0.22, 0.36), foot - np.array((0.0, 0.4 * scale))
    wood = mix(_WOOD, setting.scheme.middle, 0.3)
    ground_shadow(canvas, foot, half, setting.light)
    for side in (-0.8, 0.8):
        leg = np.array(((side * half - 0.018 * scale, 0.0), (side * half + 0.018 * scale, 0.4 * scale)))
        _solid(canvas, box_points(*(top + leg[0]), *(top + leg[1])), darker(wood, 0.15), scale)
    _solid(canvas, ellipse(top, half, 0.05 * scale, num=32), wood, scale)
    vase = (
        top
        + np.array(((-0.03, 0.01), (-0.045, -0.05), (-0.02, -0.11), (0.02, -0.11), (0.045, -0.05), (0.03, 0.01)))
        * scale
    )
    _solid(canvas, vase, pick(rng, CLOTHES), scale)
    for angle in (-0.5, 0.0, 0.5):
        tip = top + np.array((np.sin(angle) * 0.14, -0.1 - np.cos(angle) * 0.12)) * scale
        canvas.line(np.stack((top - np.array((0.0, 0.1 * scale)), tip)), (92, 140, 92), 0.01 * scale, owner=PROP)
        canvas.dot(tip, 0.03 * scale, lighter(setting.scheme.accent, 0.15), owner=PROP)


def paint_seat(
    canvas: Canvas, rng: np.random.Generator, setting: Setting, hips_2: Points, foot_2: Points, scale: float
) -> None:
    """A stool or a box from the ground up to the hips of someone who sits."""
    top, half = hips_2[1] + 0.035 * scale, 0.15 * scale
    bottom = max(foot_2[1] - 0.03 * scale, top + 0.05 * scale)
    colour = mix(pick(rng, CLOTHES), setting.scheme.far, 0.25)
    ground_shadow(canvas, np.array((hips_2[0], bottom)), 1.3 * half, setting.light)
    _solid(canvas, box_points(hips_2[0] - 0.92 * half, top, hips_2[0] + 0.92 * half, bottom), colour, scale)
    shaded = hips_2[0] - setting.light * 0.92 * half
    canvas.fill(
        box_points(
            min(shaded, shaded + setting.light * 0.3 * half),
            top,
            max(shaded, shaded + setting.light * 0.3 * half),
            bottom,
        ),
        darker(colour, 0.12),
    )
    cushion = ellipse(np.array((hips_2[0], top)), 1.05 * half, 0.034 * scale, num=28)
    _solid(canvas, cushion, lighter(colour, 0.25), scale)


def paint_balloon(canvas: Canvas, hand_2: Points, scale: float, *, colour: Colour, lean: float) -> None:
    """A balloon on a string, held in a hand; it drifts sideways by `lean` statures."""
    knot = hand_2 + np.array((lean, -0.34)) * scale
    string = smooth(np.stack((hand_2, (hand_2 + knot) / 2 + np.array((0.03 * scale, 0.0)), knot)), 10)
    canvas.line(string, (120, 110, 120), 0.006 * scale, owner=PROP)
    centre = knot - np.array((0.0, 0.12 * scale))
    _solid(canvas, ellipse(centre, 0.095 * scale, 0.12 * scale, num=28), colour, scale)
    canvas.fill(
        ellipse(centre - np.array((0.035, 0.05)) * scale, 0.014 * scale, 0.028 * scale, 25.0), lighter(colour, 0.7)
    )


_PROPS: dict[Place, dict[PropPainter, float]] = {
    "outdoors": {_bush: 3, _tree: 1, _rock: 1.5, _crate: 1, _ball: 2.5, _bench: 1.5, _fence: 1.5},
    "city": {_bush: 1.5, _tree: 1, _crate: 1.5, _ball: 1.5, _bench: 2, _pot: 2},
    "indoors": {_crate: 1.5, _ball: 2, _pot: 2.5, _table: 2, _bench: 0.7},
    "studio": {_crate: 2, _ball: 2.5, _pot: 1.5},
}
