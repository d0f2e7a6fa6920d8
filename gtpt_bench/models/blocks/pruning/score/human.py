"""Ranking by the human token alone. Not of the paper, where it decides the first cut only."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gtpt_bench.models.blocks.pruning.score.base import BaseScore, Candidates

if TYPE_CHECKING:
    from torch import Tensor


class HumanOnly(BaseScore):
    """What the human token last thought of an image token in a coarse layer, remembered from then on: all groups rank
    alike, also where the human token stays beside the sparse ones.
    """

    kind: Literal["human"] = "human"
    needs_human: ClassVar[bool] = True

    def scores(self, candidates: Candidates) -> Tensor:
        human = candidates.tokens.human
        assert human is not None, "the coarse encoder records the human token's score where this one is configured"
        return human.expand(len(candidates.tokens.x), -1)
