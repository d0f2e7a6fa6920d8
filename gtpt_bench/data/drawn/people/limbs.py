"""Arms and legs, bare or clothed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gtpt_bench.data.drawn.paint.canvas import Colour
from gtpt_bench.data.drawn.paint.geometry import Points, part_way, ramp, smooth
from gtpt_bench.data.drawn.paint.palette import WHITE, darker
from gtpt_bench.data.drawn.paint.ribbon import Ribbon, limb
from gtpt_bench.data.drawn.people.brush import Brush
from gtpt_bench.data.drawn.people.extremities import paint_foot
from gtpt_bench.data.drawn.people.look import Cloth, Look
from gtpt_bench.data.drawn.people.parts import Part
from gtpt_bench.data.drawn.people.pattern import paint_pattern
from gtpt_bench.data.drawn.people.skeleton import Arm, Leg


def _profile(*radii: float) -> Points:
    """Radii along a limb in statures, as a smooth curve."""
    return smooth(np.array(radii)[:, None], 7)[:, 0]


_UPPER_ARM_RADII = _profile(0.027, 0.034, 0.031, 0.026)
_FOREARM_RADII = _profile(0.026, 0.028, 0.024, 0.018)
_THIGH_RADII = _profile(0.050, 0.056, 0.049, 0.041)
_SHIN_RADII = _profile(0.041, 0.043, 0.034, 0.025)
_SLEEVE_EASE = 0.006
_JOINED_KNOTS = 6
"""Where an arm or a leg grows out of the trunk it has no outline."""
_LIMB_PATTERNS = frozenset({"stripes", "pinstripes", "checks", "dots"})

Piece = tuple[Ribbon, Cloth, int]
"""A band of cloth (or skin) and the part it belongs to."""


def _cover(start_3: Points, end_3: Points, radii_M: Points, share: float) -> Ribbon:
    """A piece of clothing around the first part of a limb, open at its end."""
    steps = np.linspace(0, share, len(radii_M)) * (len(radii_M) - 1)
    cut = np.interp(steps, np.arange(len(radii_M)), radii_M)
    return limb(start_3, part_way(start_3, end_3, share), cut, round_end=False)


def _paint_pieces(brush: Brush, pieces: Sequence[Piece], *, joined: int = 0) -> None:
    """Pieces of one limb, without an outline between them."""
    brush.ribbons([(ribbon, cloth.base, part) for ribbon, cloth, part in pieces], joined=joined)
    for ribbon, cloth, _ in pieces:
        paint_pattern(brush.canvas, ribbon, cloth, brush.scale)
        brush.shade_side(ribbon)


def _bare(look: Look) -> Cloth:
    return Cloth("plain", look.skin, look.skin)


def paint_upper_arm(brush: Brush, arm: Arm, side: int, look: Look, girth: float) -> None:
    """Shoulder to elbow, with its sleeve."""
    skin, sleeve = _upper_arm(brush, arm, side, look, girth)
    _paint_pieces(brush, skin, joined=_JOINED_KNOTS)
    _paint_pieces(brush, sleeve, joined=_JOINED_KNOTS)


def paint_forearm(brush: Brush, arm: Arm, side: int, look: Look, girth: float) -> None:
    """Elbow to wrist, with its sleeve."""
    skin, sleeve = _forearm(brush, arm, side, look, girth)
    _paint_pieces(brush, skin)
    _paint_pieces(brush, sleeve)
    _paint_cuff(brush, sleeve, look)


def paint_whole_arm(brush: Brush, arm: Arm, side: int, look: Look, girth: float) -> None:
    """Shoulder to wrist in one piece."""
    upper_skin, upper_sleeve = _upper_arm(brush, arm, side, look, girth)
    skin, sleeve = _forearm(brush, arm, side, look, girth)
    _paint_pieces(brush, upper_skin + skin, joined=_JOINED_KNOTS)
    _paint_pieces(brush, upper_sleeve + sleeve, joined=_JOINED_KNOTS)
    _paint_cuff(brush, sleeve, look)


def _upper_arm(brush: Brush, arm: Arm, side: int, look: Look, girth: float) -> tuple[list[Piece], list[Piece]]:
    """Skin and sleeve; skin that is all covered is left out."""
    radii, part = brush.px(0.35 + 0.65 * girth) * _UPPER_ARM_RADII, Part.UPPER_ARM + side
    # At the shoulder a sleeve is no wider than the arm, or it would look puffed.
    wide = radii + brush.px(_SLEEVE_EASE) * ramp(0, 1, len(radii))
    if look.sleeve >= 1:
        return [], [(limb(arm.shoulder, arm.elbow, wide), _sleeve_cloth(look), part)]
    skin: list[Piece] = [(limb(arm.shoulder, arm.elbow, radii), _bare(look), part)]
    if look.sleeve <= 0:
        return skin, []
    loose = wide + brush.px(0.006) * ramp(0, 1, len(wide))
    sleeve = _cover(arm.shoulder, arm.elbow, loose, look.sleeve)
    return skin, [(sleeve, _sleeve_cloth(look), part)]


def _forearm(brush: Brush, arm: Arm, side: int, look: Look, girth: float) -> tuple[list[Piece], list[Piece]]:
    radii, part = brush.px(0.35 + 0.65 * girth) * _FOREARM_RADII, Part.FOREARM + side
    skin: list[Piece] = [(limb(arm.elbow, arm.wrist, radii), _bare(look), part)]
    if look.sleeve <= 1:
        return skin, []
    sleeve = _cover(arm.elbow, arm.wrist, radii + brush.px(_SLEEVE_EASE), look.sleeve - 1)
    return skin, [(sleeve, _sleeve_cloth(look), part)]


def _paint_cuff(brush: Brush, sleeve: Sequence[Piece], look: Look) -> None:
    if look.top not in ("jumper", "hoodie", "suit", "buttoned"):
        return
    for ribbon, cloth, _ in sleeve:
        colour = WHITE if look.top == "suit" else darker(cloth.base, 0.18)
        brush.canvas.fill(ribbon.strip(0.9, 1, -1, 1), colour)


def _sleeve_cloth(look: Look) -> Cloth:
    return _limb_cloth(look.shirt_cloth)


def _limb_cloth(cloth: Cloth) -> Cloth:
    """Patterns with a place on the trunk would start anew on every piece of a limb."""
    return cloth if cloth.pattern in _LIMB_PATTERNS else Cloth("plain", cloth.base, cloth.second)


def paint_leg(brush: Brush, leg: Leg, side: int, look: Look, girth: float) -> None:
    """Hip to ankle and the foot; whichever of thigh and shin is nearer comes last."""
    factor = brush.px(0.5 + 0.5 * girth)
    radii = factor * _THIGH_RADII, factor * _SHIN_RADII
    shin_first = bool(leg.ankle[2] < leg.knee[2] - brush.px(0.14))
    foot_first = bool(leg.big_toe[2] < leg.ankle[2])
    bare: list[Piece] = [
        (limb(leg.hip, leg.knee, radii[0]), _bare(look), Part.THIGH + side),
        (limb(leg.knee, leg.ankle, radii[1]), _bare(look), Part.SHIN + side),
    ]
    if foot_first:
        paint_foot(brush, leg, side, look)
    covered = look.bottom != "skirt" and look.leg > 1
    _paint_in_order(brush, bare[1:] if covered else bare, shin_first)
    if look.shoes != "boots":
        _paint_pieces(brush, _sock(brush, leg, look.socks, Part.SHIN + side, radii[1]))
        if not foot_first:
            paint_foot(brush, leg, side, look)
    if look.bottom != "skirt":
        _paint_in_order(brush, _trousers(brush, leg, side, look, radii), shin_first)
    if look.shoes == "boots":
        _paint_pieces(brush, _shaft(brush, leg, look.shoe_colour, Part.SHIN + side, radii[1]))
        if not foot_first:
            paint_foot(brush, leg, side, look)


def _paint_in_order(brush: Brush, pieces: list[Piece], shin_first: bool) -> None:
    """Thigh and shin; the nearer last, and the thigh without an outline at the hip."""
    if shin_first:
        for piece in reversed(pieces):
            _paint_pieces(brush, [piece])
        return
    _paint_pieces(brush, pieces, joined=_JOINED_KNOTS)


def _trousers(brush: Brush, leg: Leg, side: int, look: Look, radii: tuple[Points, Points]) -> list[Piece]:
    tight = look.bottom == "leggings"
    ease = brush.px(0.001 if tight else 0.006)
    cloth, part = _limb_cloth(look.bottom_cloth), Part.THIGH + side
    if look.leg <= 1:
        return [(_cover(leg.hip, leg.knee, radii[0] + 1.6 * ease, look.leg), cloth, part)]
    thigh = limb(leg.hip, leg.knee, radii[0] + ease)
    flare = np.linspace(0, 0.0 if tight else brush.px(0.008), len(radii[1]))
    shin = _cover(leg.knee, leg.ankle, radii[1] + ease + flare, look.leg - 1)
    return [(thigh, cloth, part), (shin, cloth, Part.SHIN + side)]


def _sock(brush: Brush, leg: Leg, colour: Colour | None, part: int, radii: Points) -> list[Piece]:
    return [] if colour is None else _around_ankle(leg, 0.68, radii + brush.px(0.002), colour, part)


def _shaft(brush: Brush, leg: Leg, colour: Colour, part: int, radii: Points) -> list[Piece]:
    """Of a boot, into which trousers are tucked."""
    return _around_ankle(leg, 0.5, radii + brush.px(0.012), colour, part)


def _around_ankle(leg: Leg, start: float, radii: Points, colour: Colour, part: int) -> list[Piece]:
    """A piece around the shin from a share of its length down to the ankle."""
    widths = np.interp(ramp(start, 1, 3), ramp(0, 1, len(radii)), radii)
    ribbon = limb(part_way(leg.knee, leg.ankle, start), leg.ankle, widths, round_start=False)
    return [(ribbon, Cloth("plain", colour, colour), part)]
