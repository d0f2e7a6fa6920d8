"""Groups written down by the user: `groups: {head: [nose, left_eye], rest: [...]}`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.keypoints.partition import members_of
from gtpt_bench.keypoints.references import told_of
from gtpt_bench.models.gtpt.grouping.partition import BaseGrouping, Group, partition


class OwnGroups(BaseGrouping):
    """Any partition, of any sizes, by names or places; a dense part's name stands for all its keypoints."""

    kind: Literal["own"] = "own"
    groups: dict[str, tuple[int | str, ...]] = Field(min_length=1)
    """Keypoints of each group."""

    def of(self, keypoints: KeypointSet) -> tuple[Group, ...]:
        with told_of("groups"):
            return partition(keypoints, members_of(keypoints.names, keypoints.dense_parts, self.groups))
