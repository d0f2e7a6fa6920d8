"""How many image tokens each layer keeps, in which pass, and by which rules. Torch-free.

Source: spec/gtpt.md §1: counts truncate and refer to the original number of tokens, never to the current one;
spec/ablations.md §3.5 and §3.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from gtpt_bench.frozen import Frozen
from gtpt_bench.models.blocks.pruning.dropped import Dropped, LeaveOut
from gtpt_bench.models.blocks.pruning.score import Score, SoftmaxPool
from gtpt_bench.models.blocks.pruning.selection import Selection, TopK

NUM_STAGES = 4

KeepRate = Annotated[float, Field(gt=0, le=1)]
KeepRates = Annotated[tuple[KeepRate, ...], Field(min_length=1)]
"""How many there must be depends on the layers: see checks.py."""


class Pruning(Frozen):
    """The pruning schedule and mechanism; the defaults are GTPT's for COCO."""

    keep_rates: KeepRates = (1.0, 0.7, 0.3, 0.1)
    """Share of the original image tokens kept: one rate for each of the four stages, or one for each layer."""
    in_fine_layers: bool = True
    """False: no pruning after the split, whose rate then holds to the end."""
    full_pass_keep_rates: tuple[KeepRate, KeepRate, KeepRate, KeepRate] = (1.0, 1.0, 1.0, 1.0)
    """Rates of the second pass of training, from which the pruned pass learns."""
    score: Score = SoftmaxPool()
    """What ranks image tokens."""
    selection: Selection = TopK()
    """How the ranking becomes a choice."""
    dropped: Dropped = LeaveOut()
    """What becomes of the tokens that are not kept."""

    @model_validator(mode="after")
    def _never_grow(self) -> Self:
        for name in ("keep_rates", "full_pass_keep_rates"):
            rates = getattr(self, name)
            if any(later > earlier for earlier, later in pairwise(rates)):
                raise ValueError(
                    f"{name} {list(rates)} grow from one stage to the next; "
                    "a pruned token cannot come back, so each rate must be at most the one before"
                )
        return self

    def layer_rates(self, stage_depths: Sequence[int], rates: Sequence[float] | None = None) -> tuple[float, ...]:
        """One rate a layer; `rates` instead of the configured ones, a stage or a layer each."""
        rates = self.keep_rates if rates is None else rates
        if len(rates) == NUM_STAGES:
            rates = [rate for rate, depth in zip(rates, stage_depths, strict=True) for _ in range(depth)]
        split = stage_depths[0] + stage_depths[1]
        if not self.in_fine_layers:
            rates = [*rates[:split], *[rates[split]] * (len(rates) - split)]
        return tuple(rates)


def kept(num_tokens: int, keep_rate: float) -> int:
    """Image tokens (dense tokens count as such where they take slots) left of `num_tokens` original ones."""
    return int(num_tokens * keep_rate)
