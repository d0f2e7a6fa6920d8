"""Where people and things stand, and how large they appear there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gtpt_bench.data.drawn.paint.geometry import Points
from gtpt_bench.data.drawn.paint.palette import between, chance, weighted
from gtpt_bench.data.drawn.scenery.setting import Setting

_NUM_PEOPLE = {1: 0.22, 2: 0.33, 3: 0.24, 4: 0.14, 5: 0.07}
_NUM_PROPS = {0: 0.5, 1: 0.3, 2: 0.15, 3: 0.05}
_MEDIAN_SCALE, _SCALE_SPREAD = 0.7, 0.32
"""Median height of a grown-up as a share of the image's, and its spread in logarithms."""
_SMALLEST, _LARGEST = 0.24, 1.6


@dataclass(frozen=True)
class Place:
    """A point on the ground, and the height in pixels of a grown-up who stands there."""

    foot_2: Points
    scale: float
    is_prop: bool


def sample_places(rng: np.random.Generator, setting: Setting) -> list[Place]:
    """From the furthest to the nearest. The ground is flat: who is nearer is larger and stands lower."""
    base = float(np.clip(np.exp(rng.normal(np.log(_MEDIAN_SCALE), _SCALE_SPREAD)), _SMALLEST, _LARGEST))
    base *= setting.unit
    foot = max(between(rng, (0.84, 0.99)) * setting.height, base + between(rng, (0.03, 0.12)) * setting.unit)
    slope = (foot - setting.horizon) / base
    places: list[Place] = []
    for _ in range(weighted(rng, _NUM_PEOPLE)):
        places.append(_place_person(rng, setting, places, base, slope))
    for _ in range(weighted(rng, _NUM_PROPS)):
        places.append(_place_prop(rng, setting, base, slope))
    return sorted(places, key=lambda place: place.scale)


def _place_person(rng: np.random.Generator, setting: Setting, others: list[Place], base: float, slope: float) -> Place:
    """Beside the others if there is room within a few tries; a few people do not mind."""
    careless = chance(rng, 0.07)
    place = None
    for _ in range(16):
        scale = float(np.clip(base * np.exp(rng.normal(0, 0.16)), _SMALLEST * setting.unit, _LARGEST * setting.unit))
        x = between(rng, (0.06, 0.94)) * setting.width
        place = Place(np.array((x, setting.horizon + slope * scale)), scale, is_prop=False)
        if careless or all(_apart(place, other) for other in others):
            break
    assert place is not None
    return place


def _apart(one: Place, other: Place) -> bool:
    return bool(abs(one.foot_2[0] - other.foot_2[0]) > 0.37 * min(one.scale, other.scale))


def _place_prop(rng: np.random.Generator, setting: Setting, base: float, slope: float) -> Place:
    """Anywhere from behind the people to just in front of them; behind them where they fill the picture."""
    scale = base * between(rng, (0.6, 1.2 if base < 0.8 * setting.unit else 0.95))
    x = between(rng, (0.0, 1.0)) * setting.width
    return Place(np.array((x, setting.horizon + slope * scale)), scale, is_prop=True)
