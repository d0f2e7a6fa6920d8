"""Backgrounds with a roof: a living room, a sports hall, and plain studio walls."""

from __future__ import annotations

import numpy as np

from gtpt_bench.data.drawn.paint.canvas import Canvas, Colour
from gtpt_bench.data.drawn.paint.geometry import ellipse
from gtpt_bench.data.drawn.paint.palette import CLOTHES, WHITE, chance, darker, lighter, mix, pick
from gtpt_bench.data.drawn.scenery.outdoors import Painter
from gtpt_bench.data.drawn.scenery.setting import Setting, blob, box, ridge


def paint_room(canvas: Canvas, rng: np.random.Generator, setting: Setting) -> None:
    """Papered wall, window, pictures, shelf, boards and a rug."""
    scheme, unit, horizon = setting.scheme, setting.unit, setting.horizon
    canvas.gradient(0, horizon, scheme.sky_top, scheme.sky_low)
    if chance(rng, 0.5):
        for x in np.arange(rng.random() * 0.05, 1.4, 0.1) * unit:
            box(canvas, x, 0, 0.022 * unit, horizon, mix(scheme.sky_top, scheme.far, 0.18))
    _boards(canvas, rng, setting)
    box(canvas, 0, horizon - 0.035 * unit, setting.width, 0.035 * unit, lighter(scheme.sky_low, 0.45))
    slots = list(rng.permutation(4))
    things = [_window, _pictures, _shelf, _plant]
    for slot, thing in zip(slots, things, strict=True):
        if chance(rng, 0.75):
            thing(canvas, rng, setting, (0.13 + 0.25 * slot + rng.normal(0, 0.02)) * setting.width)
    if chance(rng, 0.7):
        _rug(canvas, rng, setting)


def _boards(canvas: Canvas, rng: np.random.Generator, setting: Setting) -> None:
    ground, horizon = setting.scheme.ground, setting.horizon
    canvas.gradient(horizon, setting.height, darker(ground, 0.08), ground)
    line = darker(ground, 0.16)
    vanishing = rng.uniform(0.3, 0.7) * setting.width
    for x in np.linspace(-1.3, 2.3, 21) * setting.width:
        start = vanishing + (x - vanishing) * 0.35
        canvas.line(np.array(((start, horizon), (x, setting.height))), line, 0.004 * setting.unit)


def _window(canvas: Canvas, rng: np.random.Generator, setting: Setting, x: float) -> None:
    unit = setting.unit
    width, height = 0.26 * unit, min(0.3 * unit, 0.7 * setting.horizon)
    left, top = x - width / 2, 0.1 * setting.horizon
    box(canvas, left - 0.015 * unit, top - 0.015 * unit, width + 0.03 * unit, height + 0.03 * unit, WHITE)
    box(canvas, left, top, width, height, (164, 209, 232))
    hill = np.array(((0, 1), (0, 0.72), (0.3, 0.6), (0.6, 0.74), (1, 0.58), (1, 1))) * np.array((width, height))
    canvas.fill(np.array((left, top)) + hill, (148, 190, 140))
    box(canvas, x - 0.006 * unit, top, 0.012 * unit, height, WHITE)
    box(canvas, left, top + 0.45 * height, width, 0.012 * unit, WHITE)
    curtain = mix(setting.scheme.accent, WHITE, 0.25)
    for side in (-1, 1):
        edge = x + side * width * 0.62
        drape = np.array(
            (
                (edge, top - 0.03 * unit),
                (edge - side * 0.09 * unit, top - 0.03 * unit),
                (edge - side * 0.045 * unit, top + 0.6 * height),
                (edge - side * 0.07 * unit, top + height + 0.05 * unit),
                (edge, top + height + 0.05 * unit),
            )
        )
        canvas.fill(drape, curtain)


def _pictures(canvas: Canvas, rng: np.random.Generator, setting: Setting, x: float) -> None:
    unit = setting.unit
    for dx, y, w, h in ((-0.09, 0.28, 0.12, 0.15), (0.07, 0.22, 0.1, 0.12), (0.06, 0.6, 0.12, 0.09)):
        left, top = x + dx * unit - w * unit / 2, y * setting.horizon
        box(canvas, left, top, w * unit, h * unit, darker(setting.scheme.middle, 0.2))
        inner = 0.012 * unit
        box(
            canvas,
            left + inner,
            top + inner,
            w * unit - 2 * inner,
            h * unit - 2 * inner,
            lighter(pick(rng, CLOTHES), 0.5),
        )
        canvas.fill(
            ellipse(np.array((left + 0.5 * w * unit, top + 0.55 * h * unit)), 0.22 * w * unit, 0.22 * h * unit),
            pick(rng, CLOTHES),
        )


def _shelf(canvas: Canvas, rng: np.random.Generator, setting: Setting, x: float) -> None:
    unit, wood = setting.unit, setting.scheme.middle
    width = 0.24 * unit
    for y in (0.35, 0.68):
        board = y * setting.horizon
        left = x - width / 2
        while left < x + width / 2 - 0.03 * unit:
            book = rng.uniform(0.012, 0.03) * unit
            tall = rng.uniform(0.06, 0.1) * unit
            box(canvas, left, board - tall, book, tall, mix(pick(rng, CLOTHES), setting.scheme.sky_low, 0.25))
            left += book + 0.002 * unit
        box(canvas, x - width / 2 - 0.01 * unit, board, width + 0.02 * unit, 0.014 * unit, darker(wood, 0.15))


