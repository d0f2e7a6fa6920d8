"""Which keypoints a data set has, and what is known of each: name, mirror partner, OKS sigma, body part.

COCO's 17 body keypoints and COCO-WholeBody's 133 (17 body, 6 foot, 68 face, 21 left hand, 21 right hand).
Source: spec/training_and_evaluation.md §2 (order, flip pairs, half body) and §8 (sigmas).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType


@dataclass(frozen=True)
class KeypointSet:
    """The keypoints of one data set, in the order of its annotation files.

    Attributes:
        flip_pairs: indices that swap when the image is mirrored; all others are their own mirror image.
        sigmas: OKS fall-off of each keypoint (Greek sigma, not variance); scaled by the root of the area.
        upper_body: what the half-body augmentation calls upper; the rest is lower.
        parts: name of a body part to its indices; the parts do not overlap and cover all keypoints.
        skeleton: pairs of keypoints joined by a line when a pose is drawn.
    """

    name: str
    names: tuple[str, ...]
    flip_pairs: tuple[tuple[int, int], ...]
    sigmas: tuple[float, ...]
    upper_body: frozenset[int]
    parts: Mapping[str, range]
    skeleton: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def mirror(self) -> tuple[int, ...]:
        """Index of each keypoint's mirror partner, itself where there is none; an involution."""
        partner = list(range(len(self)))
        for left, right in self.flip_pairs:
            partner[left], partner[right] = right, left
        return tuple(partner)


_BODY_NAMES = (
    "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow "
    "left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle"
).split()
_FOOT_NAMES = [f"{side}_{part}" for side in ("left", "right") for part in ("big_toe", "small_toe", "heel")]
_FACE_NAMES = [f"face_{i}" for i in range(68)]
_FINGERS = ("thumb", "index_finger", "middle_finger", "ring_finger", "little_finger")
_HAND_NAMES = ["hand_root", *(f"{finger}_{joint}" for finger in _FINGERS for joint in range(1, 5))]

_BODY_PAIRS = tuple((i, i + 1) for i in range(1, 17, 2))
_FOOT_PAIRS = ((17, 20), (18, 21), (19, 22))
_FACE_PAIRS = (
    *((i, 62 - i) for i in range(23, 31)),  # contour
    *((i, 89 - i) for i in range(40, 45)),  # brows
    (54, 58),
    (55, 57),  # nose
    *((59, 68), (60, 67), (61, 66), (62, 65), (63, 70), (64, 69)),  # eyes
    *((71, 77), (72, 76), (73, 75), (78, 82), (79, 81)),  # outer lips
    *((83, 87), (84, 86), (88, 90)),  # inner lips
)
_HAND_PAIRS = tuple((i, i + 21) for i in range(91, 112))

_BODY_SIGMAS = (
    *(0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072),
    *(0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089),
)
_FOOT_SIGMAS = (0.068, 0.066, 0.066, 0.092, 0.094, 0.094)
_FACE_SIGMAS = (
    *(0.042, 0.043, 0.044, 0.043, 0.040, 0.035, 0.031, 0.025, 0.020),  # contour, down to the chin
    *(0.023, 0.029, 0.032, 0.037, 0.038, 0.043, 0.041, 0.045),
    *(0.013, 0.012, 0.011, 0.011, 0.012, 0.012, 0.011, 0.011, 0.013, 0.015),  # brows
    *(0.009, 0.007, 0.007, 0.007, 0.012, 0.009, 0.008, 0.016, 0.010),  # nose
    *(0.017, 0.011, 0.009, 0.011, 0.009, 0.007, 0.013, 0.008, 0.011, 0.012, 0.010, 0.034),  # eyes
    *(0.008, 0.009, 0.009, 0.008, 0.008, 0.007, 0.010, 0.008, 0.009, 0.009),  # lips
    *(0.009, 0.007, 0.007, 0.008, 0.011, 0.008, 0.008, 0.008, 0.010, 0.008),
)
_HAND_SIGMAS = (
    *(0.029, 0.022, 0.035, 0.037, 0.047, 0.026, 0.025, 0.024, 0.035, 0.018, 0.024),
    *(0.022, 0.026, 0.017, 0.021, 0.021, 0.032, 0.020, 0.019, 0.022, 0.031),
)

_BODY_SKELETON = (
    *((0, 1), (0, 2), (1, 3), (2, 4), (5, 6), (5, 7), (7, 9), (6, 8), (8, 10), (5, 11), (6, 12)),
    *((11, 12), (11, 13), (13, 15), (12, 14), (14, 16)),
)


def _chain(*indices: int) -> tuple[tuple[int, int], ...]:
    return tuple(pairwise(indices))


def _hand_skeleton(root: int) -> tuple[tuple[int, int], ...]:
    return tuple(bone for finger in range(5) for bone in _chain(root, *(root + 1 + 4 * finger + j for j in range(4))))


_WHOLEBODY_SKELETON = (
    *_BODY_SKELETON,
    *((15, 17), (15, 18), (15, 19), (16, 20), (16, 21), (16, 22)),
    *_chain(*range(23, 40)),
    *_chain(*range(40, 45)),
    *_chain(*range(45, 50)),
    *_chain(*range(50, 54)),
    *_chain(*range(54, 59)),
    *_chain(*range(59, 65), 59),
    *_chain(*range(65, 71), 65),
    *_chain(*range(71, 83), 71),
    *_chain(*range(83, 91), 83),
    *_hand_skeleton(91),
    *_hand_skeleton(112),
    (9, 91),
    (10, 112),
)

COCO = KeypointSet(
    name="coco",
    names=tuple(_BODY_NAMES),
    flip_pairs=_BODY_PAIRS,
    sigmas=_BODY_SIGMAS,
    upper_body=frozenset(range(11)),
    parts=MappingProxyType({"body": range(17)}),
    skeleton=_BODY_SKELETON,
)

WHOLEBODY = KeypointSet(
    name="wholebody",
    names=(
        *_BODY_NAMES,
        *_FOOT_NAMES,
        *_FACE_NAMES,
        *(f"{side}_{name}" for side in ("left", "right") for name in _HAND_NAMES),
    ),
    flip_pairs=(*_BODY_PAIRS, *_FOOT_PAIRS, *_FACE_PAIRS, *_HAND_PAIRS),
    sigmas=(*_BODY_SIGMAS, *_FOOT_SIGMAS, *_FACE_SIGMAS, *_HAND_SIGMAS, *_HAND_SIGMAS),
    upper_body=frozenset((*range(11), *range(23, 133))),
    parts=MappingProxyType(
        {
            "body": range(17),
            "foot": range(17, 23),
            "face": range(23, 91),
            "lefthand": range(91, 112),
            "righthand": range(112, 133),
        }
    ),
    skeleton=_WHOLEBODY_SKELETON,
)

KEYPOINT_SETS: Mapping[str, KeypointSet] = MappingProxyType({s.name: s for s in (COCO, WHOLEBODY)})
