"""COCO-WholeBody's 133 keypoints: 17 body, 6 foot, 68 face, 21 left hand, 21 right hand.

Source: spec/training_and_evaluation.md §2, §8; dense parts and groups: spec/gtpt.md §8.
"""

from __future__ import annotations

from itertools import pairwise
from types import MappingProxyType

from gtpt_bench.keypoints.coco import COCO
from gtpt_bench.keypoints.keypoint_set import DensePart, KeypointSet, Partition

_FINGERS = ("thumb", "index_finger", "middle_finger", "ring_finger", "little_finger")
_HAND_NAMES = ["hand_root", *(f"{finger}_{joint}" for finger in _FINGERS for joint in range(1, 5))]

# Feet and hands come left first. The face follows the 68-point convention, which counts as an observer reads: contour
# and brows from the person's right ear to the left one, nose and lips from the right corner over the top to the left
# one and back below. Hence the larger number of a pair is the left one, save on the way back: 78, 79 and 88.
_FOOT_PAIRS = ((17, 20), (18, 21), (19, 22))
_FACE_PAIRS = (
    *((62 - i, i) for i in range(23, 31)),  # contour
    *((89 - i, i) for i in range(40, 45)),  # brows
    *((58, 54), (57, 55)),  # nose
    *((68, 59), (67, 60), (66, 61), (65, 62), (70, 63), (69, 64)),  # eyes
    *((77, 71), (76, 72), (75, 73), (78, 82), (79, 81)),  # outer lips
    *((87, 83), (86, 84), (88, 90)),  # inner lips
)
_HAND_PAIRS = tuple((i, i + 21) for i in range(91, 112))

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


def _chain(*indices: int) -> tuple[tuple[int, int], ...]:
    return tuple(pairwise(indices))


def _hand_skeleton(root: int) -> tuple[tuple[int, int], ...]:
    return tuple(bone for finger in range(5) for bone in _chain(root, *(root + 1 + 4 * finger + j for j in range(4))))


_SKELETON = (
    *COCO.skeleton,
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

FACE = DensePart("face", tuple(range(23, 91)), anchor=0)
LEFT_HAND = DensePart("left hand", tuple(range(91, 112)), anchor=9)
RIGHT_HAND = DensePart("right hand", tuple(range(112, 133)), anchor=10)
LEFT_FOOT = DensePart("left foot", tuple(range(17, 20)), anchor=15)
RIGHT_FOOT = DensePart("right foot", tuple(range(20, 23)), anchor=16)


def _with_dense(body: Partition, dense: dict[str, tuple[DensePart, ...]]) -> Partition:
    """COCO's groups of the body, each followed by its dense parts."""
    return {name: (*body[name], *(k for part in parts for k in part.keypoints)) for name, parts in dense.items()}


WHOLEBODY = KeypointSet(
    name="wholebody",
    names=(
        *COCO.names,
        *(f"{side}_{part}" for side in ("left", "right") for part in ("big_toe", "small_toe", "heel")),
        *(f"face_{i}" for i in range(68)),
        *(f"{side}_{name}" for side in ("left", "right") for name in _HAND_NAMES),
    ),
    flip_pairs=(*COCO.flip_pairs, *_FOOT_PAIRS, *_FACE_PAIRS, *_HAND_PAIRS),
    sigmas=(*COCO.sigmas, *_FOOT_SIGMAS, *_FACE_SIGMAS, *_HAND_SIGMAS, *_HAND_SIGMAS),
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
    skeleton=_SKELETON,
    dense_parts=(FACE, LEFT_HAND, RIGHT_HAND, LEFT_FOOT, RIGHT_FOOT),
    groups=MappingProxyType(
        {
            "paper": _with_dense(
                COCO.groups["paper"],
                {
                    "head": (FACE,),
                    "upper limbs": (LEFT_HAND, RIGHT_HAND),
                    "lower limbs": (LEFT_FOOT, RIGHT_FOOT),
                },
            ),
            "per_limb": _with_dense(
                COCO.groups["per_limb"],
                {
                    "head": (FACE,),
                    "left arm": (LEFT_HAND,),
                    "right arm": (RIGHT_HAND,),
                    "left leg": (LEFT_FOOT,),
                    "right leg": (RIGHT_FOOT,),
                },
            ),
        }
    ),
)
