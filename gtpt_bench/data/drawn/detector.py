"""A pretended person detector: jittered boxes with honest scores, misses, duplicates and false alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gtpt_bench.data.drawn.annotate import Box, DrawnPerson
from gtpt_bench.data.drawn.paint.palette import between, chance

_MISS_RATE = 0.015
_HARD_MISS_RATE = 0.25
"""Added for a person of whom nothing is seen; less for those better seen."""
_DUPLICATE_RATE = 0.1
_FALSE_ALARMS = 0.4
"""Mean number in a picture."""
_CENTRE_NOISE, _SIZE_NOISE = 0.022, 0.045
"""Standard deviations, as shares of the box."""


@dataclass(frozen=True)
class Detection:
    """A box and how sure the detector is, 0-1."""

    box: Box
    score: float


def detect_persons(
    rng: np.random.Generator, persons: Sequence[DrawnPerson], *, width: int, height: int
) -> tuple[Detection, ...]:
    """What a good, not perfect, detector finds in a picture, the surest first."""
    found: list[Detection] = []
    for person in persons:
        ease = _ease(person)
        if chance(rng, _MISS_RATE + _HARD_MISS_RATE * (1 - ease) ** 2):
            continue
        found.append(_detection(rng, person.box, 0.35 + 0.65 * ease, 1.0, (width, height)))
        if chance(rng, _DUPLICATE_RATE):
            found.append(_detection(rng, person.box, 0.35, 3.5, (width, height)))
    for _ in range(int(rng.poisson(_FALSE_ALARMS))):
        found.append(Detection(_anywhere(rng, width, height), round(between(rng, (0.03, 0.3)), 4)))
    return tuple(sorted(found, key=lambda detection: -detection.score))


def _ease(person: DrawnPerson) -> float:
    """How easily a person is found, 0-1: large and with most of the body in view."""
    seen = float((person.keypoints[:17, 2] == 2).mean())
    size = min(1.0, np.sqrt(person.area) / 70)
    return float(0.5 * size + 0.5 * seen)


def _detection(rng: np.random.Generator, box: Box, ceiling: float, noise: float, size: tuple[int, int]) -> Detection:
    """A jittered box; its score falls with its error and never rises above the ceiling."""
    x, y, w, h = box
    dx, dy = rng.normal(0, noise * _CENTRE_NOISE, 2)
    stretch = np.exp(rng.normal(0.01, noise * _SIZE_NOISE, 2))
    wide, high = w * float(stretch[0]), h * float(stretch[1])
    jittered = _clipped(x + w / 2 + dx * w - wide / 2, y + h / 2 + dy * h - high / 2, wide, high, size)
    score = ceiling * (0.25 + 0.75 * box_iou(box, jittered)) + rng.normal(0, 0.03)
    return Detection(jittered, round(float(np.clip(score, 0.05, 0.999)), 4))


def _anywhere(rng: np.random.Generator, width: int, height: int) -> Box:
    high = between(rng, (0.15, 0.6)) * height
    wide = high * between(rng, (0.3, 0.9))
    return _clipped(rng.random() * (width - 8), rng.random() * (height - 8), wide, high, (width, height))


def _clipped(x: float, y: float, w: float, h: float, size: tuple[int, int]) -> Box:
    """Cut to the image, rounded to hundredths of a pixel, at least one pixel wide and high."""
    x0, y0 = min(max(x, 0.0), size[0] - 1.0), min(max(y, 0.0), size[1] - 1.0)
    x1, y1 = max(min(x + w, float(size[0])), x0 + 1), max(min(y + h, float(size[1])), y0 + 1)
    return round(x0, 2), round(y0, 2), round(x1 - x0, 2), round(y1 - y0, 2)


def box_iou(one: Box, other: Box) -> float:
    """Intersection over union of two boxes (x, y, width, height)."""
    wide = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    high = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(wide, 0.0) * max(high, 0.0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)
