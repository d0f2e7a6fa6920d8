"""Bands along a curve, as seen: what sleeves, legs, torsos and skirts are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import atan2, cos, hypot, radians, sin

import numpy as np

from gtpt_bench.data.drawn.paint.geometry import Points, ramp, smooth

_EDGE = np.stack([np.cos(np.linspace(0, np.pi, 9)), np.sin(np.linspace(0, np.pi, 9))], axis=1)
_CAP = np.radians((82.0, 60.0, 35.0, 12.0))
_CAP_ALONG, _CAP_WIDTH = np.sin(_CAP), np.cos(_CAP)


@dataclass(frozen=True)
class Ribbon:
    """A band of varying width along a curve.

    A position on it is (u, v): u from 0 (start) to 1 (end), v from -1 (left edge looking along a band that
    runs down the image) to 1 (right edge).

    Attributes:
        u: position of each knot of the curve along it, from 0 to 1, shape [M].
        centre: the knots in pixels, shape [M, 2].
        across: from each knot to the edge v = 1, shape [M, 2].
        bow: how far rings around the body bulge at v = 0, which is what makes a hem look round; [M, 2].
        end: bulge of an open end, shape [2]; None for a closed one.
        turn: angle (radians) by which the person's front is turned away from v = 0.
        joints: u of the first and last joint, which lie inside the band where its ends are rounded.
    """

    u: Points
    centre: Points
    across: Points
    bow: Points
    end: Points | None = None
    turn: float = 0.0
    joints: tuple[float, float] = (0.0, 1.0)

    @cached_property
    def _knots(self) -> Points:
        return np.concatenate((self.centre, self.across, self.bow), axis=1)

    def at(self, u_K: Points, v_K: Points) -> Points:
        """Image positions of (u, v), shape [K, 2]."""
        last = len(self.u) - 1
        position = np.interp(u_K, self.u, _counting(last + 1))
        i = np.minimum(position.astype(np.intp), last - 1)
        f = (position - i)[:, None]
        low = self._knots[i]
        knots = low + (self._knots[i + 1] - low) * f
        v = v_K[:, None]
        points: Points = knots[:, :2] + knots[:, 2:4] * v + knots[:, 4:] * np.sqrt(np.maximum(1 - v * v, 0.0))
        return points

    def point(self, u: float, v: float) -> Points:
        """Image position of one (u, v), shape [2]."""
        return np.asarray(self.at(np.array((u,)), np.array((v,)))[0])

    def outline(self, grow: float = 0.0, *, skip: int = 0) -> Points:
        """The whole band as a polygon, `grow` pixels wider.

        Without its first `skip` knots, if any, and then growing wider gradually.
        """
        centre, across = self.centre[skip:], self.across[skip:]
        if grow:
            wider = grow / np.sqrt(np.einsum("md,md->m", across, across))
            if skip:
                wider[:3] *= (0.0, 0.35, 0.7)
            across = across * (1 + wider)[:, None]
        right, left = centre + across, (centre - across)[::-1]
        if self.end is None:
            return np.concatenate((right, left))
        end = centre[-1] + across[-1] * _EDGE[:, :1] + self.end * _EDGE[:, 1:]
        return np.concatenate((right, end, left))

    def strip(self, u0: float, u1: float, v0: float, v1: float, num: int = 6) -> Points:
        """The patch between two u and two v as a polygon."""
        steps = _strip_steps(num)
        return self.at(u0 + steps[0] * (u1 - u0), v0 + steps[1] * (v1 - v0))

    def strips(self, bounds_P4: Points, num: int = 5) -> Points:
        """Many patches at once, given as rows (u0, u1, v0, v1); shape [patches, 4 num, 2]."""
        steps = _strip_steps(num)
        u0, u1, v0, v1 = bounds_P4.T[..., None]
        u, v = u0 + steps[0] * (u1 - u0), v0 + steps[1] * (v1 - v0)
        return self.at(u.reshape(-1), v.reshape(-1)).reshape(len(bounds_P4), -1, 2)

    def seen_at(self, angle_deg: float) -> float | None:
        """v of a line on the body, by its angle from the front centre (positive: person's left); None if behind."""
        angle = radians(angle_deg) + self.turn
        return sin(angle) if cos(angle) > 0.05 else None

    @property
    def length(self) -> float:
        """Length from end to end in pixels."""
        return float(np.sqrt((np.diff(self.centre, axis=0) ** 2).sum(axis=1)).sum())


@lru_cache(maxsize=64)
def _counting(num: int) -> Points:
    return np.arange(float(num))


@lru_cache(maxsize=16)
def _strip_steps(num: int) -> Points:
    """Once around the unit square with `num` points a side, shape [2, 4 num]."""
    t, ones = np.linspace(0.0, 1.0, num), np.ones(num)
    return np.stack((np.concatenate((t, ones, t[::-1], 0 * ones)), np.concatenate((ones, t[::-1], 0 * ones, t))))


def limb(
    start_3: Points, end_3: Points, radii_M: Points, *, round_start: bool = True, round_end: bool = True
) -> Ribbon:
    """A round limb between two points in space, with the given radii (pixels) at equal steps.

    A rounded end is part of the band (its u reaches beyond the joint); an open one ends at the joint.
    """
    along = end_3 - start_3
    length = max(float(np.sqrt(along @ along)), 1e-6)
    flat = hypot(along[0], along[1])
    direction = along[:2] / flat if flat > 1e-3 * length else np.array((0.0, 1.0))
    places, radii = [flat * ramp(0, 1, len(radii_M))], [radii_M]
    if round_start:
        places.insert(0, -radii_M[0] * _CAP_ALONG)
        radii.insert(0, radii_M[0] * _CAP_WIDTH)
    if round_end:
        places.append(flat + radii_M[-1] * _CAP_ALONG[::-1])
        radii.append(radii_M[-1] * _CAP_WIDTH[::-1])
    place_M, radius_M1 = np.concatenate(places), np.concatenate(radii)[:, None]
    bulge = -(along[2] / length) * direction
    span = max(float(place_M[-1] - place_M[0]), 1e-6)
    return Ribbon(
        u=(place_M - place_M[0]) / span,
        centre=start_3[:2] + place_M[:, None] * direction,
        across=radius_M1 * np.array((direction[1], -direction[0])),
        bow=radius_M1 * bulge,
        end=None if round_end else bulge * radii_M[-1],
        joints=(-float(place_M[0]) / span, (flat - float(place_M[0])) / span),
    )


def solid(centres_K3: Points, lateral_K3: Points, depth_K3: Points, num: int = 13) -> Ribbon:
    """A body with elliptic cross-sections (torso, skirt, hair) as it is seen from the front.

    Args:
        centres_K3: centres of the cross-sections, from top to bottom.
        lateral_K3, depth_K3: half axes of each cross-section: towards the person's left, and forwards.
    """
    knots = smooth(np.concatenate((centres_K3, lateral_K3, depth_K3), axis=1), num)
    centres, lateral, depth = knots[:, :3], knots[:, 3:6], knots[:, 6:]
    along = np.gradient(centres, axis=0)
    length = np.sqrt((along * along).sum(axis=1, keepdims=True))
    along = along / np.maximum(length, 1e-6)
    flat = np.sqrt((along[:, :2] ** 2).sum(axis=1, keepdims=True))
    direction = np.where(flat > 0.15, along[:, :2] / np.maximum(flat, 1e-6), (0.0, 1.0))
    normal = np.stack((direction[:, 1], -direction[:, 0]), axis=1)
    side = (lateral[:, :2] * normal).sum(axis=1)
    front = (depth[:, :2] * normal).sum(axis=1)
    half_width = np.sqrt(side**2 + front**2)[:, None] + 1e-6
    bow = -half_width * 0.8 * along[:, 2:] * direction
    middle = num // 2
    travelled = np.concatenate(((0.0,), np.cumsum(np.maximum(length[1:, 0], 1e-6))))
    return Ribbon(
        u=travelled / travelled[-1],
        centre=centres[:, :2],
        across=normal * half_width,
        bow=bow,
        end=bow[-1],
        turn=atan2(front[middle], side[middle]),
    )
