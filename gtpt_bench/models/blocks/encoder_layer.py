"""Pre-norm transformer layer around any attention: x + attention(norm(x)), then x + feed_forward(norm(x))."""

from __future__ import annotations

from typing import Generic, TypeVar

from torch import Tensor, nn

from gtpt_bench.models.blocks.linear import TokenLinear

A = TypeVar("A", bound=nn.Module)


class FeedForward(nn.Sequential):
    """Linear, exact GELU, linear: `[..., D]` to `[..., D]`."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__(TokenLinear(width, hidden), nn.GELU(), TokenLinear(hidden, width))


class EncoderLayer(nn.Module, Generic[A]):
    """The four parts of a layer. What happens between its two halves is up to the encoder that holds it."""

    def __init__(self, attention: A, width: int, hidden: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = attention
        self.feed_forward_norm = nn.LayerNorm(width)
        self.feed_forward = FeedForward(width, hidden)

    def fed_forward(self, x_BTD: Tensor) -> Tensor:
        """Second half of the layer with its residual."""
        fed: Tensor = x_BTD + self.feed_forward(self.feed_forward_norm(x_BTD))
        return fed
