"""Learnable tokens of the human → sparse introductions. Configs: human_sparse.py, human_sparse_keep_human.py."""

from __future__ import annotations

import torch
from torch import Tensor

from gtpt_bench.models.gtpt.introduction.base_net import KeypointTokens, learned


class HumanSparseTokens(KeypointTokens):
    """Human token `[1, 1, D]` and body tokens `[1, K, D]`; the sum of both replaces the first."""

    def __init__(self, num_sparse: int, width: int) -> None:
        super().__init__()
        self.human_token = learned(1, width)
        self.body_tokens = learned(num_sparse, width)

    def start(self) -> Tensor:
        return self.human_token

    def advance(self, phase: int, tokens_BKD: Tensor) -> Tensor:
        return tokens_BKD + self.body_tokens


class HumanBesideSparseTokens(HumanSparseTokens):
    """The same, but the human token stays, first in the sequence."""

    def advance(self, phase: int, tokens_BKD: Tensor) -> Tensor:
        return torch.cat((tokens_BKD, tokens_BKD + self.body_tokens), dim=1)
