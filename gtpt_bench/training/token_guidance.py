"""Attention guidance (guidance.py) for TokenPose, PPT and DistilPose: where their keypoint tokens look in one layer.

The layer is a quarter of the way in, where all image tokens are still there: PPT first drops some in it. The network
computes as it always does; the logits are worked out beside it, from queries and keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.attention import heads_of
from gtpt_bench.models.blocks.token_encoder import TokenEncoder, TokenLayer
from gtpt_bench.models.peers.token_config import TokenConfig

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.model import TokenAttention


def guided_layer(config: TokenConfig) -> int:
    """Counted from 0; its attention has all image tokens before it."""
    whole = [layer for layer, left in enumerate(config.image_tokens_left) if left == config.num_image_tokens]
    return min(config.depth // 4, len(whole), config.depth - 1)


@contextmanager
def watched_attention(network: nn.Module, config: TokenConfig) -> Iterator[list[TokenAttention]]:
    """While active, each forward pass adds what its keypoint tokens looked at to the list."""
    from gtpt_bench.models.gtpt.model import TokenAttention

    encoder = next(module for module in network.modules() if isinstance(module, TokenEncoder))
    layer = encoder.layers[guided_layer(config)]
    assert isinstance(layer, TokenLayer)
    attention: Any = layer.attention.fn
    keypoints, seen = config.num_keypoints, []

    def see(module: nn.Module, args: Any, qkv_BT3D: Tensor) -> None:
        q, k, _ = heads_of(qkv_BT3D, attention.heads)
        logits_BHKN = (q[:, :, :keypoints] * attention.scale) @ k[:, :, keypoints:].transpose(-1, -2)
        places = torch.arange(config.num_image_tokens, device=qkv_BT3D.device)[None]
        seen.append(TokenAttention(logits_BHKN, places, tuple(config.keypoint_set.sparse)))

    handle = attention.to_qkv.register_forward_hook(see)
    try:
        yield seen
    finally:
        handle.remove()
