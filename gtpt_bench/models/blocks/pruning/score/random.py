"""Ranking by chance: the floor that every other score must beat. Not of the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gtpt_bench.models.blocks.pruning.score.base import BaseScore, Candidates

if TYPE_CHECKING:
    from torch import Tensor


class Random(BaseScore):
    """A uniform draw for each image token, anew at each cut; training and evaluation seed the generator."""

    kind: Literal["random"] = "random"
    asks_keypoints: ClassVar[bool] = False
    can_learn: ClassVar[bool] = False

    def scores(self, candidates: Candidates) -> Tensor:
        import torch

        x = candidates.tokens.x
        return torch.rand(x.shape[:2], device=x.device)