def _plant(canvas: Canvas, rng: np.random.Generator, setting: Setting, x: float) -> None:
    unit, foot = setting.unit, setting.horizon + 0.03 * setting.unit
    for angle in np.linspace(-1.1, 1.1, 7):
        reach = rng.uniform(0.14, 0.24) * unit
        tip = np.array((x + np.sin(angle) * reach, foot - 0.12 * unit - np.cos(angle) * reach))
        base = np.array((x, foot - 0.1 * unit))
        side = np.array((tip[1] - base[1], base[0] - tip[0])) * 0.11
        canvas.fill(
            np.stack((base, (base + tip) / 2 + side, tip, (base + tip) / 2 - side)),
            mix((84, 140, 96), setting.scheme.middle, 0.4 * rng.random()),
        )
    pot = np.array(((-0.05, -0.12), (0.05, -0.12), (0.038, 0), (-0.038, 0))) * unit
    canvas.fill(np.array((x, foot)) + pot, mix(setting.scheme.accent, (196, 110, 80), 0.5))


def _rug(canvas: Canvas, rng: np.random.Generator, setting: Setting) -> None:
    middle = np.array(
        (rng.uniform(0.3, 0.7) * setting.width, setting.horizon + 0.62 * (setting.height - setting.horizon))
    )
    colour = mix(setting.scheme.accent, setting.scheme.ground, 0.35)
    for share, shade in ((1.0, colour), (0.86, lighter(colour, 0.35)), (0.78, colour)):
        canvas.fill(ellipse(middle, 0.55 * share * setting.unit, 0.17 * share * setting.unit, num=40), shade)


def paint_hall(canvas: Canvas, rng: np.random.Generator, setting: Setting) -> None:
    """A sports hall: panelled wall, wall bars, coloured court lines."""
    scheme, unit, horizon = setting.scheme, setting.unit, setting.horizon
    canvas.gradient(0, horizon, lighter(scheme.sky_top, 0.25), scheme.sky_low)
    box(canvas, 0, horizon - 0.2 * unit, setting.width, 0.2 * unit, mix(scheme.far, scheme.sky_low, 0.35))
    for x in np.arange(0.0, setting.width, 0.16 * unit):
        box(canvas, x, horizon - 0.2 * unit, 0.006 * unit, 0.2 * unit, mix(scheme.far, scheme.middle, 0.35))
    bars = rng.uniform(0.1, 0.9) * setting.width
    for y in np.arange(0.12 * horizon, horizon - 0.02 * unit, 0.045 * unit):
        box(canvas, bars - 0.12 * unit, y, 0.24 * unit, 0.012 * unit, darker(scheme.ground, 0.1))
    for side in (-0.12, 0.11):
        box(canvas, bars + side * unit, 0.08 * horizon, 0.014 * unit, 0.92 * horizon, darker(scheme.ground, 0.3))
    _boards(canvas, rng, setting)
    for colour in (WHITE, scheme.accent):
        x0, x1 = rng.uniform(-0.4, 1.4, 2) * setting.width
        canvas.line(np.array(((x0, horizon), (x0 + 1.2 * (x1 - x0), setting.height))), colour, 0.014 * unit)
    y = horizon + rng.uniform(0.3, 0.6) * (setting.height - horizon)
    canvas.line(np.array(((0.0, y), (setting.width, y))), WHITE, 0.012 * unit)


def paint_studio(canvas: Canvas, rng: np.random.Generator, setting: Setting) -> None:
    """A smooth wall with a large disc or rays behind the people, soft shapes and confetti."""
    scheme, unit = setting.scheme, setting.unit
    canvas.gradient(0, setting.horizon, lighter(scheme.sky_top, 0.2), scheme.sky_low)
    tints: list[Colour] = [mix(scheme.sky_low, c, 0.4) for c in (scheme.far, scheme.accent, scheme.middle)]
    middle = np.array((rng.uniform(0.25, 0.75) * setting.width, setting.horizon * rng.uniform(0.75, 1.0)))
    if chance(rng, 0.5):
        for share, tint in ((0.52, tints[0]), (0.4, tints[1]), (0.27, mix(tints[1], scheme.sky_low, 0.4))):
            canvas.dot(middle, share * unit, tint)
    else:
        angles = np.linspace(0, 2 * np.pi, 25)[:-1] + rng.random()
        tips = middle + 2 * setting.width * np.stack((np.cos(angles), np.sin(angles)), axis=1)
        for first, second in zip(tips[::2], tips[1::2], strict=True):
            canvas.fill(np.stack((middle, first, second)), mix(scheme.sky_low, scheme.far, 0.4))
    for i in range(int(rng.integers(2, 5))):
        centre = np.array((rng.random() * setting.width, rng.random() * 0.8 * setting.horizon))
        radius = rng.uniform(0.05, 0.12) * unit
        canvas.fill(blob(rng, centre, radius, radius * 0.9, int(rng.integers(4, 7))), tints[i % 3])
    canvas.gradient(setting.horizon, setting.height, mix(scheme.sky_low, scheme.ground, 0.6), scheme.ground)
    canvas.fill(ridge(rng, setting, setting.horizon + 0.012 * unit, 0.03, 4), mix(scheme.sky_low, scheme.ground, 0.8))
    for x, y, size in rng.random((30, 3)):
        place = np.array((x * setting.width, y * setting.horizon))
        canvas.dot(place, (0.004 + 0.007 * size) * unit, lighter(tints[int(3 * size)], 0.3))


INDOORS: dict[Painter, float] = {paint_room: 3, paint_hall: 1.3}
STUDIO: dict[Painter, float] = {paint_studio: 1}
