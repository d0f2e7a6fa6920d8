"""One place that prunes: score, choose, and see to those left out.

A module without parameters, so that a forward hook can watch what is kept (kept.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.gtpt.image_tokens import ImageTokens
from gtpt_bench.models.gtpt.pruning.config import Pruning
from gtpt_bench.models.gtpt.pruning.score.base import Candidates
from gtpt_bench.models.gtpt.truth import Telling


class Cut(nn.Module):
    """Keeps the best of the candidates by the rules of `pruning`."""

    def __init__(self, pruning: Pruning) -> None:
        super().__init__()
        self.score, self.selection, self.dropped = pruning.score, pruning.selection, pruning.dropped

    def forward(self, candidates: Candidates, num_kept: int) -> ImageTokens:
        """`num_kept` image tokens, the best first; a fused one comes last."""
        before = candidates.tokens
        spare = min(self.dropped.spare, num_kept)
        noisy = candidates.training and candidates.explores
        selected = self.selection.select(self.score.scores(candidates), num_kept - spare, training=noisy)
        kept = before.take(selected)
        return self.dropped.closed(before, kept, selected) if num_kept else kept


class PlacedCut(Cut):
    """A cut at its place in a network: for which keypoints, on which grid of image tokens."""

    def __init__(self, config: GTPTConfig, keypoints: Sequence[int]) -> None:
        super().__init__(config.pruning)
        self.keypoints = tuple(keypoints)
        self.grid, self.cell = config.grid_size, config.cell_size

    def of(self, tokens: ImageTokens, logits_BHQK: Tensor, told: Telling, num_kept: int) -> ImageTokens:
        """The tokens that are kept, ranked by the logits of those who ask on all keys, the N candidates last."""
        candidates = Candidates(
            tokens, logits_BHQK, self.keypoints, told.truth, self.grid, self.cell, self.training, told.explores
        )
        kept: ImageTokens = self(candidates, num_kept)
        return kept
