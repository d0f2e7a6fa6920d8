"""Proportions of a person's body, in units of the stature (about 1 from sole to crown)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gtpt_bench.data.drawn.paint.palette import between, chance


@dataclass(frozen=True)
class Build:
    """Lengths and widths of a body; all in statures, except those called a factor.

    Attributes:
        stature: height relative to a grown-up's; scales the whole figure in a scene.
        leg: from the sole to the hip joint; ankle height, shin and thigh are shares of it.
        torso: from the pelvis to the base of the neck.
        girth: factor on the thickness of trunk and limbs.
        shoulder, hip: half the distance between the joints.
    """

    stature: float
    head: float
    leg: float
    torso: float
    arm: float
    shoulder: float
    hip: float
    girth: float
    waist: float

    @property
    def ankle(self) -> float:
        return 0.085 * self.leg

    @property
    def shin(self) -> float:
        return 0.44 * self.leg

    @property
    def thigh(self) -> float:
        return 0.475 * self.leg

    @property
    def upper_arm(self) -> float:
        return 0.525 * self.arm

    @property
    def forearm(self) -> float:
        return 0.475 * self.arm

    @property
    def hand(self) -> float:
        """From the wrist to the tip of the middle finger."""
        return 0.345 * self.arm

    @property
    def foot(self) -> float:
        return 0.285 * self.leg


def sample_build(rng: np.random.Generator) -> Build:
    """A grown-up or, less often, a child; heads a little large, as in a picture book."""
    if chance(rng, 0.16):
        return _child(rng)
    girth = between(rng, (0.88, 1.3))
    return Build(
        stature=between(rng, (0.9, 1.08)),
        head=between(rng, (0.165, 0.182)),
        leg=between(rng, (0.465, 0.5)),
        torso=between(rng, (0.28, 0.3)),
        arm=between(rng, (0.305, 0.325)),
        shoulder=between(rng, (0.096, 0.118)),
        hip=between(rng, (0.05, 0.058)) * (0.7 + 0.3 * girth),
        girth=girth,
        waist=between(rng, (0.82, 1.0)) * (0.75 + 0.25 * girth),
    )


def _child(rng: np.random.Generator) -> Build:
    return Build(
        stature=between(rng, (0.58, 0.78)),
        head=between(rng, (0.215, 0.24)),
        leg=between(rng, (0.415, 0.44)),
        torso=between(rng, (0.285, 0.3)),
        arm=between(rng, (0.29, 0.305)),
        shoulder=between(rng, (0.09, 0.1)),
        hip=between(rng, (0.048, 0.053)),
        girth=between(rng, (1.0, 1.2)),
        waist=between(rng, (0.95, 1.05)),
    )
