"""A TokenPose that runs in milliseconds, and what it should compute, written out from the specification.

B images, K keypoint tokens, N image tokens, D width, H heads, d = D / H.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.models.peers.ppt import PPTConfig
from gtpt_bench.models.peers.tokenpose import TokenPoseConfig
from gtpt_bench.models.peers.tokenpose_net import TokenPose

NUM_TOKENS = 48
"""8 × 6 image tokens of 8 pixels."""

SMALL: dict[str, Any] = {
    "input_size": (64, 48),
    "patch_size": (2, 2),
    "trunk": {"kind": "stem", "width": 2},
    "width": 16,
    "heads": 2,
    "depth": 4,
}


def small_config(**changes: Any) -> TokenPoseConfig:
    return TokenPoseConfig.model_validate(SMALL | changes)


def small_ppt_config(**changes: Any) -> PPTConfig:
    """Cuts in layers 1 and 3."""
    pruning = {"schedule": {"kind": "at_layers", "shares": {1: 0.7, 3: 0.7}}}
    return PPTConfig.model_validate(SMALL | {"pruning": pruning} | changes)


def small_tokenpose(**changes: Any) -> TokenPose:
    """In evaluation mode; the same weights whatever is said of pruning, tokens that differ enough to be told apart."""
    return with_drawn_weights(small_config(**changes).build())


def with_drawn_weights(network: TokenPose) -> TokenPose:
    """All weights anew, of a size at which attention prefers some tokens."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.requires_grad:
                fan_in = parameter[0].numel() if parameter.dim() > 1 else 1
                spread = 1.5 / fan_in**0.5 if parameter.dim() > 1 else 0.1
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * spread + (parameter.dim() == 1))
        network.features.keypoint_token.copy_(torch.randn(network.features.keypoint_token.shape, generator=generator))
    return network.eval()


def pictures(batch: int = 2, seed: int = 0) -> Tensor:
    return torch.randn(batch, 3, 64, 48, generator=torch.Generator().manual_seed(seed))


def by_hand(network: TokenPose, images: Tensor, *, shares: Mapping[int, float]) -> tuple[Tensor, list[Tensor]]:
    """Keypoint tokens `[B, K, D]` after the last layer, and the image tokens left by each cut `[B, N']`, by place.

    Source: spec/baselines.md §3.3 and §3.4. Takes the official names of either family.
    """
    config, net = network.config, network.features
    state = {name.removeprefix("features."): tensor for name, tensor in network.state_dict().items()}
    K, H, D = config.num_keypoints, config.heads, config.width
    maps = net.stem(images)
    (ph, pw), (rows, columns) = config.patch_size, config.grid_size
    patches = torch.stack(
        [
            torch.stack([maps[:, :, r * ph + i, c * pw + j] for i in range(ph) for j in range(pw)], dim=1).flatten(1)
            for r in range(rows)
            for c in range(columns)
        ],
        dim=1,
    )
    position = state["pos_embedding"].expand(len(images), -1, -1)
    image = functional.linear(patches, state["patch_to_embedding.weight"], state["patch_to_embedding.bias"]) + position
    x = torch.cat((state["keypoint_token"].expand(len(images), -1, -1), image), dim=1)
    places, kept = torch.arange(rows * columns).expand(len(images), -1), []
    for layer in range(config.depth):
        prefix = (
            f"transformer.layers.{layer}.0.fn." if config.family == "tokenpose" else f"transformer.layers.{layer}.0."
        )
        if layer > 0:
            x = torch.cat((x[:, :K], x[:, K:] + position), dim=1)
        normed = _norm(x, state, f"{prefix}norm")
        q, k, v = (
            t.unflatten(-1, (H, -1)).transpose(1, 2)
            for t in (normed @ state[f"{prefix}fn.to_qkv.weight"].T).chunk(3, -1)
        )
        divisor = D if config.scaled_by == "width" else D // H
        attention = (q @ k.transpose(-1, -2) / divisor**0.5).softmax(-1)
        mixed = (attention @ v).transpose(1, 2).flatten(2)
        x = x + functional.linear(mixed, state[f"{prefix}fn.to_out.0.weight"], state[f"{prefix}fn.to_out.0.bias"])
        if layer in shares:
            scores = attention[:, :, :K, K:].mean(1).sum(1)
            best = scores.topk(ceil(shares[layer] * scores.shape[1])).indices.sort().values
            index = best[..., None].expand(-1, -1, D)
            x = torch.cat((x[:, :K], x[:, K:].gather(1, index)), dim=1)
            position, places = position.gather(1, index), places.gather(1, best)
            kept.append(places)
        fed = f"transformer.layers.{layer}.1.fn."
        hidden = functional.gelu(_linear(_norm(x, state, f"{fed}norm"), state, f"{fed}fn.net.0"))
        x = x + _linear(hidden, state, f"{fed}fn.net.3")
    return x[:, :K], kept


def _norm(x: Tensor, state: Mapping[str, Tensor], name: str) -> Tensor:
    return functional.layer_norm(x, x.shape[-1:], state[f"{name}.weight"], state[f"{name}.bias"])


def _linear(x: Tensor, state: Mapping[str, Tensor], name: str) -> Tensor:
    return functional.linear(x, state[f"{name}.weight"], state[f"{name}.bias"])


def keypoint_tokens(network: nn.Module, images: Tensor) -> Tensor:
    """What enters the head."""
    seen: list[Tensor] = []
    handle = network.features.mlp_head.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    with torch.no_grad():
        network(images)
    handle.remove()
    return seen[0]
