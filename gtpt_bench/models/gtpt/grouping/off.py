"""No grouping: every layer is plain self-attention, nothing is split, copied or gated.

Source: spec/ablations.md §3.4.
"""

from __future__ import annotations

from typing import Literal

from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.gtpt.grouping.partition import BaseGrouping, Group


class NoGrouping(BaseGrouping):
    """MHSA to the end; pruning is shared by all keypoints."""

    kind: Literal["off"] = "off"

    def of(self, keypoints: KeypointSet) -> tuple[Group, ...]:
        return ()
