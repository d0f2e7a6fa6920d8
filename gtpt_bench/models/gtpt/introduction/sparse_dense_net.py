"""Learnable tokens of the introductions that grow dense tokens. Configs: sparse_dense.py, human_sparse_dense.py."""

from __future__ import annotations

import torch
from torch import Tensor

from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.gtpt.introduction.base_net import KeypointTokens, learned
from gtpt_bench.models.gtpt.introduction.dense_tokens import BaseDense
from gtpt_bench.models.gtpt.introduction.dense_tokens_net import DenseTokenNet


class SparseDenseTokens(KeypointTokens):
    """Part tokens `[1, P, D]` (none where dense tokens need none), body tokens `[1, K, D]` and dense tokens."""

    def __init__(self, dense: BaseDense, keypoints: KeypointSet, width: int, *, dense_at_split: bool) -> None:
        super().__init__()
        part_sizes = [len(part.keypoints) for part in keypoints.dense_parts]
        self.num_parts = len(part_sizes) if dense.has_parts else 0
        self.dense_at_split = dense_at_split
        self.part_tokens = learned(self.num_parts, width) if self.num_parts else None
        self.body_tokens = learned(len(keypoints.sparse), width)
        self.dense_tokens = DenseTokenNet(dense, part_sizes, width)

    def part_and_body(self) -> Tensor:
        """Part tokens followed by body tokens, `[1, P + K, D]`."""
        if self.part_tokens is None:
            return self.body_tokens
        return torch.cat((self.part_tokens, self.body_tokens), dim=1)

    def start(self) -> Tensor:
        return self.part_and_body()

    def advance(self, phase: int, tokens_BKD: Tensor) -> Tensor:
        """Part tokens give way to dense tokens, which follow the sparse ones."""
        dense: Tensor = self.dense_tokens(tokens_BKD[:, : self.num_parts])
        return torch.cat((tokens_BKD[:, self.num_parts :], dense), dim=1)

    def dense(self, tokens_BKD: Tensor) -> Tensor | None:
        return self.dense_tokens(tokens_BKD[:, : self.num_parts]) if self.dense_at_split else None


class HumanSparseDenseTokens(SparseDenseTokens):
    """The same after a human token `[1, 1, D]`, which all part and body tokens add to."""

    def __init__(self, dense: BaseDense, keypoints: KeypointSet, width: int, *, dense_at_split: bool) -> None:
        super().__init__(dense, keypoints, width, dense_at_split=dense_at_split)
        self.human_token = learned(1, width)

    def start(self) -> Tensor:
        return self.human_token

    def advance(self, phase: int, tokens_BKD: Tensor) -> Tensor:
        return tokens_BKD + self.part_and_body() if phase == 1 else super().advance(phase, tokens_BKD)
