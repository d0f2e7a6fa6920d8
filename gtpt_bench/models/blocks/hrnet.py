"""HRNet: parallel branches of halving resolution that exchange what they found after every module.

Branch k has `width · 2^k` channels at stride `4 · 2^k`. Modules carry the official names, so that published backbones
load. Source: spec/baselines.md §3.2. Cost in closed form: hrnet_cost.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.hrnet_cost import STEM_CHANNELS
from gtpt_bench.models.blocks.residual import BasicBlock, bottleneck_stage, conv_norm


class HighResolutionStem(nn.Module):
    """Two stride-2 convolutions and a stage of bottlenecks: `[B, 3, H, W]` to `[B, 4 middle, H / 4, W / 4]`.

    A base class rather than a part, because the official names of its modules have no prefix.
    """

    def __init__(self, first_channels: int = 64, middle: int = 64, blocks: int = 4) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_norm(3, first_channels, 3, stride=2)
        self.conv2, self.bn2 = conv_norm(first_channels, first_channels, 3, stride=2)
        self.layer1 = bottleneck_stage(first_channels, middle, blocks)

    def stem(self, images_B3HW: Tensor) -> Tensor:
        half = torch.relu(self.bn1(self.conv1(images_B3HW)))
        quarter = torch.relu(self.bn2(self.conv2(half)))
        features: Tensor = self.layer1(quarter)
        return features

    def forward(self, images_B3HW: Tensor) -> Tensor:
        return self.stem(images_B3HW)


class HighResolutionTrunk(HighResolutionStem):
    """`[B, 3, H, W]` to the branch of highest resolution, `[B, width, H / 4, W / 4]`.

    Args:
        width: channels of that branch.
        modules: exchange modules of stage 2, 3, …, with 2, 3, … branches; (1, 4) ends after stage 3, (1, 4, 3) is the
            whole HRNet. The very last module fuses into the first branch only, nothing else being read.
        blocks: residual blocks of each branch of each module.
    """

    def __init__(self, width: int, modules: Sequence[int], blocks: int = 4) -> None:
        super().__init__()
        self.num_stages = len(modules) + 1
        before = [STEM_CHANNELS]
        for stage, count in enumerate(modules, start=2):
            channels = [width * 2**branch for branch in range(stage)]
            targets = [stage] * count
            if stage == self.num_stages:
                targets[-1] = 1
            self.add_module(f"transition{stage - 1}", transition(before, channels))
            self.add_module(f"stage{stage}", nn.Sequential(*(ExchangeModule(channels, blocks, n) for n in targets)))
            before = channels

    def forward(self, images_B3HW: Tensor) -> Tensor:
        maps = [self.stem(images_B3HW)]
        for stage in range(2, self.num_stages + 1):
            steps = enumerate(self.get_submodule(f"transition{stage - 1}").children())
            maps = [step(maps[min(branch, len(maps) - 1)]) for branch, step in steps]
            maps = self.get_submodule(f"stage{stage}")(maps)
        return maps[0]


def transition(before: Sequence[int], after: Sequence[int]) -> nn.ModuleList:
    """One step for each branch of the next stage: to its width, or from the lowest branch down to a new one."""
    kept = [
        nn.Identity() if cin == cout else nn.Sequential(*conv_norm(cin, cout, 3), nn.ReLU())
        for cin, cout in zip(before, after, strict=False)
    ]
    # One Sequential in another: the official names have a level more here (spec/baselines.md §3.2).
    new = [
        nn.Sequential(nn.Sequential(*conv_norm(before[-1], cout, 3, stride=2), nn.ReLU()))
        for cout in after[len(before) :]
    ]
    return nn.ModuleList([*kept, *new])


class ExchangeModule(nn.Module):
    """Residual blocks on each branch, then every output is the sum of all branches brought to its resolution.

    Maps `[B, channels[k], H / 2^k, W / 2^k]` for all k to the first `num_fused` of them.
    """

    def __init__(self, channels: Sequence[int], blocks: int, num_fused: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(*(BasicBlock(c, c) for _ in range(blocks))) for c in channels)
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(fuse_path(channels, source, target) for source in range(len(channels)))
            for target in range(num_fused)
        )

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        maps = [branch(x) for branch, x in zip(self.branches, maps, strict=True)]
        return [torch.relu(fused(paths.children(), maps)) for paths in self.fuse_layers]


def fused(paths: Iterable[nn.Module], maps: Sequence[Tensor]) -> Tensor:
    """Sum of all maps, each through its path."""
    first, *others = (path(x) for path, x in zip(paths, maps, strict=True))
    total: Tensor = sum(others, start=first)
    return total


def fuse_path(channels: Sequence[int], source: int, target: int) -> nn.Module:
    """Brings branch `source` to channels and resolution of branch `target`."""
    cin, cout = channels[source], channels[target]
    if source == target:
        return nn.Identity()
    if source > target:
        return nn.Sequential(*conv_norm(cin, cout, 1), nn.Upsample(scale_factor=2 ** (source - target), mode="nearest"))
    down = [nn.Sequential(*conv_norm(cin, cin, 3, stride=2), nn.ReLU()) for _ in range(target - source - 1)]
    return nn.Sequential(*down, conv_norm(cin, cout, 3, stride=2))
