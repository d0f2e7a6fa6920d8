"""Backgrounds in town: a skyline behind a square, and a street of shops."""

from __future__ import annotations

import numpy as np

from gtpt_bench.data.drawn.paint.canvas import Canvas, Colour
from gtpt_bench.data.drawn.paint.palette import WHITE, chance, darker, lighter, luma, mix, pick
from gtpt_bench.data.drawn.scenery.outdoors import Painter, paint_sky, tree
from gtpt_bench.data.drawn.scenery.setting import Setting, box

_LIT: Colour = (255, 224, 150)


def paint_skyline(canvas: Canvas, rng: np.random.Generator, setting: Setting) -> None:
    """Towers in two rows behind a paved square."""
    paint_sky(canvas, rng, setting)
    scheme, unit, horizon = setting.scheme, setting.unit, setting.horizon
    for row, (low, high) in enumerate(((0.2, 0.42), (0.08, 0.26))):
        colour = mix(scheme.sky_low, scheme.far, 0.7) if row == 0 else mix(scheme.far, scheme.middle, 0.65)
        x = -0.05 * unit
        while x < setting.width:
            width = rng.uniform(0.1, 0.22) * unit
            _tower(canvas, rng, setting, (x, rng.uniform(low, high) * unit, width), darker(colour, 0.12 * rng.random()))
            x += width * rng.uniform(0.85, 1.15)
    _paving(canvas, rng, setting, mix(scheme.ground, (196, 190, 184), 0.65))
    for x in rng.random(3):
        tree(canvas, rng, np.array((x * setting.width, horizon + 0.02 * unit)), rng.uniform(0.16, 0.24) * unit, setting)


def _tower(
    canvas: Canvas, rng: np.random.Generator, setting: Setting, place: tuple[float, float, float], colour: Colour
) -> None:
    x, height, width = place
    top = setting.horizon - height
    box(canvas, x, top, width, height + 2, colour)
    shadow = x if setting.light > 0 else x + 0.7 * width
    box(canvas, shadow, top, 0.3 * width, height + 2, darker(colour, 0.12))
    night = luma(setting.scheme.sky_top) < 110
    window = mix(colour, _LIT, 0.75) if night else lighter(colour, 0.3)
    columns, rows = max(2, round(width / (0.045 * setting.unit))), max(2, round(height / (0.05 * setting.unit)))
    cells = np.argwhere(rng.random((columns, rows)) < (0.45 if night else 0.7))
    if not len(cells):
        return
    corner = np.array((x, top + 0.02 * setting.unit)) + (cells + 0.28) * np.array((width / columns, height / rows))
    pane = np.array(((0, 0), (1, 0), (1, 1), (0, 1))) * np.array((0.45 * width / columns, 0.45 * height / rows))
    canvas.fill_all(corner[:, None] + pane, window)


def _paving(canvas: Canvas, rng: np.random.Generator, setting: Setting, colour: Colour) -> None:
    """Slabs in perspective."""
    horizon, reach = setting.horizon, setting.height - setting.horizon
    canvas.gradient(horizon, setting.height, lighter(colour, 0.2), colour)
    line = darker(colour, 0.13)
    for t in np.linspace(0.15, 1, 7) ** 1.8:
        y = horizon + t * reach
        canvas.line(np.array(((0.0, y), (setting.width, y))), line, 0.003 * setting.unit * (1 + t))
    vanishing = rng.uniform(0.3, 0.7) * setting.width
    for x in np.linspace(-1.5, 2.5, 17) * setting.width:
        start = vanishing + (x - vanishing) * 0.12
        canvas.line(np.array(((start, horizon + 0.02 * reach), (x, setting.height))), line, 0.004 * setting.unit)


def paint_street(canvas: Canvas, rng: np.random.Generator, setting: Setting) -> None:
    """House fronts with doors, windows and awnings above a pavement."""
    scheme, unit, horizon = setting.scheme, setting.unit, setting.horizon
    paint_sky(canvas, rng, setting)
    walls = [
        mix(c, (238, 226, 208), 0.5) for c in (scheme.accent, scheme.far, scheme.middle, scheme.ground, scheme.sky_top)
    ]
    x = -0.1 * unit
    while x < setting.width:
        width = rng.uniform(0.3, 0.48) * unit
        _house(canvas, rng, setting, x, width, pick(rng, walls))
        x += width
    _paving(canvas, rng, setting, mix(scheme.ground, (186, 182, 180), 0.75))
    box(canvas, 0, horizon, setting.width, 0.016 * unit, (150, 146, 148))
    if chance(rng, 0.5):
        _lamp(canvas, rng, setting)


def _house(canvas: Canvas, rng: np.random.Generator, setting: Setting, x: float, width: float, wall: Colour) -> None:
    unit, horizon = setting.unit, setting.horizon
    top = horizon - rng.uniform(0.3, 0.5) * unit
    box(canvas, x, top, width, horizon - top + 1, wall)
    roof = np.array(
        (
            (x - 0.01 * unit, top),
            (x + 0.04 * unit, top - 0.06 * unit),
            (x + width - 0.04 * unit, top - 0.06 * unit),
            (x + width + 0.01 * unit, top),
        )
    )
    canvas.fill(roof, darker(mix(wall, (150, 80, 60), 0.5), 0.15))
    glass, frame = mix(setting.scheme.sky_top, (120, 150, 170), 0.4), lighter(wall, 0.6)
    for share in (0.2, 0.6):
        for y in np.arange(top + 0.05 * unit, horizon - 0.26 * unit, 0.14 * unit):
            box(
                canvas,
                x + share * width - 0.006 * unit,
                y - 0.006 * unit,
                0.2 * width + 0.012 * unit,
                0.102 * unit,
                frame,
            )
            box(canvas, x + share * width, y, 0.2 * width, 0.09 * unit, glass)
            box(canvas, x + (share + 0.093) * width, y, 0.014 * width, 0.09 * unit, frame)
    door = darker(pick(rng, (setting.scheme.accent, setting.scheme.middle, wall)), 0.3)
    box(canvas, x + 0.12 * width, horizon - 0.2 * unit, 0.22 * width, 0.2 * unit, door)
    box(canvas, x + 0.44 * width, horizon - 0.18 * unit, 0.44 * width, 0.13 * unit, glass)
    awning = pick(rng, (setting.scheme.accent, darker(setting.scheme.middle, 0.1)))
    for i in range(6):
        left = x + (0.42 + 0.08 * i) * width
        canvas.fill(
            np.array(
                (
                    (left + 0.01 * width, horizon - 0.22 * unit),
                    (left + 0.07 * width, horizon - 0.22 * unit),
                    (left + 0.08 * width, horizon - 0.16 * unit),
                    (left, horizon - 0.16 * unit),
                )
            ),
            awning if i % 2 else WHITE,
        )


def _lamp(canvas: Canvas, rng: np.random.Generator, setting: Setting) -> None:
    foot = np.array((rng.random() * setting.width, setting.horizon + 0.05 * setting.unit))
    top = foot - np.array((0.0, 0.45 * setting.unit))
    canvas.line(np.stack((foot, top)), (62, 62, 72), 0.014 * setting.unit)
    canvas.dot(top, 0.03 * setting.unit, _LIT)


CITY: dict[Painter, float] = {paint_skyline: 1, paint_street: 1}
