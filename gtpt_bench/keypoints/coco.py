"""COCO's 17 body keypoints. Source: spec/training_and_evaluation.md §2, §8; groups: spec/gtpt.md §8."""

from __future__ import annotations

from types import MappingProxyType

from gtpt_bench.keypoints.keypoint_set import KeypointSet

COCO = KeypointSet(
    name="coco",
    names=tuple(
        "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow "
        "left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle".split()
    ),
    flip_pairs=tuple((i, i + 1) for i in range(1, 17, 2)),
    sigmas=(
        *(0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072),
        *(0.062, 0.062, 0.107, 0.107, 0.087, 0.087, 0.089, 0.089),
    ),
    upper_body=frozenset(range(11)),
    parts=MappingProxyType({"body": range(17)}),
    skeleton=(
        *((0, 1), (0, 2), (1, 3), (2, 4), (5, 6), (5, 7), (7, 9), (6, 8), (8, 10), (5, 11), (6, 12)),
        *((11, 12), (11, 13), (13, 15), (12, 14), (14, 16)),
    ),
    groups=MappingProxyType(
        {
            "paper": {
                "head": (0, 1, 2, 3, 4),
                "upper limbs": (5, 6, 7, 8, 9, 10),
                "lower limbs": (11, 12, 13, 14, 15, 16),
            },
            "per_limb": {
                "head": (0, 1, 2, 3, 4),
                "left arm": (5, 7, 9),
                "right arm": (6, 8, 10),
                "left leg": (11, 13, 15),
                "right leg": (12, 14, 16),
            },
        }
    ),
)
