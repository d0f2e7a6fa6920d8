"""Dense tokens from part tokens. Config: dense_tokens.py."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gtpt_bench.models.gtpt.introduction.base_net import learned
from gtpt_bench.models.gtpt.introduction.dense_tokens import BaseDense


class DenseTokenNet(nn.Module):
    """Embeddings `[1, n, D]` in the order of dense parts, and a factor `[n, D]` where the construction has one."""

    def __init__(self, config: BaseDense, part_sizes: Sequence[int], width: int) -> None:
        super().__init__()
        part_of_each = [part for part, size in enumerate(part_sizes) for _ in range(size)]
        self.part_of_each: Tensor
        self.register_buffer("part_of_each", torch.tensor(part_of_each), persistent=False)
        self.has_parts, self.sigmoid = config.has_parts, config.sigmoid
        self.embedding = learned(len(part_of_each), width)
        start = config.scale_start
        self.scale = None if start is None else nn.Parameter(torch.full((len(part_of_each), width), start))

    def forward(self, parts_BPD: Tensor) -> Tensor:
        """Dense tokens `[B, n, D]` from part tokens `[B, P, D]`, which may be none."""
        if not self.has_parts:
            return self.embedding.expand(len(parts_BPD), -1, -1)
        part = parts_BPD[:, self.part_of_each]
        if self.scale is not None:
            part = part * (self.scale.sigmoid() if self.sigmoid else self.scale)
        return part + self.embedding
