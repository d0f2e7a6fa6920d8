"""A head's outline as an ellipsoid in space, and lines that run around it."""

from __future__ import annotations

from math import atan2, pi

import numpy as np

from gtpt_bench.data.drawn.paint.geometry import Frame, Points, ramp
from gtpt_bench.data.drawn.people.face import SKULL_CENTRE, SKULL_RADII

AZIMUTHS_DEG = np.array((-180.0, -125, -100, -80, -50, -25, 0, 25, 50, 80, 100, 125, 180))
"""Where a hairline's heights are given: 0 is the front, positive the person's left."""


class Skull:
    """A head's silhouette and the lines on it, for one view of it."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.centre = frame.place(SKULL_CENTRE)[:2]
        radii = frame.axes_33[:2] * SKULL_RADII
        # The silhouette of an ellipsoid is the ellipse of this matrix's square root.
        self._to_ellipse = np.linalg.cholesky(radii @ radii.T)
        self._to_circle = np.linalg.inv(self._to_ellipse)

    def silhouette(self, angles: Points, stretch: float | Points = 1.0) -> Points:
        """Points of the silhouette by their angle on the unit circle, shape [N, 2]."""
        circle = np.stack((np.cos(angles), np.sin(angles)), axis=1) * np.atleast_1d(stretch)[:, None]
        return np.asarray(self.centre + circle @ self._to_ellipse.T)

    def angle_of(self, point_2: Points) -> float:
        x, y = self._to_circle @ (point_2[:2] - self.centre)
        return atan2(y, x)

    def cap(self, heights_13: Points, thick: float, curls: float = 0.0) -> tuple[Points, Points] | None:
        """What covers the head above a line around it.

        Args:
            heights_13: the line's height at each of the azimuths.
        Returns:
            The outline of the cap and, of it, the part of the line that is in view; None if nothing is.
        """
        line = self._line_in_view(heights_13)
        if line is None:
            return None
        first, last = self.angle_of(line[-1]), self.angle_of(line[0])
        crown = self.angle_of(self.frame.point(0, 0.6, -0.02))
        way = _turn(first, crown) + _turn(crown, last)
        t = ramp(0, 1, 40)
        stretch = 1 + thick * (0.3 + 0.7 * np.sin(pi * t)) + curls * np.abs(np.sin(t * 8 * pi))
        return np.concatenate((line, self.silhouette(first + t * way, stretch))), line

    def _line_in_view(self, heights_13: Points) -> Points | None:
        azimuths = np.linspace(-pi, pi, 49)[:-1]
        heights = np.interp(np.degrees(azimuths), AZIMUTHS_DEG, heights_13)
        above = np.clip((heights - SKULL_CENTRE[1]) / SKULL_RADII[1], -1, 0.999)
        # Below its widest place hair hangs straight down instead of following the skull.
        reach = np.sqrt(1 - np.maximum(above, 0) ** 2)
        x, z = np.sin(azimuths) * reach, np.cos(azimuths) * reach
        normals = np.stack((x / SKULL_RADII[0], np.maximum(above, 0) / SKULL_RADII[1], z / SKULL_RADII[2]), axis=1)
        seen = normals @ self.frame.axes_33[2] > 0
        if not seen.any() or seen.all():
            return None
        local = np.stack((x * SKULL_RADII[0], heights, z * SKULL_RADII[2] + SKULL_CENTRE[2]), axis=1)
        start = int(np.flatnonzero(seen & ~np.roll(seen, 1))[0])
        order = (start + np.arange(int(seen.sum()))) % len(seen)
        return self.frame.place(local[order])[:, :2]


def _turn(start: float, end: float) -> float:
    """The shorter way from one angle to another."""
    return (end - start + pi) % (2 * pi) - pi
