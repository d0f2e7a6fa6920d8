"""One fine layer: MHGA, then the groups' feed-forward net. What happens in between is up to the encoder.

Source: spec/gtpt.md §7 and §9, spec/ablations.md §3.9 (dropout and drop path of the feed-forward branch).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.models.gtpt.fine_layers.attention_net import MHGA, sizes
from gtpt_bench.models.gtpt.fine_layers.config import FineLayers
from gtpt_bench.models.gtpt.tokens import GroupTokens


class GroupFeedForward(nn.Sequential):
    """Linear, exact GELU, linear over tokens of all groups, `[B, T, D]` to `[B, T, D]`."""

    def __init__(self, width: int, hidden: int, num_groups: int, config: FineLayers) -> None:
        super().__init__(
            config.weights.feed_forward_linear(width, hidden, num_groups),
            nn.GELU(),
            config.weights.feed_forward_linear(hidden, width, num_groups),
        )
        self.dropout = config.ffn_dropout

    def forward(self, x_BTD: Tensor, sizes: Sequence[int]) -> Tensor:  # type: ignore[override]
        widen, activate, narrow = self
        hidden = functional.dropout(activate(widen(x_BTD, sizes)), self.dropout, self.training)
        return functional.dropout(narrow(hidden, sizes), self.dropout, self.training)


class FineLayer(nn.Module):
    """The four parts of a fine layer."""

    def __init__(self, width: int, heads: int, hidden: int, num_groups: int, config: FineLayers) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = MHGA(width, heads, num_groups, config)
        self.feed_forward_norm = nn.LayerNorm(width)
        self.feed_forward = GroupFeedForward(width, hidden, num_groups, config)
        self.drop_path = config.ffn_drop_path

    def fed_forward(self, x_BTD: Tensor, groups: Sequence[GroupTokens]) -> Tensor:
        """Second half of the layer with its residual."""
        branch: Tensor = self.feed_forward(self.feed_forward_norm(x_BTD), sizes(groups))
        if self.training and self.drop_path > 0:
            branch = drop_path(branch, self.drop_path)
        return x_BTD + branch


def drop_path(branch_BTD: Tensor, probability: float) -> Tensor:
    """The branch without some images' part, the others' made larger by as much: stochastic depth, image by image."""
    stays = branch_BTD.new_empty(len(branch_BTD), 1, 1).bernoulli_(1 - probability)
    return branch_BTD * stays / (1 - probability)
