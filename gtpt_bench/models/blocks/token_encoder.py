"""Transformer encoder of keypoint tokens and image tokens, as TokenPose, PPT and DistilPose have it.

Modules carry the official names, so that published weights load; GTPT's layers do the same under other names.
B batch, T = K + N tokens, K keypoint tokens, N image tokens, D width. Source: spec/baselines.md §3.3 and §3.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.models.blocks.attention import attended, attended_with_logits, heads_of, side_by_side
from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.blocks.pruning.cut_net import CutInPlace
from gtpt_bench.models.blocks.pruning.image_tokens import ImageTokens
from gtpt_bench.models.blocks.pruning.truth import Telling


class TokenAttention(nn.Module):
    """Every token attends to every token, `[B, T, D]` to the same; `scale` multiplies the logits."""

    def __init__(self, width: int, heads: int, *, scale: float) -> None:
        super().__init__()
        self.heads, self.scale = heads, scale
        self.to_qkv = TokenLinear(width, 3 * width, bias=False)
        self.to_out = nn.Sequential(TokenLinear(width, width))

    def forward(self, x_BTD: Tensor) -> Tensor:
        q, k, v = heads_of(self.to_qkv(x_BTD), self.heads)
        return self.merged(attended(q, k, v, scale=self.scale))

    def with_logits(self, x_BTD: Tensor, num_asking: int) -> tuple[Tensor, Tensor]:
        """Also the scaled logits of the first tokens on all tokens, `[B, H, num_asking, T]`, which rank image tokens.

        By the plain formula: a fused kernel shows no logits.
        """
        q, k, v = heads_of(self.to_qkv(x_BTD), self.heads)
        out, logits = attended_with_logits(q, k, v, scale=self.scale)
        return self.merged(out), logits[:, :, :num_asking]

    def merged(self, heads_BHTd: Tensor) -> Tensor:
        out: Tensor = self.to_out(side_by_side(heads_BHTd))
        return out


class FeedForward(nn.Module):
    """Linear, exact GELU, linear; the third place is that of a dropout whose probability is 0."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.net = nn.Sequential(TokenLinear(width, hidden), nn.GELU(), nn.Identity(), TokenLinear(hidden, width))

    def forward(self, x_BTD: Tensor) -> Tensor:
        fed: Tensor = self.net(x_BTD)
        return fed


class Normed(nn.Module):
    """LayerNorm, then `fn`."""

    def __init__(self, width: int, fn: nn.Module) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.fn = fn

    def forward(self, x_BTD: Tensor) -> Tensor:
        out: Tensor = self.fn(self.norm(x_BTD))
        return out


class Residual(nn.Module):
    """What `fn` gives is added to its input."""

    def __init__(self, fn: nn.Module) -> None:
        super().__init__()
        self.fn = fn

    def forward(self, x_BTD: Tensor) -> Tensor:
        out: Tensor = x_BTD + self.fn(x_BTD)
        return out


class TokenLayer(nn.ModuleList):
    """Attention, then feed-forward net, each with its norm and residual; what happens in between is the encoder's.

    Args:
        wrapped: whether the names of attention have the level of the residual, as TokenPose's do and PPT's do not.
    """

    def __init__(self, attention: TokenAttention, width: int, hidden: int, *, wrapped: bool) -> None:
        first = Normed(width, attention)
        super().__init__([Residual(first) if wrapped else first, Residual(Normed(width, FeedForward(width, hidden)))])

    @property
    def attention(self) -> Normed:
        return cast(Normed, self[0].fn if isinstance(self[0], Residual) else self[0])

    def attended(self, x_BTD: Tensor) -> Tensor:
        """First half of the layer."""
        out: Tensor = x_BTD + self.attention(x_BTD)
        return out

    def attended_with_logits(self, x_BTD: Tensor, num_asking: int) -> tuple[Tensor, Tensor]:
        """The same with the logits of the first tokens."""
        half = self.attention
        out, logits = cast(TokenAttention, half.fn).with_logits(half.norm(x_BTD), num_asking)
        return x_BTD + out, logits

    def fed_forward(self, x_BTD: Tensor) -> Tensor:
        """Second half."""
        out: Tensor = self[1](x_BTD)
        return out


class TokenEncoder(nn.Module):
    """Layers over keypoint tokens and image tokens, some of which drop image tokens.

    The position embedding of image tokens is added again before every layer but the first, which finds it in them
    (mode "sine-full"); keypoint tokens have none.

    Args:
        layers: in order.
        cuts: one for each layer; that of a layer that keeps all its image tokens has nothing to do.
    """

    def __init__(self, layers: Iterable[TokenLayer], cuts: Iterable[CutInPlace]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.cuts = nn.ModuleList(cuts)

    def forward(self, keypoints_BKD: Tensor, image: ImageTokens, left: Sequence[int], told: Telling) -> Tensor:
        """Keypoint tokens after the last layer, `[B, K, D]`.

        Args:
            image: tokens with their position embedding added.
            left: image tokens after each layer.
        """
        x = torch.cat((keypoints_BKD, image.x), dim=1)
        num_keypoints = keypoints_BKD.shape[1]
        for index, num_left in enumerate(left):
            layer = cast(TokenLayer, self.layers[index])
            if index > 0:
                x = x + functional.pad(image.position, (0, 0, num_keypoints, 0))
            if num_left < x.shape[1] - num_keypoints:
                x, logits = layer.attended_with_logits(x, num_keypoints)
                whole, cut = image._replace(x=x[:, num_keypoints:]), cast(CutInPlace, self.cuts[index])
                image = cut.of(whole, logits, told, num_left)
                x = torch.cat((x[:, :num_keypoints], image.x), dim=1)
            else:
                x = layer.attended(x)
            x = layer.fed_forward(x)
        return x[:, :num_keypoints]
