"""The channel gate at the split; its network is in split_net.py. Source: spec/gtpt.md §8."""

from __future__ import annotations

from pydantic import Field

from gtpt_bench.frozen import Frozen
from gtpt_bench.models.cost import Cost, linear


class ChannelGate(Frozen):
    """A sigmoid gate per image token, channel and group, computed once at the split."""

    reduction: int = Field(2, ge=1)
    """Token width divided by this is the width of the gate's hidden layer."""

    def cost(self, width: int, *, num_groups: int, tokens: int) -> Cost:
        hidden = width // self.reduction
        return linear(width, hidden, tokens=tokens) + linear(hidden, num_groups * width, tokens=tokens)
