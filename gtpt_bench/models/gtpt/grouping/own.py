"""Groups written down by the user: `groups: {head: [nose, left_eye], rest: [...]}`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.gtpt.grouping.partition import BaseGrouping, Group, partition


class OwnGroups(BaseGrouping):
    """Any partition, of any sizes, by names or places; a dense part's name stands for all its keypoints."""

    kind: Literal["own"] = "own"
    groups: dict[str, tuple[int | str, ...]] = Field(min_length=1)
    """Keypoints of each group."""

    def of(self, keypoints: KeypointSet) -> tuple[Group, ...]:
        parts = {part.name: part.keypoints for part in keypoints.dense_parts}
        members = {
            name: [k for member in group for k in parts.get(str(member)) or [keypoints.place_of(member)]]
            for name, group in self.groups.items()
        }
        try:
            return partition(keypoints, members)
        except ValueError as error:
            raise ValueError(f"groups: {error}") from error
