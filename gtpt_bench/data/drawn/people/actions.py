"""What drawn people do: tables of arm gestures, leg stances and the actions that combine them.

All angles in degrees, as ranges to draw from; their meaning is that of ArmPose and LegPose in pose.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Range = tuple[float, float]


@dataclass(frozen=True)
class Gesture:
    """Ranges of one arm's angles, and the hand shapes that go with it."""

    flex: Range
    abduct: Range
    twist: Range
    elbow: Range
    hands: tuple[str, ...] = ("relaxed", "relaxed", "open", "loose fist")
    roll: float = 0.0


@dataclass(frozen=True)
class Stance:
    """Ranges of one leg's angles."""

    flex: Range
    abduct: Range
    knee: Range
    turn: Range = (8, 30)


@dataclass(frozen=True)
class Action:
    """One thing to do.

    Attributes:
        weight: how often, relative to the others.
        stances: names of leg pairs to choose from.
        gestures: names of gestures to choose from, for one arm and for the other.
        bend: range of the spine's forward bend.
        lift: range of the height above the ground, in statures.
        tilt: factor on the usual in-plane rotation.
    """

    weight: float
    stances: tuple[str, ...]
    gestures: tuple[tuple[str, ...], tuple[str, ...]]
    bend: Range = (-4, 6)
    lift: Range = (0, 0)
    tilt: float = 1.0
    seated: bool = False


GESTURES: Mapping[str, Gesture] = MappingProxyType(
    {
        "hang": Gesture((-12, 12), (6, 16), (-15, 25), (4, 28)),
        "swing forward": Gesture((18, 45), (4, 14), (-25, 10), (15, 60), ("loose fist", "relaxed")),
        "swing back": Gesture((-45, -20), (6, 16), (-10, 20), (15, 50), ("loose fist", "relaxed")),
        "run forward": Gesture((25, 55), (8, 20), (-30, 0), (75, 110), ("fist", "loose fist")),
        "run back": Gesture((-50, -30), (10, 22), (-10, 15), (70, 105), ("fist", "loose fist")),
        "wave": Gesture((-5, 20), (55, 105), (70, 95), (55, 110), ("open", "open", "spread", "victory")),
        "up": Gesture((-5, 15), (135, 168), (30, 80), (5, 50), ("open", "spread", "fist", "victory")),
        "side": Gesture((-10, 15), (65, 100), (-10, 40), (0, 30), ("open", "relaxed", "spread")),
        "low side": Gesture((-10, 10), (28, 60), (-10, 40), (5, 35), ("open", "relaxed")),
        "hip": Gesture((-22, -6), (38, 50), (-80, -64), (88, 108), ("loose fist",)),
        "reach": Gesture((55, 95), (5, 35), (-10, 30), (5, 40), ("open", "point", "relaxed")),
        "point": Gesture((20, 60), (35, 80), (0, 50), (0, 25), ("point",)),
        "chest": Gesture((22, 42), (6, 18), (-75, -50), (100, 122), ("relaxed", "open")),
        "belly": Gesture((4, 16), (10, 20), (-72, -50), (78, 98), ("relaxed", "loose fist")),
        "head": Gesture((0, 20), (80, 110), (75, 95), (125, 142), ("relaxed",)),
        "behind": Gesture((-42, -28), (10, 20), (-80, -60), (55, 80), ("relaxed",)),
        "ahead": Gesture((10, 30), (8, 24), (-25, 10), (70, 105), ("relaxed", "open", "thumb up")),
        "thumb": Gesture((20, 40), (12, 30), (0, 40), (70, 110), ("thumb up", "victory", "point")),
        "flex": Gesture((-5, 10), (70, 95), (80, 95), (95, 125), ("fist",)),
        "phone": Gesture((30, 50), (10, 25), (-35, -15), (115, 132), ("loose fist",)),
        "lap": Gesture((10, 30), (8, 20), (-35, -10), (45, 75), ("relaxed",), 40.0),
    }
)

_LEG = Stance((-3, 4), (2, 7), (0, 6))

