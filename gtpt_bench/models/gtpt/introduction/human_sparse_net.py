"""Learnable tokens of the human → sparse introduction. Config: human_sparse.py."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class HumanSparseTokens(nn.Module):
    """Holds the human token `[1, 1, D]` and the body tokens `[1, 17, D]`."""

    def __init__(self, num_body: int, width: int) -> None:
        super().__init__()
        self.human_token = nn.Parameter(torch.zeros(1, 1, width))
        self.body_tokens = nn.Parameter(torch.zeros(1, num_body, width))

    def start(self, batch: int) -> Tensor:
        """Keypoint tokens that enter the first coarse layer, `[B, 1, D]`."""
        return self.human_token.expand(batch, -1, -1)

    def introduce(self, human_B1D: Tensor) -> Tensor:
        """Sparse tokens that replace the human token, `[B, K, D]`."""
        return human_B1D + self.body_tokens
