"""Whose weights the groups use in fine layers: all the same, or their own. Networks: weights_net.py. Torch-free.

Source: spec/ablations.md §3.4 (`group_weights`). LayerNorms are always shared, and MACs never change: each token
passes one linear layer. A class a value; it names the kind of linear layer for attention and for the feed-forward net.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from gtpt_bench.frozen import BY_NAME, Frozen
from gtpt_bench.models.cost import Cost, linear, parameters

if TYPE_CHECKING:
    from torch import nn

LinearKind = Literal["shared", "own", "residual"]
"""One for all groups; one for each; a shared one plus one for each that starts at zero."""


class BaseWeights(Frozen):
    """The kind of linear layer for attention's projections and for the feed-forward net, and what both cost."""

    attention: ClassVar[LinearKind]
    feed_forward: ClassVar[LinearKind]

    def attention_cost(self, width: int, *, num_groups: int, tokens: int) -> Cost:
        """Projections of attention, over the tokens of all groups."""
        return linear_cost(self.attention, width, 3 * width, num_groups, tokens=tokens, bias=False) + linear_cost(
            self.attention, width, width, num_groups, tokens=tokens
        )

    def feed_forward_cost(self, width: int, hidden: int, *, num_groups: int, tokens: int) -> Cost:
        return linear_cost(self.feed_forward, width, hidden, num_groups, tokens=tokens) + linear_cost(
            self.feed_forward, hidden, width, num_groups, tokens=tokens
        )

    def attention_linear(self, din: int, dout: int, num_groups: int, *, bias: bool = True) -> nn.Module:
        from gtpt_bench.models.gtpt.fine_layers.weights_net import LINEARS

        return LINEARS[self.attention](din, dout, num_groups, bias)

    def feed_forward_linear(self, din: int, dout: int, num_groups: int) -> nn.Module:
        from gtpt_bench.models.gtpt.fine_layers.weights_net import LINEARS

        return LINEARS[self.feed_forward](din, dout, num_groups, True)


class SharedWeights(BaseWeights):
    """The paper's: one set of weights."""

    kind: Literal["shared"] = "shared"
    attention: ClassVar[LinearKind] = "shared"
    feed_forward: ClassVar[LinearKind] = "shared"


class OwnFeedForward(BaseWeights):
    """Each group has its own feed-forward net."""

    kind: Literal["ffn"] = "ffn"
    attention: ClassVar[LinearKind] = "shared"
    feed_forward: ClassVar[LinearKind] = "own"


class OwnAttentionFeedForward(BaseWeights):
    """Each group also projects queries, keys and values, and attention's output, by itself."""

    kind: Literal["attn_ffn"] = "attn_ffn"
    attention: ClassVar[LinearKind] = "own"
    feed_forward: ClassVar[LinearKind] = "own"


class ResidualFeedForward(BaseWeights):
    """A shared feed-forward net plus a difference for each group."""

    kind: Literal["ffn_residual"] = "ffn_residual"
    attention: ClassVar[LinearKind] = "shared"
    feed_forward: ClassVar[LinearKind] = "residual"


Weights = Annotated[
    SharedWeights | OwnFeedForward | OwnAttentionFeedForward | ResidualFeedForward, Field(discriminator="kind"), BY_NAME
]


def linear_cost(kind: LinearKind, din: int, dout: int, num_groups: int, *, tokens: int, bias: bool = True) -> Cost:
    """One linear layer over the tokens of all groups."""
    weights, biases = din * dout, dout * bias
    extra = {
        "shared": 0,
        "own": (num_groups - 1) * (weights + biases),
        "residual": num_groups * (weights + biases) - biases,
    }
    return linear(din, dout, tokens=tokens, bias=bias) + parameters(extra[kind])
