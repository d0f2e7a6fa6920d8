"""Which keypoints a data set has, and what is known of each. One file a set; own.py reads a user's own from YAML."""

from gtpt_bench.keypoints.built_in import KEYPOINT_SETS, KeypointsName
from gtpt_bench.keypoints.coco import COCO
from gtpt_bench.keypoints.keypoint_set import DensePart, KeypointSet, Partition
from gtpt_bench.keypoints.mpii import MPII
from gtpt_bench.keypoints.own import Keypoints, OwnKeypoints, OwnPart, keypoint_set_of
from gtpt_bench.keypoints.wholebody import WHOLEBODY

__all__ = [
    "COCO",
    "KEYPOINT_SETS",
    "MPII",
    "WHOLEBODY",
    "DensePart",
    "KeypointSet",
    "Keypoints",
    "KeypointsName",
    "OwnKeypoints",
    "OwnPart",
    "Partition",
    "keypoint_set_of",
]
