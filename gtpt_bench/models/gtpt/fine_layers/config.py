"""The fine layers' own switches. Torch-free. Source: spec/gtpt.md §9, spec/ablations.md §3.4 and §3.9."""

from __future__ import annotations

from pydantic import Field

from gtpt_bench.frozen import Frozen
from gtpt_bench.models.gtpt.fine_layers.exchange import Exchange, SparseExchange
from gtpt_bench.models.gtpt.fine_layers.weights import SharedWeights, Weights


class FineLayers(Frozen):
    """Layers of multi-head group attention (MHGA); the defaults are the paper's."""

    exchange: Exchange = SparseExchange()
    """What groups see of each other."""
    weights: Weights = SharedWeights()
    """Whose weights they use."""
    ffn_ratio: int | None = Field(None, ge=1)
    """Hidden width of the feed-forward net over the token width; that of all layers if None."""
    ffn_dropout: float = Field(0.0, ge=0, lt=1)
    """After the activation and after the second linear layer, in training."""
    ffn_drop_path: float = Field(0.0, ge=0, lt=1)
    """Share of images whose feed-forward branch is skipped, in training."""
