"""Chooses and paints a background."""

from __future__ import annotations

import numpy as np

from gtpt_bench.data.drawn.paint.canvas import Canvas
from gtpt_bench.data.drawn.paint.palette import INDOOR_SCHEMES, OUTDOOR_SCHEMES, Scheme, between, pick, weighted
from gtpt_bench.data.drawn.scenery.city import CITY
from gtpt_bench.data.drawn.scenery.indoors import INDOORS, STUDIO
from gtpt_bench.data.drawn.scenery.outdoors import OUTDOORS, Painter
from gtpt_bench.data.drawn.scenery.setting import Place, Setting

_PLACES: dict[Place, float] = {"outdoors": 5, "city": 2.4, "indoors": 3, "studio": 1.1}
_PAINTERS: dict[Place, dict[Painter, float]] = {
    "outdoors": OUTDOORS,
    "city": CITY,
    "indoors": INDOORS,
    "studio": STUDIO,
}


def _schemes(place: Place) -> tuple[Scheme, ...]:
    if place == "studio":
        return OUTDOOR_SCHEMES + INDOOR_SCHEMES
    return INDOOR_SCHEMES if place == "indoors" else OUTDOOR_SCHEMES


def paint_background(canvas: Canvas, rng: np.random.Generator) -> Setting:
    """Paint one over the whole canvas, and say where its ground and its light are."""
    place = weighted(rng, _PLACES)
    setting = Setting(
        place=place,
        scheme=pick(rng, _schemes(place)),
        horizon=between(rng, (0.4, 0.56)) * canvas.height,
        light=pick(rng, (-1, 1)),
        width=canvas.width,
        height=canvas.height,
    )
    weighted(rng, _PAINTERS[place])(canvas, rng, setting)
    return setting
