"""MPII's 16 joints. Source: spec/training_and_evaluation.md §11 (order, flip pairs, upper body)."""

from __future__ import annotations

from types import MappingProxyType

from gtpt_bench.keypoints.coco import COCO
from gtpt_bench.keypoints.keypoint_set import KeypointSet

_NAMES = tuple(
    "right_ankle right_knee right_hip left_hip left_knee left_ankle pelvis thorax upper_neck head_top "
    "right_wrist right_elbow right_shoulder left_shoulder left_elbow left_wrist".split()
)

# MPII has no sigmas: it is scored by PCKh, and they only serve the OKS-NMS before that. Joints that COCO lacks borrow
# from the nearest of its own.
_NEAREST = {"pelvis": "left_hip", "thorax": "left_shoulder", "upper_neck": "left_shoulder", "head_top": "left_ear"}

MPII = KeypointSet(
    name="mpii",
    names=_NAMES,
    flip_pairs=((5, 0), (4, 1), (3, 2), (15, 10), (14, 11), (13, 12)),
    sigmas=tuple(COCO.sigmas[COCO.place_of(_NEAREST.get(name, name))] for name in _NAMES),
    upper_body=frozenset(range(7, 16)),
    parts=MappingProxyType({"body": range(16)}),
    skeleton=(
        *((0, 1), (1, 2), (2, 6), (3, 6), (3, 4), (4, 5), (6, 7), (7, 8), (8, 9)),
        *((7, 12), (11, 12), (10, 11), (7, 13), (13, 14), (14, 15)),
    ),
    groups=MappingProxyType(
        {
            "paper": {
                "head": (7, 8, 9),
                "upper limbs": (10, 11, 12, 13, 14, 15),
                "lower limbs": (0, 1, 2, 3, 4, 5, 6),
            },
            # Pelvis and thorax are a group of their own: in a leg or an arm, one side would have a joint more.
            "per_limb": {
                "head": (8, 9),
                "trunk": (6, 7),
                "left arm": (13, 14, 15),
                "right arm": (10, 11, 12),
                "left leg": (3, 4, 5),
                "right leg": (0, 1, 2),
            },
        }
    ),
)
