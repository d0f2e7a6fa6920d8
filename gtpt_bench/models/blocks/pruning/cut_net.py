"""One place that prunes: score, choose, and see to those left out.

Modules without parameters, so that a forward hook can watch what is kept (kept.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor, nn

from gtpt_bench.models.blocks.pruning.dropped import Dropped
from gtpt_bench.models.blocks.pruning.image_tokens import ImageTokens
from gtpt_bench.models.blocks.pruning.score import Score
from gtpt_bench.models.blocks.pruning.score.base import Candidates
from gtpt_bench.models.blocks.pruning.selection import Selection
from gtpt_bench.models.blocks.pruning.selection.topk import Selected
from gtpt_bench.models.blocks.pruning.truth import Telling
from gtpt_bench.models.sizes import Size


class CutRules(Protocol):
    """What a network's config says of every cut."""

    @property
    def score(self) -> Score: ...
    @property
    def selection(self) -> Selection: ...
    @property
    def dropped(self) -> Dropped: ...


class Cut(nn.Module):
    """Keeps the best of the candidates by the rules of `pruning`."""

    def __init__(self, pruning: CutRules) -> None:
        super().__init__()
        self.score, self.selection, self.dropped = pruning.score, pruning.selection, pruning.dropped

    def forward(self, candidates: Candidates, num_kept: int) -> ImageTokens:
        """`num_kept` image tokens, in the order of `chosen`; a fused one comes last."""
        before = candidates.tokens
        spare = min(self.dropped.spare, num_kept)
        noisy = candidates.training and candidates.explores
        selected = self.chosen(self.score.scores(candidates), num_kept - spare, noisy=noisy)
        kept = before.take(selected)
        return self.dropped.closed(before, kept, selected) if num_kept else kept

    def chosen(self, scores_BN: Tensor, num_kept: int, *, noisy: bool) -> Selected:
        """The best first."""
        return self.selection.select(scores_BN, num_kept, training=noisy)


class PlacedCut(Cut):
    """A cut at its place in a network.

    Args:
        keypoints: those that the asking tokens stand for, as places in the data set's order.
        grid: rows and columns of image tokens before any was dropped.
        cell: height and width of an image token in pixels.
    """

    def __init__(self, pruning: CutRules, keypoints: Sequence[int], *, grid: Size, cell: Size) -> None:
        super().__init__(pruning)
        self.keypoints = tuple(keypoints)
        self.grid, self.cell = grid, cell

    def of(self, tokens: ImageTokens, logits_BHQK: Tensor, told: Telling, num_kept: int) -> ImageTokens:
        """The tokens that are kept, ranked by the logits of those who ask on all keys, the N candidates last."""
        candidates = Candidates(
            tokens, logits_BHQK, self.keypoints, told.truth, self.grid, self.cell, self.training, told.explores
        )
        kept: ImageTokens = self(candidates, num_kept)
        return kept


class CutInPlace(PlacedCut):
    """Hands the kept tokens on in the order they came in, so that nothing but their number changes."""

    def chosen(self, scores_BN: Tensor, num_kept: int, *, noisy: bool) -> Selected:
        selected = super().chosen(scores_BN, num_kept, noisy=noisy)
        return selected._replace(rows=selected.rows.sort(dim=1).values)
