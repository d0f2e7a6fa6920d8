"""The paper's way: dropped tokens are gone."""

from __future__ import annotations

from typing import Literal

from gtpt_bench.models.blocks.pruning.dropped.base import BaseDropped


class LeaveOut(BaseDropped):
    """Nothing is left of them."""

    kind: Literal["dropped"] = "dropped"
