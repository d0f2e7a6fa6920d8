"""Network of FastPose. Config and presets: fastpose.py."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.conv_unit import conv_unit
from gtpt_bench.models.blocks.deformable import DeformableConv
from gtpt_bench.models.blocks.residual import Bottleneck, conv_norm
from gtpt_bench.models.blocks.residual_cost import EXPANSION
from gtpt_bench.models.blocks.start import he_convolutions
from gtpt_bench.models.peers.fastpose import FastPoseConfig

FIRST_CHANNELS = 64


class FastPose(nn.Module):
    """`[B, 3, H, W]` to heatmaps `[B, J, H / 4, W / 4]`."""

    def __init__(self, config: FastPoseConfig) -> None:
        super().__init__()
        self.config = config
        self.preact = SqueezeExciteResNet(config)
        self.shuffle = nn.PixelShuffle(2)
        shuffled = self.preact.channels // 4
        self.duc1 = dense_upsampling(shuffled, shuffled // 2)
        self.duc2 = dense_upsampling(shuffled // 2, config.last_width)
        self.conv_out = nn.Conv2d(config.last_width, config.num_keypoints, 3, padding=1)
        # All maps start near 0, as nearly all of a target is.
        nn.init.normal_(self.conv_out.weight, std=0.001)
        nn.init.zeros_(self.conv_out.bias)  # type: ignore[arg-type]  # it has one

    def forward(self, images_B3HW: Tensor) -> Tensor:
        quarter = self.duc2(self.duc1(self.shuffle(self.preact(images_B3HW))))
        maps: Tensor = self.conv_out(quarter)
        return maps


def dense_upsampling(cin: int, cout: int) -> nn.Sequential:
    """3×3 convolution, BatchNorm, ReLU and pixel shuffle (DUC): `[B, cin, H, W]` to `[B, cout, 2 H, 2 W]`."""
    unit = conv_unit(cin, 4 * cout, 3, activation=nn.ReLU())
    he_convolutions(unit)
    unit.add_module("shuffle", nn.PixelShuffle(2))
    return unit


class SqueezeExciteResNet(nn.Module):
    """`[B, 3, H, W]` to `[B, channels, H / 32, W / 32]`."""

    def __init__(self, config: FastPoseConfig) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv_norm(3, FIRST_CHANNELS, 7, stride=2)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        he_convolutions(self)
        cin = FIRST_CHANNELS
        for stage, count in enumerate(config.blocks, start=1):
            middle = config.width * 2 ** (stage - 1)
            kind = DeformableBottleneck if config.deformable and stage > 1 else WeighingBottleneck
            first = kind(cin, middle, stride=1 if stage == 1 else 2, weighs=True)
            cin = EXPANSION * middle
            others = (kind(cin, middle, stride=1, weighs=False) for _ in range(count - 1))
            self.add_module(f"layer{stage}", nn.Sequential(first, *others))
        self.channels = cin

    def forward(self, images_B3HW: Tensor) -> Tensor:
        x = self.maxpool(torch.relu(self.bn1(self.conv1(images_B3HW))))
        for stage in (1, 2, 3, 4):
            x = self.get_submodule(f"layer{stage}")(x)
        features: Tensor = x
        return features


class WeighingBottleneck(Bottleneck):
    """Bottleneck whose output may be weighted by channel before the sum: `[B, cin, H, W]` to `[B, 4 middle, …]`."""

    def __init__(self, cin: int, middle: int, *, stride: int, weighs: bool) -> None:
        super().__init__(cin, middle, stride=stride)
        self.se = SqueezeExcite(EXPANSION * middle) if weighs else nn.Identity()
        he_convolutions(self)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        out = torch.relu(self.bn1(self.conv1(x_BCHW)))
        out = torch.relu(self.bn2(self.spatial(out)))
        out = self.se(self.bn3(self.conv3(out)))
        return torch.relu(out + (x_BCHW if self.downsample is None else self.downsample(x_BCHW)))

    def spatial(self, x_BCHW: Tensor) -> Tensor:
        """The 3×3 convolution."""
        out: Tensor = self.conv2(x_BCHW)
        return out


class DeformableBottleneck(WeighingBottleneck):
    """The same; a convolution beside the 3×3 one tells each of its taps where to look, at first nowhere else."""

    def __init__(self, cin: int, middle: int, *, stride: int, weighs: bool) -> None:
        super().__init__(cin, middle, stride=stride, weighs=weighs)
        self.conv2 = DeformableConv(middle, middle, 3, stride=stride)
        self.conv2_offset = nn.Conv2d(middle, 2 * 3 * 3, 3, stride=stride, padding=1)
        nn.init.zeros_(self.conv2_offset.weight)
        nn.init.zeros_(self.conv2_offset.bias)  # type: ignore[arg-type]  # it has one

    def spatial(self, x_BCHW: Tensor) -> Tensor:
        out: Tensor = self.conv2(x_BCHW, self.conv2_offset(x_BCHW))
        return out


class SqueezeExcite(nn.Module):
    """Each channel is weighted by what two layers make of the means of all: `[B, C, H, W]` to the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(channels, channels), nn.ReLU(), nn.Linear(channels, channels), nn.Sigmoid())

    def forward(self, x_BCHW: Tensor) -> Tensor:
        weights_BC: Tensor = self.fc(x_BCHW.mean(dim=(2, 3)))
        return x_BCHW * weights_BC[:, :, None, None]
