"""Published systems as far as their cost goes: layers and shapes of spec/baselines.md §3, without names or weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from gtpt_bench.models.blocks.hrnet import HighResolutionStem, HighResolutionTrunk
from gtpt_bench.models.blocks.residual import bottleneck_stage


def upsampled(cin: int, cout: int = 256) -> list[nn.Module]:
    """The deconvolution of heatmap heads, to twice the size."""
    return [nn.ConvTranspose2d(cin, cout, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU()]


def resnet(blocks: Sequence[int]) -> nn.Sequential:
    """ResNet with bottlenecks; as many stages as numbers of blocks."""
    first = [nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    stages, cin = [], 64
    for stage, count in enumerate(blocks):
        stages.append(bottleneck_stage(cin, 64 * 2**stage, count, stride=1 if stage == 0 else 2))
        cin = 256 * 2**stage
    return nn.Sequential(*first, nn.MaxPool2d(3, 2, 1), *stages)


def simple_baseline(blocks: Sequence[int], keypoints: int = 17) -> nn.Sequential:
    head = [*upsampled(2048), *upsampled(256), *upsampled(256), nn.Conv2d(256, keypoints, 1)]
    return nn.Sequential(resnet(blocks), *head)


def hrnet_w32() -> nn.Sequential:
    return nn.Sequential(HighResolutionTrunk(32, (1, 4, 3)), nn.Conv2d(32, 17, 1))


class DeepPose(nn.Sequential):
    """Coordinates of 133 keypoints from the mean of the last map."""

    def __init__(self) -> None:
        super().__init__(resnet((3, 4, 23, 3)), nn.Linear(2048, 2 * 133))

    def forward(self, images: Tensor) -> Tensor:
        trunk, head = self
        coordinates: Tensor = head(trunk(images).mean((2, 3)))
        return coordinates


class PostNormLayer(nn.Module):
    """TransPose's encoder layer: positions are added to queries and keys, each time."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(width, heads)
        self.widen, self.narrow = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x: Tensor, position: Tensor) -> Tensor:
        asking = x + position
        x = self.norm1(x + self.attention(asking, asking, x)[0])
        normed: Tensor = self.norm2(x + self.narrow(functional.relu(self.widen(x))))
        return normed


class TransPose(nn.Module):
    def __init__(
        self,
        trunk: nn.Module,
        channels: int,
        width: int,
        heads: int,
        hidden: int,
        tokens: int,
        up: bool,
        layers: int = 4,
    ) -> None:
        super().__init__()
        self.trunk = trunk
        self.reduce = nn.Conv2d(channels, width, 1, bias=False)
        self.position = nn.Parameter(torch.zeros(tokens, 1, width), requires_grad=False)
        self.layers = nn.ModuleList(PostNormLayer(width, heads, hidden) for _ in range(layers))
        self.head = nn.Sequential(*(upsampled(width) if up else []), nn.Conv2d(256 if up else width, 17, 1))

    def forward(self, images: Tensor) -> Tensor:
        maps = self.reduce(self.trunk(images))
        x = maps.flatten(2).permute(2, 0, 1)
        for layer in self.layers:
            x = layer(x, self.position)
        heatmaps: Tensor = self.head(x.permute(1, 2, 0).reshape(maps.shape))
        return heatmaps


def transpose_r(layers: int) -> TransPose:
    return TransPose(resnet((3, 4)), 512, 256, 8, 1024, tokens=768, up=True, layers=layers)


def transpose_h_s() -> TransPose:
    return TransPose(HighResolutionTrunk(32, (1, 4)), 32, 64, 1, 128, tokens=3072, up=False)


class PreNormLayer(nn.Module):
    """A layer of TokenPose and of ViTPose."""

    def __init__(self, width: int, heads: int, hidden: int, qkv_bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=qkv_bias), nn.Linear(width, width)
        self.feed_forward = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: Tensor) -> Tensor:
        B, T, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(B, T, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        attended = (q @ k.transpose(-1, -2)).softmax(-1) @ v
        x = x + self.out(attended.transpose(1, 2).flatten(2))
        fed: Tensor = x + self.feed_forward(self.norm2(x))
        return fed


class TokenPose(nn.Module):
    """Patches of 4 × 3 pixels of a map `[B, channels, 64, 48]`; 17 keypoint tokens before them go to the head."""

    def __init__(self, trunk: nn.Module, channels: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.embed = nn.Linear(12 * channels, 192)
        self.keypoints = nn.Parameter(torch.zeros(1, 17, 192))
        self.position = nn.Parameter(torch.zeros(1, 256, 192), requires_grad=False)
        self.layers = nn.ModuleList(PreNormLayer(192, 8, 576, qkv_bias=False) for _ in range(12))
        self.head = nn.Sequential(nn.LayerNorm(192), nn.Linear(192, 384), nn.LayerNorm(384), nn.Linear(384, 3072))

    def forward(self, images: Tensor) -> Tensor:
        maps = self.trunk(images)
        patches = functional.unfold(maps, (4, 3), stride=(4, 3)).transpose(1, 2)
        x = torch.cat((self.keypoints, self.embed(patches) + self.position), dim=1)
        for layer in self.layers:
            x = layer(x)
        heatmaps: Tensor = self.head(x[:, :17])
        return heatmaps


def tokenpose_s() -> TokenPose:
    return TokenPose(HighResolutionStem(), 256)


def tokenpose_b() -> TokenPose:
    return TokenPose(HighResolutionTrunk(32, (1, 4)), 32)


class ViTPose(nn.Module):
    """Plain, with 133 keypoints."""

    def __init__(self, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, width, 16, stride=16, padding=2)
        self.layers = nn.Sequential(*(PreNormLayer(width, heads, 4 * width, qkv_bias=True) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Sequential(*upsampled(width), *upsampled(256), nn.Conv2d(256, 133, 1))

    def forward(self, images: Tensor) -> Tensor:
        patches = self.embed(images)
        x = self.norm(self.layers(patches.flatten(2).transpose(1, 2)))
        heatmaps: Tensor = self.head(x.transpose(1, 2).reshape(patches.shape))
        return heatmaps
