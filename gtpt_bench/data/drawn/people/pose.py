"""Poses as joint angles: what people do, within what joints can do.

All angles in degrees. A pose is body-centred; where it stands in the picture is decided by the scene.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gtpt_bench.data.drawn.paint.palette import between, chance, pick, weighted
from gtpt_bench.data.drawn.people.actions import ACTIONS, GESTURES, STANCES, Action, Range, Stance


@dataclass(frozen=True)
class ArmPose:
    """Shoulder, elbow and hand of one arm, the same numbers for left and right.

    Attributes:
        flex: upper arm forwards (back if negative).
        abduct: upper arm sideways, away from the body.
        twist: about the upper arm, positive turns the elbow's hinge outwards.
        elbow: 0 for a straight arm.
        wrist: hand towards its palm.
        roll: about the forearm, positive turns the palm backwards.
        shape: name of a hand shape (see hand.py).
    """

    flex: float
    abduct: float
    twist: float
    elbow: float
    wrist: float
    roll: float
    shape: str


@dataclass(frozen=True)
class LegPose:
    """Hip, knee and ankle of one leg; `turn` points knee and toes outwards, `toes` points the foot down."""

    flex: float
    abduct: float
    turn: float
    knee: float
    toes: float


@dataclass(frozen=True)
class Pose:
    """A whole body's pose.

    Attributes:
        yaw: 0 faces the viewer, positive turns to the image's right, 180 shows the back.
        tilt: rotation in the image plane, positive to the image's left.
        bend, lean, twist: upper body relative to the pelvis: forwards, to the image's left, about the spine.
        nod, cock, look: head relative to the chest: down, to the image's left, to the person's left.
        arms, legs: left, right.
        lift: height of the lowest point above the ground, in statures.
        seated: whether a seat belongs under the hips.
    """

    yaw: float
    tilt: float
    bend: float
    lean: float
    twist: float
    nod: float
    cock: float
    look: float
    arms: tuple[ArmPose, ArmPose]
    legs: tuple[LegPose, LegPose]
    lift: float
    seated: bool

    @property
    def from_behind(self) -> bool:
        return abs(self.yaw) > 90


JOINT_LIMITS: dict[str, Range] = {
    "shoulder flex": (-50, 175),
    "shoulder abduct": (-10, 172),
    "shoulder twist": (-85, 95),
    "elbow": (0, 145),
    "wrist": (-60, 60),
    "hip flex": (-30, 115),
    "hip abduct": (-12, 65),
    "hip turn": (-10, 60),
    "knee": (0, 140),
    "ankle": (-20, 50),
    "bend": (-15, 45),
    "lean": (-25, 25),
    "spine twist": (-30, 30),
    "nod": (-30, 35),
    "cock": (-28, 28),
    "look": (-55, 55),
}


def _limited(joint: str, angle: float) -> float:
    low, high = JOINT_LIMITS[joint]
    return min(max(angle, low), high)


def sample_pose(rng: np.random.Generator) -> Pose:
    """A natural pose, mostly seen from the front or at an angle, one in ten from behind."""
    action = ACTIONS[weighted(rng, {name: action.weight for name, action in ACTIONS.items()})]
    mirrored = chance(rng, 0.5)
    legs = [_leg(rng, stance) for stance in STANCES[pick(rng, action.stances)]]
    arms = [_arm(rng, pick(rng, gestures)) for gestures in action.gestures]
    if mirrored:
        legs.reverse()
        arms.reverse()
    yaw, look = _view(rng)
    return Pose(
        yaw=yaw,
        tilt=_tilt(rng, action),
        bend=_limited("bend", between(rng, action.bend)),
        lean=_limited("lean", rng.normal(0, 5)),
        twist=_limited("spine twist", rng.normal(0, 8)),
        nod=_limited("nod", rng.normal(2, 7)),
        cock=_limited("cock", rng.normal(0, 7)),
        look=_limited("look", look),
        arms=(arms[0], arms[1]),
        legs=(legs[0], legs[1]),
        lift=between(rng, action.lift),
        seated=action.seated,
    )


def _view(rng: np.random.Generator) -> tuple[float, float]:
    """Yaw of the body and look of the head; a face is either well seen or not at all, rarely in between."""
    if chance(rng, 0.1):
        return 180.0 + float(np.clip(rng.normal(0, 20), -38, 38)), float(rng.normal(0, 10))
    yaw = float(np.clip(rng.normal(0, 28), -55, 55))
    look = float(rng.normal(-0.25 * yaw, 16))
    return yaw, float(np.clip(yaw + look, -58, 58)) - yaw


def _tilt(rng: np.random.Generator, action: Action) -> float:
    """In-plane rotation: a few degrees as a rule, rarely a tumble; nobody tumbles from a seat."""
    if chance(rng, 0.03) and not action.seated:
        return pick(rng, (-1, 1)) * between(rng, (25, 70))
    return float(np.clip(rng.normal(0, 4 * action.tilt), -20, 20))


def _arm(rng: np.random.Generator, name: str) -> ArmPose:
    gesture = GESTURES[name]
    return ArmPose(
        flex=_limited("shoulder flex", between(rng, gesture.flex)),
        abduct=_limited("shoulder abduct", between(rng, gesture.abduct)),
        twist=_limited("shoulder twist", between(rng, gesture.twist)),
        elbow=_limited("elbow", between(rng, gesture.elbow)),
        wrist=_limited("wrist", rng.normal(5, 9)),
        roll=float(rng.normal(15, 14)) + gesture.roll,
        shape=pick(rng, gesture.hands),
    )


def _leg(rng: np.random.Generator, stance: Stance) -> LegPose:
    return LegPose(
        flex=_limited("hip flex", between(rng, stance.flex)),
        abduct=_limited("hip abduct", between(rng, stance.abduct)),
        turn=_limited("hip turn", between(rng, stance.turn)),
        knee=_limited("knee", between(rng, stance.knee)),
        toes=_limited("ankle", rng.normal(12, 8)),
    )
