"""Learnable tokens of the human → regions → sparse introduction. Config: human_parts_sparse.py."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from gtpt_bench.models.gtpt.introduction.base_net import KeypointTokens, learned


class HumanPartsSparseTokens(KeypointTokens):
    """Human token `[1, 1, D]`, region tokens `[1, R, D]`, body tokens `[1, K, D]`; each adds to what it grows from."""

    def __init__(self, region_of_each: Sequence[int], width: int) -> None:
        super().__init__()
        self.region_of_each: Tensor
        self.register_buffer("region_of_each", torch.tensor(list(region_of_each)), persistent=False)
        self.human_token = learned(1, width)
        self.region_tokens = learned(max(region_of_each) + 1, width)
        self.body_tokens = learned(len(region_of_each), width)

    def start(self) -> Tensor:
        return self.human_token

    def advance(self, phase: int, tokens_BKD: Tensor) -> Tensor:
        if phase == 1:
            return tokens_BKD + self.region_tokens
        return tokens_BKD[:, self.region_of_each] + self.body_tokens
