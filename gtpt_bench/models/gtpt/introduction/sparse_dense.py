"""Sparse and part tokens from the start, dense tokens at the split, no human token. Network: sparse_dense_net.py.

Source: spec/ablations.md §3.3 ("cf"). Without grouping, and with `dense_tokens: learned`, this is the authors'
`sparse_late_dense`: the dense tokens then enter before the layer where the split would be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.cost import Cost, parameters
from gtpt_bench.models.gtpt.introduction.base import BaseIntroduction, Layout, Phase, each, require_dense
from gtpt_bench.models.gtpt.introduction.dense_tokens import BaseDense, DenseTokens, PartAdd

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.introduction.sparse_dense_net import SparseDenseTokens


class SparseDense(BaseIntroduction):
    """part tokens and sparse tokens → dense tokens at the split, or where it would be."""

    kind: Literal["sparse_dense"] = "sparse_dense"
    dense_tokens: DenseTokens = PartAdd()
    dense_at_split: ClassVar[bool] = True

    def check(self, keypoints: KeypointSet, layout: Layout) -> None:
        require_dense(self.kind, keypoints, "human_sparse or all_at_start")

    def phases(self, keypoints: KeypointSet, layout: Layout) -> tuple[Phase, ...]:
        start = Phase(0, "before_attention", part_and_sparse(keypoints, self.dense_tokens))
        return start, *dense_phases(keypoints, layout)

    def cost(self, keypoints: KeypointSet, width: int) -> Cost:
        return parameters(len(keypoints.sparse) * width) + self.dense_tokens.cost(keypoints, width)

    def build(self, keypoints: KeypointSet, width: int, *, dense_at_split: bool) -> SparseDenseTokens:
        from gtpt_bench.models.gtpt.introduction.sparse_dense_net import SparseDenseTokens

        return SparseDenseTokens(self.dense_tokens, keypoints, width, dense_at_split=dense_at_split)


def part_and_sparse(keypoints: KeypointSet, dense_tokens: BaseDense) -> tuple[tuple[int, ...], ...]:
    """Scopes of part tokens, each standing for its dense keypoints, followed by those of sparse tokens."""
    parts = tuple(part.keypoints for part in keypoints.dense_parts) if dense_tokens.has_parts else ()
    return (*parts, *each(keypoints.sparse))


def dense_phases(keypoints: KeypointSet, layout: Layout) -> tuple[Phase, ...]:
    """Sparse and dense tokens where the split would be; with a split, it makes the dense tokens itself."""
    if layout.grouped:
        return ()
    return (Phase(layout.split, "before_attention", each((*keypoints.sparse, *keypoints.dense))),)
