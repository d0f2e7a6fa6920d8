"""Learnable tokens of the human → sparse → dense introduction. Config: human_sparse_dense.py."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gtpt_bench.models.gtpt.grouping import BodyPart
from gtpt_bench.models.gtpt.introduction.human_sparse_net import HumanSparseTokens


class HumanSparseDenseTokens(HumanSparseTokens):
    """Adds the part tokens `[1, 5, D]` and, in part order, the dense tokens `[1, 116, D]`."""

    def __init__(self, num_body: int, parts: Sequence[BodyPart], width: int) -> None:
        super().__init__(num_body, width)
        self.part_sizes = [len(part.keypoints) for part in parts]
        self.part_tokens = nn.Parameter(torch.zeros(1, len(parts), width))
        self.dense_tokens = nn.Parameter(torch.zeros(1, sum(self.part_sizes), width))

    def introduce(self, human_B1D: Tensor) -> Tensor:
        """Part tokens followed by sparse tokens, `[B, 5 + K, D]`."""
        return human_B1D + torch.cat((self.part_tokens, self.body_tokens), dim=1)

    def dense(self, part: int, part_token_B1D: Tensor) -> Tensor:
        """Dense tokens of one part, grown out of its part token, `[B, n, D]`."""
        learned: Tensor = self.dense_tokens.split(self.part_sizes, dim=1)[part]
        return part_token_B1D + learned
