"""Network of Lite-HRNet, under the official names. Config and presets: litehrnet.py.

Branch k of a stage has width · 2^k channels at stride 4 · 2^k; `maps` are those of all branches, the finest first.
Source: spec/baselines.md §3.6.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.models.blocks.conv_unit import conv_unit
from gtpt_bench.models.blocks.deconv_head import heatmaps
from gtpt_bench.models.blocks.hrnet import fused as summed
from gtpt_bench.models.blocks.residual import conv_norm
from gtpt_bench.models.blocks.shuffle import interleave
from gtpt_bench.models.blocks.start import he_convolutions
from gtpt_bench.models.peers.litehrnet import LiteHRNetConfig

STEM_CHANNELS = 32
BLOCKS = 2
"""Weighting blocks of each exchange module."""
Fuse = Callable[[nn.ModuleList, Sequence[Tensor]], list[Tensor]]


class LiteHRNet(nn.Module):
    """`[B, 3, H, W]` to heatmaps `[B, J, H / 4, W / 4]`."""

    def __init__(self, config: LiteHRNetConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = Backbone(config)
        he_convolutions(self.backbone)
        self.keypoint_head = nn.Sequential(OrderedDict(final_layer=heatmaps(config.width, config.num_keypoints)))

    def forward(self, images_B3HW: Tensor) -> Tensor:
        maps: Tensor = self.keypoint_head(self.backbone(images_B3HW))
        return maps


class Backbone(nn.Module):
    """`[B, 3, H, W]` to `[B, width, H / 4, W / 4]`."""

    def __init__(self, config: LiteHRNetConfig) -> None:
        super().__init__()
        self.num_stages = len(config.modules)
        self.stem = Stem(STEM_CHANNELS)
        fuse = {"as_released": fused_as_released, "corrected": fused}[config.fuse]
        before = [STEM_CHANNELS]
        for stage, count in enumerate(config.modules):
            channels = [config.width * 2**branch for branch in range(stage + 2)]
            self.add_module(f"transition{stage}", transition(before, channels))
            self.add_module(f"stage{stage}", nn.Sequential(*(ExchangeModule(channels, fuse) for _ in range(count))))
            before = channels
        self.head_layer = IterativeHead(before)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        maps: Sequence[Tensor] = [self.stem(images_B3HW)]
        for stage in range(self.num_stages):
            steps = enumerate(self.get_submodule(f"transition{stage}").children())
            maps = [step(maps[min(branch, len(maps) - 1)]) for branch, step in steps]
            maps = self.get_submodule(f"stage{stage}")(maps)
        finest: Tensor = self.head_layer(maps)
        return finest


class Stem(nn.Module):
    """`[B, 3, H, W]` to `[B, channels, H / 4, W / 4]`: a convolution, then one for each half of the channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.conv1 = conv_unit(3, channels, 3, stride=2, activation=nn.ReLU())
        self.branch1 = nn.Sequential(
            conv_unit(half, half, 3, stride=2, groups=half), conv_unit(half, half, 1, activation=nn.ReLU())
        )
        self.expand_conv = conv_unit(half, channels, 1, activation=nn.ReLU())
        self.depthwise_conv = conv_unit(channels, channels, 3, stride=2, groups=channels)
        self.linear_conv = conv_unit(channels, half, 1, activation=nn.ReLU())

    def forward(self, images_B3HW: Tensor) -> Tensor:
        left, right = self.conv1(images_B3HW).chunk(2, dim=1)
        return interleave(self.branch1(left), self.linear_conv(self.depthwise_conv(self.expand_conv(right))))


def separable(cin: int, cout: int, *, stride: int = 1) -> list[nn.Module]:
    """Depthwise 3×3 and BatchNorm, 1×1 and BatchNorm: `[B, cin, H, W]` to `[B, cout, H / stride, W / stride]`."""
    return [*conv_norm(cin, cin, 3, stride=stride, groups=cin), *conv_norm(cin, cout, 1)]


def transition(before: Sequence[int], after: Sequence[int]) -> nn.ModuleList:
    """One step for each branch of the next stage: to its width, or from the lowest branch down to a new one."""
    kept = [
        nn.Identity() if cin == cout else nn.Sequential(*separable(cin, cout), nn.ReLU())
        for cin, cout in zip(before, after, strict=False)
    ]
    # One Sequential in another: the official names have a level more here.
    new = [
        nn.Sequential(nn.Sequential(*separable(before[-1], cout, stride=2), nn.ReLU())) for cout in after[len(before) :]
    ]
    return nn.ModuleList([*kept, *new])


