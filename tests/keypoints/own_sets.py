"""Keypoint sets that a user might write."""

from __future__ import annotations

from typing import Any

from gtpt_bench.frozen import Frozen
from gtpt_bench.keypoints import Keypoints, OwnKeypoints

MOUSE: dict[str, Any] = {
    "name": "mouse",
    "names": ["nose", "left_ear", "right_ear", "tail_root", "tail_tip"],
    "flip_pairs": [["left_ear", "right_ear"]],
    "sigmas": 0.1,
    "upper_body": ["nose", "left_ear", "right_ear"],
    "groups": {"paper": {"head": ["nose", "left_ear", "right_ear"], "tail": ["tail_root", "tail_tip"]}},
    "skeleton": [["nose", "tail_root"], ["tail_root", "tail_tip"]],
}
"""Five keypoints, all of them sparse."""

SPIDER: dict[str, Any] = {
    "name": "spider",
    "names": ["right_1", "right_2", "body", "left_1", "left_2", "head"],
    "flip_pairs": [["left_1", "right_1"], ["left_2", "right_2"]],
    "dense_parts": {
        "right": {"keypoints": ["right_1", "right_2"], "anchor": "body"},
        "left": {"keypoints": ["left_2", "left_1"], "anchor": "body"},
    },
    "groups": {
        "paper": {"all": ["left", "right", "head", "body"]},
        "ends": {"head": ["head"], "rest": [0, 1, 2, 3, 4]},
    },
}
"""Four of its six keypoints are dense, and stand before the sparse ones."""


class Holder(Frozen):
    """Something that has keypoints as a model has."""

    keypoints: Keypoints = "coco"


def own(**changes: Any) -> OwnKeypoints:
    return OwnKeypoints.model_validate(MOUSE | changes)
