"""Backgrounds under the sky: hills, mountains, park, beach."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gtpt_bench.data.drawn.paint.canvas import Canvas, Colour
from gtpt_bench.data.drawn.paint.geometry import Points, ellipse, smooth
from gtpt_bench.data.drawn.paint.palette import WHITE, chance, darker, lighter, luma, mix
from gtpt_bench.data.drawn.scenery.setting import Setting, blob, box, ground_depth, nearness, ridge

Painter = Callable[[Canvas, np.random.Generator, Setting], None]


def paint_sky(canvas: Canvas, rng: np.random.Generator, setting: Setting) -> None:
    """A gradient with sun or moon, and clouds or stars."""
    scheme, unit = setting.scheme, setting.unit
    canvas.gradient(0, setting.horizon + 2, scheme.sky_top, scheme.sky_low)
    side = 0.5 + 0.5 * setting.light * (0.35 + 0.5 * rng.random())
    sun = np.array((side * setting.width, (0.08 + 0.5 * rng.random()) * setting.horizon))
    night = luma(scheme.sky_top) < 90
    if night:
        for x, y in rng.random((18, 2)):
            canvas.dot(np.array((x * setting.width, y * setting.horizon * 0.8)), 0.003 * unit, WHITE)
    disc = lighter(mix(scheme.accent, (255, 205, 110), 0.7), 0.6 if night else 0.2)
    canvas.dot(sun, 0.1 * unit, mix(mix(scheme.sky_top, scheme.sky_low, 0.5), disc, 0.3))
    canvas.dot(sun, 0.062 * unit, disc)
    for _ in range(int(rng.integers(0, 4))):
        _cloud(canvas, rng, setting, mix(scheme.sky_top, scheme.sky_low if night else WHITE, 0.6))


def _cloud(canvas: Canvas, rng: np.random.Generator, setting: Setting, colour: Colour) -> None:
    unit = setting.unit * (0.5 + 0.6 * rng.random())
    centre = np.array((rng.random() * setting.width, rng.random() * 0.75 * setting.horizon))
    for dx, dy, r in ((-0.11, 0.012, 0.04), (-0.045, -0.015, 0.06), (0.035, -0.005, 0.052), (0.1, 0.015, 0.036)):
        canvas.fill(ellipse(centre + np.array((dx, dy)) * unit, 1.2 * r * unit, 0.75 * r * unit), colour)
    canvas.fill(ellipse(centre + np.array((0.0, 0.025)) * unit, 0.16 * unit, 0.025 * unit), colour)


def paint_hills(canvas: Canvas, rng: np.random.Generator, setting: Setting) -> None:
    """Rolling hills with small trees and a flowering meadow."""
    paint_sky(canvas, rng, setting)
    scheme, horizon = setting.scheme, setting.horizon
    canvas.fill(ridge(rng, setting, horizon - 0.02 * setting.unit, 0.2), mix(scheme.sky_low, scheme.far, 0.75))
    canvas.fill(ridge(rng, setting, horizon + 0.02 * setting.unit, 0.13), mix(scheme.far, scheme.middle, 0.6))
    _far_trees(canvas, rng, setting, 7)
    meadow = ridge(rng, setting, horizon + 0.035 * setting.unit, 0.045)
    canvas.fill(meadow, scheme.ground)
    canvas.fill(ridge(rng, setting, horizon + 0.3 * setting.unit, 0.1), mix(scheme.ground, scheme.middle, 0.22))
    _tufts(canvas, rng, setting, 26)


def paint_mountains(canvas: Canvas, rng: np.random.Generator, setting: Setting) -> None:
    """Pointed peaks with snow caps behind a plain."""
    paint_sky(canvas, rng, setting)
    scheme, unit, horizon = setting.scheme, setting.unit, setting.horizon
    box(canvas, 0, horizon - 0.02 * unit, setting.width, 0.1 * unit, mix(scheme.sky_low, scheme.far, 0.6))
    for i, x in enumerate(np.sort(rng.random(4))):
        height, half = (0.16 + 0.2 * rng.random()) * unit, (0.2 + 0.14 * rng.random()) * unit
        peak = np.array(((x - 0.0) * setting.width, horizon - height))
        foot = horizon + 0.06 * unit
        colour = mix(scheme.far, scheme.middle, 0.2 * i)
        canvas.fill(np.array(((peak[0] - half, foot), peak, (peak[0] + half, foot))), colour)
        dark = np.array((peak, (peak[0] + 0.14 * half, foot), (peak[0] - setting.light * half, foot)))
        canvas.fill(dark, darker(colour, 0.16))
        cap = 0.3
        snow = [(0, 0), (-half * cap, height * cap), (-half * cap * 0.4, height * cap * 0.75), (0, height * cap * 1.15)]
        snow += [(half * cap * 0.45, height * cap * 0.7), (half * cap, height * cap)]
        canvas.fill(peak + np.array(snow), mix(WHITE, scheme.sky_low, 0.25))
    _far_trees(canvas, rng, setting, 9)
    canvas.fill(ridge(rng, setting, horizon + 0.04 * unit, 0.04), scheme.ground)
    _tufts(canvas, rng, setting, 20)


def _far_trees(canvas: Canvas, rng: np.random.Generator, setting: Setting, num: int) -> None:
    scheme = setting.scheme
    pointed = chance(rng, 0.5)
    for x in rng.random(num) * setting.width:
        size = (0.05 + 0.06 * rng.random()) * setting.unit
        foot = np.array((x, setting.horizon + 0.03 * setting.unit))
        colour = mix(scheme.middle, darker(scheme.middle, 0.4), 0.7 * rng.random())
        if pointed:
            for level in (0.0, 0.55):
                top = foot - np.array((0.0, size * (1.1 + level)))
                low = foot[1] - size * (0.15 + level)
                canvas.fill(
                    np.array((top, (x + size * (0.42 - 0.2 * level), low), (x - size * (0.42 - 0.2 * level), low))),
                    colour,
                )
        else:
            box(canvas, x - 0.06 * size, foot[1] - 0.6 * size, 0.12 * size, 0.6 * size, darker(scheme.middle, 0.5))
            canvas.fill(blob(rng, foot - np.array((0.0, size)), 0.5 * size, 0.55 * size), colour)


def _tufts(canvas: Canvas, rng: np.random.Generator, setting: Setting, num: int) -> None:
    """Blades of grass and a few flowers, larger towards the viewer."""
    scheme = setting.scheme
    blade, flower = mix(scheme.ground, scheme.middle, 0.55), lighter(scheme.accent, 0.2)
    for i, (x, y) in enumerate(ground_depth(rng, setting, num)):
        size = (0.006 + 0.022 * nearness(setting, float(y))) * setting.unit
        if i % 3 == 2:
            canvas.dot(np.array((x, y)), 0.26 * size, flower)
            continue
        for lean in (-0.5, 0.0, 0.5):
            canvas.line(np.array(((x + 0.3 * lean * size, y), (x + lean * size, y - size))), blade, 0.14 * size)


def paint_park(canvas: Canvas, rng: np.random.Generator, setting: Setting) -> None:
    """Lawn with a winding path, hedges and large trees behind."""
    paint_sky(canvas, rng, setting)
    scheme, unit, horizon = setting.scheme, setting.unit, setting.horizon
    canvas.fill(ridge(rng, setting, horizon - 0.03 * unit, 0.09, 13), mix(scheme.far, scheme.middle, 0.3))
    for x in np.linspace(0.05, 0.95, 4) + rng.normal(0, 0.07, 4):
        tree(
            canvas,
            rng,
            np.array((x * setting.width, horizon + 0.03 * unit)),
            (0.28 + 0.2 * rng.random()) * unit,
            setting,
        )
    canvas.fill(ridge(rng, setting, horizon + 0.03 * unit, 0.02), scheme.ground)
    _path(canvas, rng, setting, lighter(mix(scheme.ground, scheme.accent, 0.25), 0.45))
    _tufts(canvas, rng, setting, 22)


def _path(canvas: Canvas, rng: np.random.Generator, setting: Setting, colour: Colour) -> None:
    start, end = rng.uniform(0.3, 0.7), rng.uniform(0.2, 0.8)
    t = np.linspace(0, 1, 14)
    middle = (start + (end - start) * t**1.5 + 0.1 * np.sin(3.5 * t) * t) * setting.width
    half = (0.012 + 0.21 * t**1.3) * setting.unit
    y = setting.horizon + 0.02 * setting.unit + (setting.height + 6 - setting.horizon) * t
    left, right = np.stack((middle - half, y), axis=1), np.stack((middle + half, y), axis=1)
    canvas.fill(np.concatenate((left, right[::-1])), colour)


def paint_beach(canvas: Canvas, rng: np.random.Generator, setting: Setting) -> None:
    """Sea with waves and a sail, sand with pebbles and a parasol."""
    paint_sky(canvas, rng, setting)
    scheme, unit, horizon = setting.scheme, setting.unit, setting.horizon
    sea = mix(scheme.far, (52, 132, 168), 0.55)
    shore = horizon + 0.13 * unit
    canvas.gradient(horizon - 0.02 * unit, shore + 0.03 * unit, sea, lighter(sea, 0.35))
    for y in (0.02, 0.05, 0.085):
        x = rng.random() * setting.width
        canvas.line(
            np.array(((x, horizon + y * unit), (x + 0.25 * unit, horizon + y * unit))), lighter(sea, 0.55), 0.006 * unit
        )
    boat = np.array((rng.uniform(0.1, 0.9) * setting.width, horizon + 0.01 * unit))
    canvas.fill(
        boat + np.array(((-0.03, 0), (0.035, 0), (0.022, 0.014), (-0.02, 0.014))) * unit, darker(scheme.accent, 0.3)
    )
    canvas.fill(boat + np.array(((0, -0.075), (0.028, -0.006), (0, -0.006))) * unit, WHITE)
    sand = mix(lighter(scheme.ground, 0.35), (240, 214, 160), 0.6)
    edge = ridge(rng, setting, shore + 0.02 * unit, 0.03, 6)
    canvas.line(edge[:-2], WHITE, 0.022 * unit)
    canvas.fill(edge, sand)
    for x, y in ground_depth(rng, setting, 16):
        if y > shore + 0.04 * unit:
            canvas.fill(ellipse(np.array((x, y)), 0.008 * unit, 0.004 * unit, num=10), darker(sand, 0.14))
    if chance(rng, 0.6):
        _parasol(canvas, rng, setting, shore)


def _parasol(canvas: Canvas, rng: np.random.Generator, setting: Setting, shore: float) -> None:
    unit = setting.unit
    foot = np.array((rng.uniform(0.05, 0.95) * setting.width, shore + 0.1 * unit))
    top = foot - np.array((0.02, 0.34)) * unit
    canvas.line(np.stack((foot, top)), (150, 120, 90), 0.012 * unit)
    t = np.linspace(-np.pi / 2, np.pi / 2, 13)
    for i in range(6):
        piece = t[2 * i : 2 * i + 3]
        rim = top + np.stack((0.19 * np.sin(piece), 0.09 + 0.02 * np.cos(6 * piece)), axis=1) * unit
        dome = top + np.stack((0.19 * np.sin(piece[::-1]), 0.1 - 0.12 * np.cos(piece[::-1])), axis=1) * unit
        canvas.fill(np.concatenate((top[None], rim, dome)), setting.scheme.accent if i % 2 else WHITE)


def tree(
    canvas: Canvas, rng: np.random.Generator, foot_2: Points, size: float, setting: Setting, *, owner: int | None = None
) -> None:
    """A broad-leaved tree, `size` pixels tall, lit from one side."""
    trunk = mix((116, 82, 58), setting.scheme.middle, 0.25)
    leaves = mix(setting.scheme.middle, darker(setting.scheme.middle, 0.35), rng.random() * 0.8)
    width = 0.055 * size
    stem = np.array(((-width, 0), (-0.6 * width, -0.6 * size), (0.6 * width, -0.6 * size), (width, 0)))
    canvas.fill(foot_2 + stem, trunk, owner=owner)
    centre = foot_2 - np.array((0.0, 0.68 * size))
    canvas.fill(blob(rng, centre, 0.3 * size, 0.34 * size, 9), darker(leaves, 0.14), owner=owner)
    lit = centre + np.array((setting.light * 0.035, -0.035)) * size
    canvas.fill(blob(rng, lit, 0.25 * size, 0.28 * size, 9), leaves)
    for dx, dy in rng.uniform(-0.14, 0.14, (5, 2)):
        spot = lit + np.array((dx, dy)) * size
        canvas.line(
            smooth(spot + np.array(((-0.03, 0.0), (0.0, -0.018), (0.03, 0.0))) * size, 5),
            lighter(leaves, 0.18),
            0.012 * size,
        )


OUTDOORS: dict[Painter, float] = {paint_hills: 3, paint_mountains: 2, paint_park: 3.5, paint_beach: 2}