class ExchangeModule(nn.Module):
    """Weighting blocks, then every output is the sum of all branches brought to its resolution.

    Args:
        channels: of each branch.
        fuse: how they are summed.
    """

    def __init__(self, channels: Sequence[int], fuse: Fuse) -> None:
        super().__init__()
        self.fuse = fuse
        self.layers = nn.Sequential(*(WeightingBlock([c // 2 for c in channels]) for _ in range(BLOCKS)))
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(fuse_path(channels, source, target) for source in range(len(channels)))
            for target in range(len(channels))
        )

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        return self.fuse(self.fuse_layers, self.layers(maps))


def fuse_path(channels: Sequence[int], source: int, target: int) -> nn.Module:
    """Brings branch `source` to channels and resolution of branch `target`."""
    cin, cout = channels[source], channels[target]
    if source == target:
        return nn.Identity()
    if source > target:
        return nn.Sequential(*conv_norm(cin, cout, 1), nn.Upsample(scale_factor=2 ** (source - target), mode="nearest"))
    down = [nn.Sequential(*separable(cin, cin, stride=2), nn.ReLU()) for _ in range(target - source - 1)]
    return nn.Sequential(*down, nn.Sequential(*separable(cin, cout, stride=2)))


def fused(paths: nn.ModuleList, maps: Sequence[Tensor]) -> list[Tensor]:
    """As it is meant: each target is the sum of all branches, each through its path once."""
    return [torch.relu(summed(to_target.children(), maps)) for to_target in paths]


def fused_as_released(paths: nn.ModuleList, maps: Sequence[Tensor]) -> list[Tensor]:
    """As the released code does it, by writing the sum of target 0 into branch 0 and starting each sum with branch 0.

    Target 0 has branch 0 twice, and the others have this sum, before its ReLU, twice in place of branch 0, by running
    the path from it twice.
    """
    finest, *others = paths
    overwritten = maps[0] + summed(finest.children(), maps)
    maps = [overwritten, *maps[1:]]
    # Twice and not times two: that is what it costs.
    doubled = [next(to_target.children())(overwritten) + summed(to_target.children(), maps) for to_target in others]
    return [torch.relu(total) for total in (overwritten, *doubled)]


class WeightingBlock(nn.Module):
    """The second half of each branch's channels is weighted across branches, convolved by channel and weighted again.

    Args:
        halves: half the channels of each branch.
    """

    def __init__(self, halves: Sequence[int]) -> None:
        super().__init__()
        self.cross_resolution_weighting = CrossResolutionWeighting(halves)
        self.depthwise_convs = nn.ModuleList(conv_unit(c, c, 3, groups=c) for c in halves)
        self.spatial_weighting = nn.ModuleList(SpatialWeighting(c) for c in halves)

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        kept, changed = zip(*(x.chunk(2, dim=1) for x in maps), strict=True)
        weighted = self.cross_resolution_weighting(changed)
        steps = zip(self.spatial_weighting, self.depthwise_convs, weighted, strict=True)
        return [interleave(left, weigh(conv(x))) for left, (weigh, conv, x) in zip(kept, steps, strict=True)]


class CrossResolutionWeighting(nn.Module):
    """A weight for each channel and cell of each branch, found from all branches on the coarsest grid.

    Maps `[B, channels[k], H / 2^k, W / 2^k]` for all k to the same.
    """

    def __init__(self, channels: Sequence[int], reduction: int = 8) -> None:
        super().__init__()
        self.channels = list(channels)
        total = sum(channels)
        self.conv1 = conv_unit(total, total // reduction, 1, activation=nn.ReLU())
        self.conv2 = conv_unit(total // reduction, total, 1, activation=nn.Sigmoid())

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        height, width = maps[-1].shape[2:]
        pooled = [*(functional.adaptive_avg_pool2d(x, (height, width)) for x in maps[:-1]), maps[-1]]
        weights = self.conv2(self.conv1(torch.cat(pooled, dim=1))).split(self.channels, dim=1)
        return [x * functional.interpolate(w, size=x.shape[2:]) for x, w in zip(maps, weights, strict=True)]


class SpatialWeighting(nn.Module):
    """Squeeze and excitation: a weight for each channel from its mean, `[B, C, H, W]` to the same."""

    def __init__(self, channels: int, reduction: int = 4) -> None:
        super().__init__()
        hidden = channels // reduction
        self.conv1 = nn.Sequential(OrderedDict(conv=nn.Conv2d(channels, hidden, 1), activation=nn.ReLU()))
        self.conv2 = nn.Sequential(OrderedDict(conv=nn.Conv2d(hidden, channels, 1), activation=nn.Sigmoid()))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        weighted: Tensor = x_BCHW * self.conv2(self.conv1(x_BCHW.mean(dim=(2, 3), keepdim=True)))
        return weighted


class IterativeHead(nn.Module):
    """From the coarsest branch up, each added to the next finer one: maps of all branches to the finest one.

    Args:
        channels: of each branch.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        targets = [channels[max(branch - 1, 0)] for branch in range(len(channels))]
        self.projects = nn.ModuleList(
            nn.Sequential(
                OrderedDict(
                    depthwise_conv=conv_unit(cin, cin, 3, groups=cin),
                    pointwise_conv=conv_unit(cin, cout, 1, activation=nn.ReLU()),
                )
            )
            for cin, cout in reversed(list(zip(channels, targets, strict=True)))
        )

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        coarsest, *finer = reversed(maps)
        first, *others = self.projects
        result: Tensor = first(coarsest)
        for project, x in zip(others, finer, strict=True):
            larger = functional.interpolate(result, size=x.shape[2:], mode="bilinear", align_corners=True)
            result = project(x + larger)
        return result
