"""Learnable tokens where all keypoints enter at once. Config: all_at_start.py."""

from __future__ import annotations

import torch
from torch import Tensor

from gtpt_bench.models.gtpt.introduction.base_net import KeypointTokens, learned


class AllAtStartTokens(KeypointTokens):
    """Body tokens `[1, K, D]` and, where the keypoint set has dense parts, dense tokens `[1, n, D]`."""

    def __init__(self, num_sparse: int, num_dense: int, width: int) -> None:
        super().__init__()
        self.body_tokens = learned(num_sparse, width)
        self.dense_tokens = learned(num_dense, width) if num_dense else None

    def start(self) -> Tensor:
        return (
            self.body_tokens if self.dense_tokens is None else torch.cat((self.body_tokens, self.dense_tokens), dim=1)
        )
