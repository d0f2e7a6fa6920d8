"""Groups by chance, to see what anatomy is worth."""

from __future__ import annotations

import random
from typing import Literal

from pydantic import Field

from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.gtpt.grouping.partition import BaseGrouping, Group, partition


class RandomGrouping(BaseGrouping):
    """Keypoints dealt out in an order drawn from the seed; a dense part goes where its anchor goes."""

    kind: Literal["random"] = "random"
    seed: int = Field(0, ge=0)
    num_groups: int = Field(3, ge=1)

    def of(self, keypoints: KeypointSet) -> tuple[Group, ...]:
        if self.num_groups > len(keypoints.sparse):
            raise ValueError(
                f"grouping.num_groups {self.num_groups} is more than the {len(keypoints.sparse)} sparse keypoints "
                f"of {keypoints.name!r}; use at most that many"
            )
        order = list(keypoints.sparse)
        random.Random(self.seed).shuffle(order)
        dealt = [sorted(order[place :: self.num_groups]) for place in range(self.num_groups)]
        members = [[*own, *(k for p in keypoints.dense_parts if p.anchor in own for k in p.keypoints)] for own in dealt]
        return partition(keypoints, {f"random {place + 1}": group for place, group in enumerate(members)})