STANCES: Mapping[str, tuple[Stance, Stance]] = MappingProxyType(
    {
        "straight": (_LEG, _LEG),
        "relaxed": (_LEG, Stance((5, 14), (5, 12), (10, 26), (15, 40))),
        "wide": (Stance((-4, 6), (12, 24), (0, 8)), Stance((-4, 6), (12, 24), (0, 8))),
        "stride": (Stance((18, 34), (1, 6), (4, 18), (2, 14)), Stance((-24, -14), (1, 6), (12, 36), (4, 18))),
        "run": (Stance((45, 75), (2, 8), (60, 95), (0, 12)), Stance((-25, -10), (2, 8), (30, 75), (0, 12))),
        "lunge": (Stance((60, 82), (4, 12), (70, 95), (5, 20)), Stance((-25, -12), (4, 12), (8, 30), (5, 20))),
        "side lunge": (
            Stance((0, 8), (35, 50), (0, 10), (10, 30)),
            Stance((40, 60), (25, 40), (60, 85), (25, 45)),
        ),
        "sit": (Stance((78, 92), (4, 16), (72, 98), (2, 20)), Stance((78, 92), (4, 16), (72, 98), (2, 20))),
        "squat": (Stance((85, 108), (18, 38), (100, 130), (20, 40)),) * 2,
        "kneel": (Stance((78, 92), (6, 18), (85, 100), (5, 20)), Stance((-5, 8), (3, 10), (82, 98), (0, 10))),
        "kick": (Stance((45, 80), (5, 20), (5, 40), (0, 20)), _LEG),
        "side kick": (Stance((10, 30), (40, 62), (0, 40), (20, 45)), Stance((-3, 4), (2, 7), (0, 12))),
        "tree": (Stance((40, 60), (42, 60), (105, 130), (40, 58)), _LEG),
        "star": (Stance((0, 12), (24, 40), (0, 20)), Stance((0, 12), (24, 40), (0, 20))),
        "tuck": (Stance((35, 70), (8, 25), (60, 110)), Stance((20, 60), (8, 25), (60, 110))),
        "leap": (Stance((45, 70), (10, 30), (10, 40)), Stance((-28, -12), (10, 30), (20, 60))),
    }
)

_EASY = ("hang", "hang", "hang", "hip", "belly", "behind", "low side", "ahead", "chest", "phone")
_LIVELY = ("wave", "up", "side", "point", "reach", "flex", "head", "thumb")
_DANCE = ("up", "side", "wave", "hip", "low side", "flex", "head", "reach")

ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        "stand": Action(24, ("straight", "relaxed", "relaxed", "wide"), (_EASY, _EASY)),
        "greet": Action(16, ("straight", "relaxed", "wide"), (("wave", "wave", "up"), _EASY)),
        "gesture": Action(14, ("straight", "relaxed", "wide", "stride"), (_LIVELY, _EASY)),
        "cheer": Action(9, ("wide", "straight", "relaxed"), (("up", "flex", "wave"), ("up", "flex", "wave"))),
        "walk": Action(14, ("stride",), (("swing back",), ("swing forward",)), (0, 8)),
        "run": Action(5, ("run",), (("run back",), ("run forward",)), (4, 18), (0, 0.04), 1.5),
        "dance": Action(
            12, ("relaxed", "wide", "tree", "side kick", "side lunge"), (_DANCE, _DANCE), (-8, 10), (0, 0), 1.8
        ),
        "lunge": Action(5, ("lunge", "side lunge"), (_LIVELY, ("hip", "side", "low side")), (0, 14)),
        "sit": Action(
            8, ("sit",), (("lap", "lap", "chest", "wave", "ahead"), ("lap", "lap", "thumb")), (-4, 10), seated=True
        ),
        "squat": Action(3, ("squat",), (("ahead", "reach", "chest"), ("ahead", "low side")), (10, 28)),
        "kneel": Action(3, ("kneel",), (_LIVELY, _EASY), (0, 12)),
        "kick": Action(3, ("kick",), (("low side", "side"), ("low side", "side", "ahead")), (-8, 8), (0, 0), 1.8),
        "jump": Action(
            7, ("star", "tuck", "leap"), (("up", "side", "wave"), ("up", "side")), (-6, 8), (0.06, 0.18), 2.0
        ),
    }
)
