"""The tokenizer for inference: folded, channels last, without shuffling; the patch norm worked into the projection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.shuffle import ShuffleUnit, SkipFuse
from gtpt_bench.models.deploy.convolution import affine
from gtpt_bench.models.deploy.fold import fold
from gtpt_bench.models.deploy.linear import PackedLinear
from gtpt_bench.models.deploy.sequence import folded_sequence
from gtpt_bench.models.deploy.shuffle import UnshuffledStage
from gtpt_bench.models.gtpt.model import Tokenizer
from gtpt_bench.models.gtpt.tokenizer.patches import PatchEmbedding
from gtpt_bench.models.gtpt.tokenizer.shuffle_net import ShuffleNet
from gtpt_bench.models.gtpt.tokenizer.u_shuffle_net import UShuffleNet


class DeployedTokenizer(nn.Module):
    """Images `[B, 3, H, W]` to image tokens `[B, N, D]`, without position embedding.

    Args:
        tokenizer: a copy that nobody else uses; its parts are changed.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.features, order = deployed_features(tokenizer.features)
        self.patches = DeployedPatches(tokenizer.patches, order)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        features: Tensor = self.features(images_B3HW.contiguous(memory_format=torch.channels_last))
        tokens: Tensor = self.patches(features)
        return tokens


class DeployedPatches(nn.Module):
    """`[B, C, H, W]` to image tokens `[B, N, D]`: patches cut from a map with channels last, then one linear layer.

    Args:
        order: channel p of the map is the original's `order[p]`; None where they lie as they did.
    """

    def __init__(self, patches: PatchEmbedding, order: Tensor | None) -> None:
        super().__init__()
        self.patch = patches.patch
        folds = isinstance(patches.norm, nn.BatchNorm2d)
        self.norm = nn.Identity() if folds else patches.norm
        projection = patches.projection
        weight_DPC = projection.weight.detach().unflatten(1, (self.patch.area, -1))
        bias = projection.bias.detach()
        if isinstance(patches.norm, nn.BatchNorm2d):
            scale, shift = affine(patches.norm)
            bias = bias + (weight_DPC * shift).sum((1, 2))
            weight_DPC = weight_DPC * scale
        if order is not None:
            weight_DPC = weight_DPC[..., order]
        layer = nn.utils.skip_init(nn.Linear, projection.in_features, projection.out_features)
        layer.weight, layer.bias = (nn.Parameter(values) for values in (weight_DPC.flatten(1), bias))
        self.projection = PackedLinear(layer)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        x_BHWC = self.norm(features_BCHW).permute(0, 2, 3, 1)
        B, H, W, C = x_BHWC.shape
        rows, columns = H // self.patch.height, W // self.patch.width
        x = x_BHWC.reshape(B, rows, self.patch.height, columns, self.patch.width, C)
        x = x.transpose(2, 3).reshape(B, rows * columns, self.patch.area * C)
        tokens: Tensor = self.projection(x)
        return tokens


def deployed_features(features: nn.Module) -> tuple[nn.Module, Tensor | None]:
    """The feature map's network for inference, and in which order its channels come if not the original one."""
    special = SPECIAL.get(type(features))
    return (fold(features), None) if special is None else special(features)


def deployed_shuffle(features: nn.Module) -> tuple[nn.Module, Tensor]:
    assert isinstance(features, ShuffleNet)
    stage = unshuffled(features.stage)
    features.first = folded_sequence(features.first)
    features.add_module("stage", stage)
    return features, stage.order


def deployed_u_shuffle(features: nn.Module) -> tuple[nn.Module, Tensor]:
    assert isinstance(features, UShuffleNet)
    down4 = unshuffled(features.down4)
    down8 = unshuffled(features.down8, down4.order)
    down16 = unshuffled(features.down16, down8.order)
    order8 = fold_skip_fuse(features.up8, skip=down8.order, deep=down16.order)
    order4 = fold_skip_fuse(features.up4, skip=down4.order, deep=order8)
    features.first = folded_sequence(features.first)
    for name, stage in (("down4", down4), ("down8", down8), ("down16", down16)):
        features.add_module(name, stage)
    return features, order4


def fold_skip_fuse(fuse: SkipFuse, *, skip: Tensor, deep: Tensor) -> Tensor:
    """Folds the block for inputs whose channels come in these orders; the order of its output's channels."""
    units = unshuffled(fuse.units)
    fuse.add_module("up", folded_sequence(fuse.up, order=deep))
    fuse.join = folded_sequence(fuse.join, order=torch.cat((skip, len(skip) + torch.arange(len(skip)))))
    fuse.add_module("units", units)
    return units.order


def unshuffled(units: nn.Sequential, order: Tensor | None = None) -> UnshuffledStage:
    return UnshuffledStage([cast(ShuffleUnit, unit) for unit in units], order)


SPECIAL: Mapping[type[nn.Module], Callable[[nn.Module], tuple[nn.Module, Tensor]]] = MappingProxyType(
    {ShuffleNet: deployed_shuffle, UShuffleNet: deployed_u_shuffle}
)
"""Feature maps whose channels come out in another order; all others are folded block by block."""
