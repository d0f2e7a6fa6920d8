"""The keypoint sets that come with the package, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from gtpt_bench.keypoints.coco import COCO
from gtpt_bench.keypoints.keypoint_set import KeypointSet
from gtpt_bench.keypoints.mpii import MPII
from gtpt_bench.keypoints.wholebody import WHOLEBODY

KeypointsName = Literal["coco", "wholebody", "mpii"]

KEYPOINT_SETS: Mapping[str, KeypointSet] = MappingProxyType({s.name: s for s in (COCO, WHOLEBODY, MPII)})
