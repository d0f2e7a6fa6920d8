"""What every background has in common: where the ground lies, where light comes from, shapes to build with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gtpt_bench.data.drawn.paint.canvas import Canvas, Colour
from gtpt_bench.data.drawn.paint.geometry import Points, box_points, smooth, unit_circle
from gtpt_bench.data.drawn.paint.palette import Scheme

Place = Literal["outdoors", "city", "indoors", "studio"]


@dataclass(frozen=True)
class Setting:
    """A background before people enter.

    Attributes:
        horizon: y of the line where the ground ends, in pixels.
        light: -1 if light comes from the image's left, 1 from its right.
        unit: the image height; sizes are shares of it.
    """

    place: Place
    scheme: Scheme
    horizon: float
    light: int
    width: int
    height: int

    @property
    def unit(self) -> float:
        return float(self.height)


def box(canvas: Canvas, x: float, y: float, width: float, height: float, colour: Colour) -> None:
    """An upright box by its top left corner."""
    canvas.fill(box_points(x, y, x + width, y + height), colour)


def ridge(rng: np.random.Generator, setting: Setting, y: float, rise: float, knots: int = 7) -> Points:
    """The outline of a row of hills with its top around y, closed below the image."""
    xs = np.linspace(-0.05, 1.05, knots) * setting.width
    ys = y - rise * setting.unit * rng.random(knots)
    top = smooth(np.stack((xs, ys), axis=1), 40)
    return np.concatenate((top, ((xs[-1], setting.height + 9.0), (xs[0], setting.height + 9.0))))


def blob(rng: np.random.Generator, centre_2: Points, radius_x: float, radius_y: float, num: int = 7) -> Points:
    """A leafy or cloudy outline made of bulges, shape [N, 2]."""
    t = np.linspace(0, 2 * np.pi, 6 * num, endpoint=False)
    bulge = 0.86 + 0.14 * np.abs(np.sin(t * num / 2 + rng.random() * 3))
    outline: Points = centre_2 + unit_circle(6 * num) * bulge[:, None] * np.array((radius_x, radius_y))
    return outline


def ground_depth(rng: np.random.Generator, setting: Setting, num: int) -> Points:
    """Random places on the ground, the further the closer together; shape [num, 2], sorted by y."""
    reach = setting.height - setting.horizon
    y = setting.horizon + reach * np.sort(0.04 + 0.96 * rng.random(num) ** 1.5)
    return np.stack((rng.random(num) * setting.width, y), axis=1)


def nearness(setting: Setting, y: float) -> float:
    """How large things on the ground at y appear: 0 at the horizon, 1 at the image's lower border."""
    return (y - setting.horizon) / (setting.height - setting.horizon)
