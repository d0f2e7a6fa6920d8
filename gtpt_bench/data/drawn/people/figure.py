"""A whole person: its keypoints, and its parts painted from the furthest to the nearest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from gtpt_bench.data.drawn.paint.geometry import Points, average, centre_of
from gtpt_bench.data.drawn.people import limbs, trunk, worn
from gtpt_bench.data.drawn.people.brush import Brush
from gtpt_bench.data.drawn.people.extremities import paint_hand
from gtpt_bench.data.drawn.people.face import EARS_23, LEFT_EYE, NOSE_TIP, RIGHT_EYE, face_points, surface_facing
from gtpt_bench.data.drawn.people.garments import paint_torso
from gtpt_bench.data.drawn.people.hairdo import paint_back_hair, paint_wrap
from gtpt_bench.data.drawn.people.head import paint_head
from gtpt_bench.data.drawn.people.look import Look
from gtpt_bench.data.drawn.people.skeleton import Arm, Skeleton

Job = tuple[float, Callable[[], None]]


@dataclass(frozen=True)
class Figure:
    """A posed and dressed person.

    Attributes:
        keypoints_1333: the WholeBody keypoints in image coordinates, depth included.
        facing_68: cosine between the face's surface at each face point and the viewer.
    """

    skeleton: Skeleton
    look: Look
    keypoints_1333: Points
    facing_68: Points


def make_figure(skeleton: Skeleton, look: Look) -> Figure:
    """Dress a skeleton; the keypoints follow from both."""
    head = skeleton.head
    local = face_points(look.face)
    face = head.place(local)
    view = head.axes_33[2] / head.unit
    left_arm, right_arm = skeleton.arms
    left, right = skeleton.legs
    eyes = (centre_of(face[LEFT_EYE]), centre_of(face[RIGHT_EYE]))
    body = (
        face[NOSE_TIP], *eyes, *head.place(EARS_23), left_arm.shoulder, right_arm.shoulder,
        left_arm.elbow, right_arm.elbow, left_arm.wrist, right_arm.wrist, left.hip, right.hip,
        left.knee, right.knee, left.ankle, right.ankle, left.big_toe, left.small_toe, left.heel,
        right.big_toe, right.small_toe, right.heel,
    )  # fmt: skip
    keypoints = np.concatenate((np.stack(body), face, left_arm.hand_213, right_arm.hand_213))
    return Figure(skeleton, look, keypoints, surface_facing(local, view))


def paint_figure(brush: Brush, figure: Figure) -> None:
    """Paint all parts in the order of their depth."""
    jobs = [
        *_trunk_jobs(brush, figure),
        *_arm_jobs(brush, figure),
        *_leg_jobs(brush, figure),
        *_head_jobs(brush, figure),
    ]
    for _, job in sorted(jobs, key=lambda job: job[0]):
        job()


def _trunk_jobs(brush: Brush, figure: Figure) -> list[Job]:
    skeleton, look = figure.skeleton, figure.look
    depth = _chest_depth(skeleton)
    torso = trunk.torso_ribbon(skeleton, hem=0.96 if look.tucked_in else 1.1)
    near = brush.px(0.001)
    jobs: list[Job] = [
        (depth - 3 * near, partial(trunk.paint_neck, brush, skeleton, look)),
        (depth, partial(paint_torso, brush, torso, look)),
    ]
    if look.bottom == "skirt":
        # A skirt hides the legs' beginnings, and a tucked-in top ends beneath it.
        jobs.append((depth + near, partial(trunk.paint_skirt, brush, skeleton, look)))
    else:
        jobs.append((depth - near, partial(trunk.paint_hips, brush, skeleton, look)))
    if look.backpack:
        bag_depth = float(worn.backpack_frame(skeleton).origin_3[2])
        jobs.append((bag_depth, partial(worn.paint_backpack, brush, skeleton, look.backpack)))
        straps = partial(worn.paint_straps, brush, torso, look.backpack)
        jobs.append((depth + 2 * near, straps))
    if look.scarf:
        jobs.append((depth + 4 * near, partial(worn.paint_scarf, brush, skeleton, torso, look.scarf)))
    return jobs


def _chest_depth(skeleton: Skeleton) -> float:
    return float(skeleton.chest.point(0, -0.15, 0)[2])


def _head_depth(brush: Brush, skeleton: Skeleton) -> float:
    return max(float(skeleton.head.origin_3[2]), _chest_depth(skeleton)) + brush.px(0.006)


def _arm_jobs(brush: Brush, figure: Figure) -> list[Job]:
    """Arms beside the trunk count as in front of it; one that passes behind or folds is painted in two pieces."""
    jobs: list[Job] = []
    skeleton, look = figure.skeleton, figure.look
    girth = skeleton.build.girth
    ahead = brush.px(0.045)
    trunk_depth, head_depth = _chest_depth(skeleton), _head_depth(brush, skeleton)
    for side, arm in enumerate(skeleton.arms):
        upper = float(arm.shoulder[2] + arm.elbow[2]) / 2 + ahead
        lower = float(arm.elbow[2] + arm.wrist[2]) / 2 + ahead
        hand = average(arm.hand_213[:, 2]) + ahead
        # Small differences in depth do not put a sleeve over its own hand.
        if lower > upper - brush.px(0.06):
            lower = max(lower, upper + 0.01)
        if hand > lower - brush.px(0.035):
            hand = max(hand, lower + 0.01)
        parted = any((upper > barrier) != (lower > barrier) for barrier in (trunk_depth, head_depth))
        if parted or _folded(arm):
            jobs.append((upper, partial(limbs.paint_upper_arm, brush, arm, side, look, girth)))
            jobs.append((lower, partial(limbs.paint_forearm, brush, arm, side, look, girth)))
        else:
            jobs.append((lower, partial(limbs.paint_whole_arm, brush, arm, side, look, girth)))
        jobs.append((hand, partial(paint_hand, brush, arm, side, look)))
    return jobs


def _folded(arm: Arm) -> bool:
    """Whether the forearm is seen to lie back over the upper arm."""
    upper, lower = (arm.elbow - arm.shoulder)[:2], (arm.wrist - arm.elbow)[:2]
    return float(upper @ lower) < -0.1 * float(np.sqrt((upper @ upper) * (lower @ lower)))


def _leg_jobs(brush: Brush, figure: Figure) -> list[Job]:
    """Legs lie behind the hem of the top unless a thigh is raised towards the viewer; under a skirt always."""
    skeleton, skirt = figure.skeleton, figure.look.bottom == "skirt"
    trunk_depth = _chest_depth(skeleton)
    jobs: list[Job] = []
    for side, leg in enumerate(skeleton.legs):
        raised = leg.knee[2] - leg.hip[2] > brush.px(0.13) and not skirt
        order = float(leg.knee[2] + 0.5 * leg.ankle[2]) * 1e-3
        depth = trunk_depth + brush.px(0.02 if raised else -0.02) + order
        jobs.append((depth, partial(limbs.paint_leg, brush, leg, side, figure.look, skeleton.build.girth)))
    return jobs


def _head_jobs(brush: Brush, figure: Figure) -> list[Job]:
    skeleton, look = figure.skeleton, figure.look
    face = figure.keypoints_1333[23:91]
    trunk_depth = _chest_depth(skeleton)
    jobs: list[Job] = [
        (_head_depth(brush, skeleton), partial(paint_head, brush, skeleton, face, figure.facing_68, look))
    ]
    if skeleton.head.facing >= 0:
        hair = partial(paint_back_hair, brush, skeleton, look)
        jobs.append((trunk_depth - brush.px(0.07), hair))
    if look.hair.wrapped and skeleton.head.facing >= 0:
        wrap = partial(paint_wrap, brush, skeleton.chest, skeleton.head, look)
        jobs.append((trunk_depth + brush.px(0.004), wrap))
    return jobs
