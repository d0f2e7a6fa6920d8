"""Plane and space geometry of the drawings: rotations, frames, smooth curves, simple shapes.

Image axes everywhere: x to the right, y down, z towards the viewer, all in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, hypot, radians, sin

import cv2
import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
"""Points or vectors, shape [N, 2], [N, 3], [2] or [3]."""


def rot_x(deg: float) -> Points:
    """Turn about the axis that points right: positive tips the front down."""
    c, s = cos(radians(deg)), sin(radians(deg))
    return np.array(((1.0, 0.0, 0.0), (0.0, c, -s), (0.0, s, c)))


def rot_y(deg: float) -> Points:
    """Turn about the upright axis: positive turns the front to the image's right."""
    c, s = cos(radians(deg)), sin(radians(deg))
    return np.array(((c, 0.0, s), (0.0, 1.0, 0.0), (-s, 0.0, c)))


def rot_z(deg: float) -> Points:
    """Turn about the axis to the viewer: positive tips the top to the image's left."""
    c, s = cos(radians(deg)), sin(radians(deg))
    return np.array(((c, -s, 0.0), (s, c, 0.0), (0.0, 0.0, 1.0)))


@dataclass(frozen=True)
class Frame:
    """A body part's own axes, placed in the image.

    Attributes:
        origin_3: position in pixels.
        axes_33: columns are the part's left, up and forward, each as long as one local unit in pixels.
    """

    origin_3: Points
    axes_33: Points

    def place(self, local_N3: Points) -> Points:
        """Local coordinates (left, up, forward) to image coordinates; shape kept."""
        placed: Points = self.origin_3 + local_N3 @ self.axes_33.T
        return placed

    def point(self, left: float, up: float, forward: float) -> Points:
        """One local point in image coordinates, shape [3]."""
        placed: Points = self.origin_3 + self.axes_33 @ np.array((left, up, forward))
        return placed

    def turned(self, rotation_33: Points) -> Frame:
        """The same origin with axes turned by a local rotation."""
        return Frame(self.origin_3, self.axes_33 @ rotation_33)

    def at(self, origin_3: Points, scale: float = 1.0) -> Frame:
        """The same directions at another origin, in another unit."""
        return Frame(origin_3, self.axes_33 * scale)

    @property
    def unit(self) -> float:
        """Length of one local unit in pixels."""
        return hypot(*self.axes_33[:, 1].tolist())

    @property
    def facing(self) -> float:
        """Cosine between the part's forward direction and the direction to the viewer: 1 front, -1 back."""
        return float(self.axes_33[2, 2]) / self.unit


@lru_cache(maxsize=512)
def ramp(start: float, end: float, num: int) -> Points:
    """Equal steps from start to end; kept, because a drawing asks for the same few again and again."""
    steps = np.linspace(start, end, num)
    steps.flags.writeable = False
    return steps


@lru_cache(maxsize=64)
def _spline_matrix(num_knots: int, num_samples: int, closed: bool) -> Points:
    """Catmull-Rom interpolation as one matrix [samples, knots]."""
    end = num_knots if closed else num_knots - 1
    t = np.linspace(0.0, end, num_samples, endpoint=not closed)
    start = np.minimum(t.astype(int), end - 1)
    f = t - start
    weights = (
        -0.5 * f + f**2 - 0.5 * f**3,
        1 - 2.5 * f**2 + 1.5 * f**3,
        0.5 * f + 2 * f**2 - 1.5 * f**3,
        -0.5 * f**2 + 0.5 * f**3,
    )
    matrix = np.zeros((num_samples, num_knots))
    for shift, weight in enumerate(weights, start=-1):
        knot = (start + shift) % num_knots if closed else np.clip(start + shift, 0, num_knots - 1)
        np.add.at(matrix, (np.arange(num_samples), knot), weight)
    return matrix


def smooth(knots_ND: Points, num_samples: int) -> Points:
    """A smooth open curve through the knots; shape [samples, D]."""
    return _spline_matrix(len(knots_ND), num_samples, False) @ knots_ND


def smooth_loop(knots_ND: Points, num_samples: int) -> Points:
    """A smooth closed curve through the knots; shape [samples, D]."""
    return _spline_matrix(len(knots_ND), num_samples, True) @ knots_ND


@lru_cache(maxsize=32)
def unit_circle(num: int) -> Points:
    """Points on the unit circle, shape [num, 2]."""
    t = np.linspace(0.0, 2 * np.pi, num, endpoint=False)
    return np.stack((np.cos(t), np.sin(t)), axis=1)


def ellipse(centre_2: Points, radius_x: float, radius_y: float, angle_deg: float = 0.0, num: int = 24) -> Points:
    """Outline of an ellipse, shape [num, 2]; the angle turns clockwise as seen."""
    c, s = cos(radians(angle_deg)), sin(radians(angle_deg))
    axes = np.array(((c * radius_x, s * radius_x), (-s * radius_y, c * radius_y)))
    outline: Points = centre_2[:2] + unit_circle(num) @ axes
    return outline


def centre_of(points_ND: Points) -> Points:
    """Mean of a few points, shape [D]; for so few, several times faster than numpy's own."""
    total: Points = points_ND.sum(axis=0)
    return total / len(points_ND)


def average(values_N: Points) -> float:
    """Mean of a few numbers."""
    return float(values_N.sum()) / len(values_N)


def part_way(start: Points, end: Points, share: float) -> Points:
    """The point at a share of the way from start to end."""
    return np.asarray(start + (end - start) * share, dtype=np.float64)


def box_points(x0: float, y0: float, x1: float, y1: float) -> Points:
    """Corners of an upright box, shape [4, 2]."""
    return np.array(((x0, y0), (x1, y0), (x1, y1), (x0, y1)))


def hull(points_N2: Points) -> Points:
    """Convex hull, shape [M, 2]."""
    flat = points_N2[:, :2].astype(np.float32)
    return np.asarray(cv2.convexHull(flat)[:, 0], dtype=np.float64)


def ball_hull(centres_N2: Points, radii_N: npt.ArrayLike, num: int = 14) -> Points:
    """Convex hull of discs: a soft shape around a few points, shape [M, 2]."""
    discs = centres_N2[:, None, :2] + np.asarray(radii_N)[:, None, None] * unit_circle(num)
    return hull(discs.reshape(-1, 2))
