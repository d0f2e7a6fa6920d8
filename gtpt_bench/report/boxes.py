"""Rectangles in pixels of a figure: what lies over what."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

Pixel = tuple[float, float]
"""A place in pixels of the figure."""


class Box(NamedTuple):
    """A rectangle in pixels of the figure."""

    left: float
    bottom: float
    right: float
    top: float

    def holds(self, pixel: Pixel) -> bool:
        return self.left <= pixel[0] <= self.right and self.bottom <= pixel[1] <= self.top

    @property
    def middle(self) -> Pixel:
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2

    def overlap(self, other: Box) -> float:
        """Shared area as a share of this box."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.top, other.top) - max(self.bottom, other.bottom)
        area = (self.right - self.left) * (self.top - self.bottom)
        return max(0.0, width) * max(0.0, height) / area


class Boxes:
    """Many boxes, of which those in a place are found at once."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self.boxes = list(boxes)
        self.edges = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)

    def add(self, box: Box) -> None:
        self.boxes.append(box)
        self.edges = np.vstack([self.edges, box])

    def touching(self, box: Box) -> list[Box]:
        """Those that share some area with a box, in their order."""
        left, bottom, right, top = self.edges.T
        shared = (left < box.right) & (right > box.left) & (bottom < box.top) & (top > box.bottom)
        return [self.boxes[place] for place in np.flatnonzero(shared)]


def along(a: Pixel, b: Pixel, radius: float) -> list[Box]:
    """Small boxes along a segment, so that crossing it has an area."""
    steps = max(1, math.ceil(math.dist(a, b) / (2 * radius)))
    shares = [place / steps for place in range(steps + 1)]
    centres = [(a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share) for share in shares]
    return [Box(x - radius, y - radius, x + radius, y + radius) for x, y in centres]
