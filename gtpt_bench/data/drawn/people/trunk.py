"""The trunk: its shape in space, the neck, and what covers the hips."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos

import numpy as np

from gtpt_bench.data.drawn.paint.geometry import Points, ball_hull, ramp
from gtpt_bench.data.drawn.paint.palette import darker, mix
from gtpt_bench.data.drawn.paint.ribbon import Ribbon, limb, solid
from gtpt_bench.data.drawn.people.brush import Brush
from gtpt_bench.data.drawn.people.look import Look
from gtpt_bench.data.drawn.people.parts import Part
from gtpt_bench.data.drawn.people.pattern import paint_pattern
from gtpt_bench.data.drawn.people.skeleton import Leg, Skeleton

_SECTIONS = np.array(
    (
        (-0.04, 0.036, 0.036),
        (0.02, 0.058, 0.045),
        (0.055, 0.098, 0.050),
        (0.12, 0.124, 0.055),
        (0.24, 0.120, 0.062),
        (0.40, 0.102, 0.066),
        (0.62, 0.088, 0.062),
        (0.85, 0.095, 0.066),
        (1.08, 0.105, 0.070),
    )
)
"""Distance below the base of the neck as a share of the torso, half width and half depth in statures."""
_FOLD_ANGLES = (-40, 25)


def torso_ribbon(skeleton: Skeleton, *, hem: float) -> Ribbon:
    """The clothed trunk from the neck down to `hem` (a share of the torso's length)."""
    build = skeleton.build
    rows = _SECTIONS.copy()
    rows[-1, 0] = hem
    rows[2:5, 1] *= build.shoulder / 0.107
    rows[5:7, 1] *= build.waist * build.shoulder / 0.107
    rows[7:, 1] *= (build.hip + 0.05) / 0.1
    rows[5:, 1:] *= 0.6 + 0.4 * build.girth
    rows[:, 2] *= 0.5 + 0.5 * build.girth
    bend = np.clip((rows[:, 0] - 0.35) / 0.6, 0, 1)[:, None]
    upper, lower = skeleton.chest.axes_33, skeleton.pelvis.axes_33
    lateral, forward = (upper[:, i] * (1 - bend) + lower[:, i] * bend for i in (0, 2))
    return solid(_spine(skeleton, rows[:, 0]), lateral * rows[:, 1:2], forward * rows[:, 2:3], num=15)


def front_of(torso: Ribbon) -> float:
    """1 for a trunk seen from the front, -1 from behind."""
    return cos(torso.turn)


def patch_on(torso: Ribbon, places: Sequence[tuple[float, float]]) -> Points | None:
    """Points on the trunk by (u, angle in degrees from the front centre); None unless all are in view."""
    seen = [v for v in (torso.seen_at(angle) for _, angle in places) if v is not None]
    if len(seen) < len(places):
        return None
    return torso.at(np.array([u for u, _ in places]), np.array(seen))


def _spine(skeleton: Skeleton, shares: Points) -> Points:
    """Points of the spine by their distance below the neck, in torsos; straight, with its bend rounded."""
    length = skeleton.build.torso
    chest = skeleton.chest.place(np.stack((0 * shares, -length * shares, 0 * shares), axis=1))
    pelvis = skeleton.pelvis.place(np.stack((0 * shares, length * (1 - shares), 0 * shares), axis=1))
    blend = np.clip((shares - 0.45) / 0.4, 0, 1)[:, None]
    return np.asarray(chest * (1 - blend) + pelvis * blend)


def paint_neck(brush: Brush, skeleton: Skeleton, look: Look) -> None:
    """Neck and the shadow of the chin on it."""
    radius = brush.px(0.032) * (0.6 + 0.4 * skeleton.build.girth)
    neck = limb(skeleton.chest.point(0, -0.025, 0), skeleton.head.point(0, -0.3, -0.08), np.full(3, radius))
    brush.ribbons([(neck, look.skin, Part.NECK)])
    brush.canvas.shade(neck.strip(0.35, 1, -1, 1), 0.84)


def paint_hips(brush: Brush, skeleton: Skeleton, look: Look) -> None:
    """The seat of the trousers, which joins the legs."""
    left, right = skeleton.legs
    waist = _spine(skeleton, np.array((0.82,)))[0]
    girth = 0.5 + 0.5 * skeleton.build.girth
    radii = brush.px(1.0) * np.array((0.052, 0.052, 0.078)) * girth
    brush.part(ball_hull(np.stack((left.hip, right.hip, waist)), radii), look.bottom_cloth.base, Part.HIPS)


def paint_skirt(brush: Brush, skeleton: Skeleton, look: Look) -> None:
    """From the waist to the hem."""
    ribbon, cloth = _skirt_ribbon(skeleton, look.hem), look.bottom_cloth
    brush.ribbons([(ribbon, cloth.base, Part.HIPS)])
    paint_pattern(brush.canvas, ribbon, cloth, brush.scale)
    trim = ribbon.at(np.full(9, 0.96), ramp(-0.97, 0.97, 9))
    brush.canvas.line(trim, mix(cloth.base, cloth.second, 0.6), brush.px(0.008))
    brush.shade_side(ribbon)
    for angle in _FOLD_ANGLES:
        v = ribbon.seen_at(angle)
        if v is not None:
            fold = ribbon.at(ramp(0.35, 1, 5), np.full(5, v))
            brush.canvas.line(fold, darker(cloth.base, 0.12), brush.px(0.005))


def _skirt_ribbon(skeleton: Skeleton, hem: float) -> Ribbon:
    """As wide as the legs need it."""
    left, right = skeleton.legs
    side, front = skeleton.pelvis.axes_33[:, 0], skeleton.pelvis.axes_33[:, 2]
    waist = _spine(skeleton, np.array((0.72, 0.95)))
    thighs = [(_down_the_leg(left, share), _down_the_leg(right, share)) for share in (0.5 * hem, hem)]
    centres = np.stack((*waist, *((one + other) / 2 for one, other in thighs)))
    spreads = np.stack((0.088 * side, 0.118 * side, *((one - other) / 2 for one, other in thighs)))
    ease = np.array((0.0, 0.0, 0.08, 0.07 + 0.03 * hem))[:, None] * side
    depth = np.array((0.06, 0.072, 0.085, 0.08 + 0.03 * hem))[:, None] * front
    return solid(centres, spreads + ease, depth)


def _down_the_leg(leg: Leg, distance: float) -> Points:
    """A point along the leg: 1 at the knee, 2 at the ankle."""
    if distance <= 1:
        return leg.hip + (leg.knee - leg.hip) * distance
    return leg.knee + (leg.ankle - leg.knee) * (distance - 1)
