"""From a build and a pose to joints in space: forward kinematics, and standing on the ground."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gtpt_bench.data.drawn.paint.geometry import Frame, Points, rot_x, rot_y, rot_z
from gtpt_bench.data.drawn.people.body import Build
from gtpt_bench.data.drawn.people.hand import SHAPES, hand_points
from gtpt_bench.data.drawn.people.pose import ArmPose, LegPose, Pose

_HIP_BELOW_PELVIS = 0.02
_SHOULDER_BELOW_NECK = 0.04


@dataclass(frozen=True)
class Arm:
    """Joints of one arm in image coordinates; `hand_213` are its 21 hand keypoints."""

    shoulder: Points
    elbow: Points
    wrist: Points
    hand_213: Points


@dataclass(frozen=True)
class Leg:
    """Joints of one leg; the foot's frame is at the ankle, in statures."""

    hip: Points
    knee: Points
    ankle: Points
    foot: Frame
    big_toe: Points
    small_toe: Points
    heel: Points

    def moved(self, by_3: Points) -> Leg:
        return Leg(
            hip=self.hip + by_3,
            knee=self.knee + by_3,
            ankle=self.ankle + by_3,
            foot=replace(self.foot, origin_3=self.foot.origin_3 + by_3),
            big_toe=self.big_toe + by_3,
            small_toe=self.small_toe + by_3,
            heel=self.heel + by_3,
        )


@dataclass(frozen=True)
class Skeleton:
    """A posed person in the image; x, y in pixels, z towards the viewer.

    Attributes:
        pelvis, chest: frames in statures; the chest's origin is the base of the neck.
        head: frame in heights of the head; its origin is the middle between chin and crown.
        arms, legs: left, right.
        ground: the point on the ground below the pelvis, shape [2].
    """

    build: Build
    pose: Pose
    pelvis: Frame
    chest: Frame
    head: Frame
    arms: tuple[Arm, Arm]
    legs: tuple[Leg, Leg]
    ground: Points

    @property
    def scale(self) -> float:
        """Pixels of one stature."""
        return self.pelvis.unit


def pose_skeleton(build: Build, pose: Pose, *, ground_2: Points, scale: float, camera_pitch: float = 8.0) -> Skeleton:
    """Place a posed body so that it stands above a point on the ground.

    Args:
        ground_2: where the ground below the pelvis is seen, in pixels.
        scale: pixels of one stature.
        camera_pitch: by how many degrees the camera looks down.
    """
    camera = np.diag((1.0, -1.0, 1.0)) @ rot_x(camera_pitch) * scale
    axes = np.diag((1.0, -1.0, 1.0)) @ rot_z(pose.tilt) @ rot_x(camera_pitch) @ rot_y(pose.yaw) * scale
    legs = [_leg(build, leg, Frame(np.zeros(3), axes), side) for leg, side in zip(pose.legs, (1, -1), strict=True)]
    down = -camera[:, 1] / scale
    # Someone who tumbles may touch the ground with a shoulder instead of a foot.
    shoulders = np.array(((0.12, 0.3, 0.0), (-0.12, 0.3, 0.0), (0.0, 0.5, 0.0))) @ axes.T
    reach = np.concatenate((*(_extremes(leg) for leg in legs), shoulders)) @ down
    foot_point = down * (float(reach.max()) + pose.lift * scale)
    origin = np.array((ground_2[0] - foot_point[0], ground_2[1] - foot_point[1], 0.0))
    pelvis = Frame(origin, axes)
    trunk = rot_y(pose.twist) @ rot_z(pose.lean) @ rot_x(pose.bend)
    waist = pelvis.point(0, 0.35 * build.torso, 0)
    chest = pelvis.turned(trunk).at(waist)
    chest = chest.at(chest.point(0, 0.65 * build.torso, 0))
    arms = [_arm(build, arm, chest, side) for arm, side in zip(pose.arms, (1, -1), strict=True)]
    return Skeleton(
        build=build,
        pose=pose,
        pelvis=pelvis,
        chest=chest,
        head=_head(build, pose, chest),
        arms=(arms[0], arms[1]),
        legs=(legs[0].moved(origin), legs[1].moved(origin)),
        ground=np.asarray(ground_2, dtype=np.float64),
    )


def _head(build: Build, pose: Pose, chest: Frame) -> Frame:
    """The head keeps half upright when the trunk bends: people look where they go."""
    level = rot_x(-0.6 * pose.bend) @ rot_z(-0.5 * pose.lean) @ rot_y(-0.7 * pose.twist)
    neck = chest.turned(level @ rot_z(pose.cock) @ rot_y(pose.look) @ rot_x(pose.nod))
    centre = chest.point(0, 0.02, 0.006) + neck.axes_33 @ np.array((0.0, 0.5 * build.head, 0.01))
    return neck.at(centre, build.head)


def _arm(build: Build, pose: ArmPose, chest: Frame, side: int) -> Arm:
    raised = max(pose.abduct, pose.flex) / 180
    shoulder = chest.point(side * (build.shoulder - 0.02 * raised), 0.03 * raised - _SHOULDER_BELOW_NECK, 0)
    turn = rot_z(side * pose.abduct) @ rot_x(-pose.flex) @ rot_y(side * pose.twist)
    upper = chest.turned(turn).at(shoulder)
    elbow = upper.point(0, -build.upper_arm, 0)
    lower = upper.turned(rot_x(-pose.elbow)).at(elbow)
    wrist = lower.point(0, -build.forearm, 0)
    palm = lower.turned(rot_y(-side * pose.roll) @ rot_z(-side * pose.wrist)).at(wrist, build.hand)
    return Arm(shoulder, elbow, wrist, hand_points(palm, SHAPES[pose.shape], side))


def _leg(build: Build, pose: LegPose, pelvis: Frame, side: int) -> Leg:
    hip = pelvis.point(side * build.hip, -_HIP_BELOW_PELVIS, 0)
    turn = rot_z(side * pose.abduct) @ rot_x(-pose.flex) @ rot_y(side * pose.turn)
    thigh = pelvis.turned(turn).at(hip)
    knee = thigh.point(0, -build.thigh, 0)
    shin = thigh.turned(rot_x(pose.knee)).at(knee)
    ankle = shin.point(0, -build.shin, 0)
    foot = _foot(pose, pelvis, shin, side).at(ankle)
    sole, length = build.ankle, build.foot
    return Leg(
        hip=hip,
        knee=knee,
        ankle=ankle,
        foot=foot,
        big_toe=foot.point(-side * 0.018, -sole, 0.73 * length),
        small_toe=foot.point(side * 0.028, -sole, 0.55 * length),
        heel=foot.point(0, -sole, -0.24 * length),
    )


def _foot(pose: LegPose, pelvis: Frame, shin: Frame, side: int) -> Frame:
    """Flat on the ground below an upright shin; following the shin, toes down, when that is far from upright."""
    upright = float(shin.axes_33[:, 1] @ pelvis.axes_33[:, 1]) / shin.unit**2
    if upright < 0.8:
        return shin.turned(rot_x(pose.toes))
    return pelvis.turned(rot_z(side * 0.3 * pose.abduct) @ rot_y(side * pose.turn))


def _extremes(leg: Leg) -> Points:
    """The points of a leg that can touch the ground, shape [4, 3]."""
    return np.stack((leg.big_toe, leg.small_toe, leg.heel, leg.knee))
