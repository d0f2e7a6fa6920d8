"""Network of EfficientPose. Config and presets: efficientpose.py."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from torch import Tensor, nn

from gtpt_bench.models.blocks.added import Added
from gtpt_bench.models.blocks.conv_unit import conv_unit
from gtpt_bench.models.blocks.deconv_head import deconvolutions, heatmaps
from gtpt_bench.models.blocks.residual import conv_norm
from gtpt_bench.models.blocks.start import he_convolutions
from gtpt_bench.models.peers.efficientpose import STEM_WIDTHS, EfficientPoseConfig, Stage


class EfficientPose(nn.Module):
    """`[B, 3, H, W]` to heatmaps `[B, J, H / 4, W / 4]`."""

    def __init__(self, config: EfficientPoseConfig) -> None:
        super().__init__()
        self.config = config
        inner, cin = STEM_WIDTHS
        self.first = nn.Sequential(
            conv_unit(3, inner, 3, stride=2, activation=nn.ReLU()),
            conv_unit(inner, inner, 3, groups=inner, activation=nn.ReLU()),
            *conv_norm(inner, cin, 1),
        )
        self.blocks = nn.Sequential(OrderedDict(stages=inverted_residuals(cin, config.stages)))
        he_convolutions(self)
        self.deconv_layers = deconvolutions(config.stages[-1].width, config.head_filters)
        last = config.head_filters[-1]
        smooth = nn.Conv2d(last, last, 3, padding=1, groups=last, bias=False)
        self.final = nn.Sequential(smooth, nn.ReLU(), heatmaps(last, config.num_keypoints))

    def forward(self, images_B3HW: Tensor) -> Tensor:
        maps: Tensor = self.final(self.deconv_layers(self.blocks(self.first(images_B3HW))))
        return maps


def inverted_residuals(cin: int, stages: Sequence[Stage]) -> nn.Sequential:
    """All stages in one row, each block under its number, kernel and expansion, as the search named them."""
    blocks: OrderedDict[str, nn.Module] = OrderedDict()
    for stage in stages:
        for place, code in enumerate(stage.blocks):
            number = len(blocks)
            if code == "skip":
                blocks[f"x{number}_skip"] = nn.Identity()
                continue
            kernel, expansion = (int(part[1:]) for part in code.split("_"))
            stride = stage.stride if place == 0 else 1
            kind = Added if stride == 1 and cin == stage.width else nn.Sequential
            blocks[f"x{number}_ir_{code}"] = kind(inverted(cin, stage.width, kernel, expansion, stride=stride))
            cin = stage.width
    return nn.Sequential(blocks)


def inverted(cin: int, cout: int, kernel: int, expansion: int, *, stride: int) -> OrderedDict[str, nn.Module]:
    """1×1 to `expansion · cin` channels, depthwise, and 1×1 back without ReLU."""
    middle = expansion * cin
    return OrderedDict(
        pw=conv_unit(cin, middle, 1, activation=nn.ReLU()),
        dw=conv_unit(middle, middle, kernel, stride=stride, groups=middle, activation=nn.ReLU()),
        pwl=conv_unit(middle, cout, 1),
    )
