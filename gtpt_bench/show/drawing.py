"""Poses drawn on a picture: bones and points with a dark rim, as thick as the person is large. P poses, J keypoints."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gtpt_bench.data.images import Image
from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.show.colours import COLOURS, EDGE, Colour, bone_label, labels_of

Doubles = NDArray[np.float64]

_BITS = 4
"""OpenCV draws at fractions of a pixel: coordinates are whole numbers of 1 / 2^bits."""

_PER_LINE, _PER_POINT = 130, 85
"""A person of so many pixels has body lines one pixel thick, and points of that radius."""

_FINE_PARTS, _FINE = ("face", "lefthand", "righthand"), 0.3
"""Parts of many keypoints in a small place, and their thickness over that of the body."""

_THINNEST_WITH_RIM = 3.0
"""Fine parts thinner than this, in pixels, have no rim, which would hide their colour."""


@dataclass(frozen=True)
class SeenPoses:
    """What is drawn.

    Attributes:
        keypoints: image pixels and confidence, `[P, J, 3]`.
        scores: of the persons, `[P]`.
        keypoint_set: what the keypoints are.
    """

    keypoints: Doubles
    scores: Doubles
    keypoint_set: KeypointSet

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True)
class PoseStyle:
    """How a picture is made.

    Attributes:
        keypoint_threshold: keypoints of lower confidence are not drawn.
        score_share: persons whose score is below this share of the best one's are not drawn.
        enlarge: the picture has so many times the image's width and height.
    """

    keypoint_threshold: float = 0.03
    score_share: float = 0.2
    enlarge: int = 2


def drawn_poses(image_HW3: Image, poses: SeenPoses, style: PoseStyle) -> Image:
    """The image, enlarged, with the poses on it; the best one is drawn last, on top of the others."""
    picture = enlarged(image_HW3, style.enlarge)
    shown = shown_poses(poses, style)
    for place in np.argsort(shown.scores, kind="stable"):
        points_J3 = shown.keypoints[place]
        on_picture = points_J3[:, :2] * style.enlarge + (style.enlarge - 1) / 2
        _draw_pose(picture, on_picture, points_J3[:, 2] >= style.keypoint_threshold, shown.keypoint_set)
    return picture


def shown_poses(poses: SeenPoses, style: PoseStyle) -> SeenPoses:
    """The poses whose score is near enough to the best one's."""
    if not len(poses):
        return poses
    near = np.flatnonzero(poses.scores >= style.score_share * poses.scores.max())
    return SeenPoses(poses.keypoints[near], poses.scores[near], poses.keypoint_set)


def shown_labels(poses: SeenPoses, style: PoseStyle) -> list[str]:
    """What of the legend is to be seen, in its order."""
    confident_PJ = shown_poses(poses, style).keypoints[..., 2] >= style.keypoint_threshold
    labels = labels_of(poses.keypoint_set)
    seen = {labels[place] for place in np.flatnonzero(np.any(confident_PJ, axis=0))}
    return [label for label in COLOURS if label in seen]


def enlarged(image_HW3: Image, times: int) -> Image:
    """The image at `times` its width and height; a copy if that is 1."""
    if times == 1:
        return image_HW3.copy()
    height, width = image_HW3.shape[:2]
    return np.asarray(cv2.resize(image_HW3, (times * width, times * height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _draw_pose(picture: Image, points_J2: Doubles, is_shown_J: NDArray[np.bool_], keypoints: KeypointSet) -> None:
    if not is_shown_J.any():
        return
    spread = float(np.ptp(points_J2[is_shown_J], axis=0).max())
    size, labels = min(spread, max(picture.shape[:2])), labels_of(keypoints)  # points may lie far outside
    fine = {place for part in _FINE_PARTS for place in keypoints.parts.get(part, ())}
    bones = [bone for bone in keypoints.skeleton if is_shown_J[list(bone)].all()]
    points = np.flatnonzero(is_shown_J).tolist()
    for is_rim in (True, False):
        for first, second in bones:
            is_fine = bool({first, second} & fine)
            width = size / _PER_LINE * (_FINE if is_fine else 1)
            if is_rim and is_fine and width < _THINNEST_WITH_RIM:
                continue
            colour = EDGE if is_rim else COLOURS[bone_label(labels[first], labels[second])]
            ends = _fixed(points_J2[first]), _fixed(points_J2[second])
            cv2.line(picture, *ends, colour, max(1, round(width)) + 2 * is_rim, cv2.LINE_AA, _BITS)
    for place in points:
        is_fine = place in fine
        radius = max(1.0, size / _PER_POINT * (_FINE if is_fine else 1))
        if not is_fine or radius >= _THINNEST_WITH_RIM:
            _draw_disc(picture, points_J2[place], radius + 1, EDGE)
        _draw_disc(picture, points_J2[place], radius, COLOURS[labels[place]])


def _draw_disc(picture: Image, point_2: Doubles, radius: float, colour: Colour) -> None:
    cv2.circle(picture, _fixed(point_2), round(radius * 2**_BITS), colour, -1, cv2.LINE_AA, _BITS)


def _fixed(point_2: Doubles) -> tuple[int, int]:
    return round(float(point_2[0]) * 2**_BITS), round(float(point_2[1]) * 2**_BITS)
