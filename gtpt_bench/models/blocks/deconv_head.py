"""Deconvolution head: transposed convolutions back up to stride 4, then a 1×1 convolution to one heatmap a keypoint.

Modules carry the official names: `deconv_layers` and `final_layer`. Some networks hold both directly, without a head
around them; they take `deconvolutions` and `heatmaps`. Source: spec/baselines.md §3.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn


def deconvolutions(cin: int, widths: Sequence[int]) -> nn.Sequential:
    """Doubles the map once for each width: `[B, cin, H, W]` to `[B, widths[-1], 2^n H, 2^n W]`.

    Each time a 4×4 transposed convolution with stride 2 and without bias, BatchNorm and ReLU.
    """
    layers: list[nn.Module] = []
    for before, after in pairwise((cin, *widths)):
        deconv = nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=False)
        nn.init.normal_(deconv.weight, std=0.001)
        layers += [deconv, nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers)


def heatmaps(channels: int, num_keypoints: int) -> nn.Conv2d:
    """1×1 convolution with bias, `[B, channels, H, W]` to `[B, J, H, W]`.

    It starts with small weights and no bias, so that all maps start near 0, as nearly all of a target is.
    """
    final = nn.Conv2d(channels, num_keypoints, 1)
    nn.init.normal_(final.weight, std=0.001)
    nn.init.zeros_(final.bias)  # type: ignore[arg-type]  # it has one
    return final


class DeconvHead(nn.Module):
    """`[B, cin, H, W]` to heatmaps `[B, J, 2^n H, 2^n W]` with n deconvolutions, one for each of `widths`."""

    def __init__(self, cin: int, widths: Sequence[int], num_keypoints: int) -> None:
        super().__init__()
        self.deconv_layers = deconvolutions(cin, widths)
        self.final_layer = heatmaps(widths[-1] if widths else cin, num_keypoints)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        maps: Tensor = self.final_layer(self.deconv_layers(features_BCHW))
        return maps
