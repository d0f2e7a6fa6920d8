"""One group of all keypoints: the split, channel gate and dense slots stay, the partition goes."""

from __future__ import annotations

from typing import Literal

from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.gtpt.grouping.partition import BaseGrouping, Group, partition


class OneGroup(BaseGrouping):
    """All keypoints together."""

    kind: Literal["one"] = "one"

    def of(self, keypoints: KeypointSet) -> tuple[Group, ...]:
        return partition(keypoints, {"all": range(len(keypoints))})
