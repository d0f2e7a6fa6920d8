"""Network of HEViTPose, a reconstruction. Config and presets: hevitpose.py; what is known of it: spec/hevitpose.md §3.

B batch, C channels of a stage, c of a group of them, R reduction, H and W of the stage's map, N = H · W queries,
K = N / R² keys, h heads, d = c / h.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from gtpt_bench.models.blocks.added import Added
from gtpt_bench.models.blocks.attention import attended, side_by_side
from gtpt_bench.models.blocks.channel_norm import ChannelNorm
from gtpt_bench.models.blocks.deconv_head import DeconvHead
from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.blocks.residual import conv_norm
from gtpt_bench.models.blocks.start import he_convolutions
from gtpt_bench.models.peers.hevitpose import STRIDES, HEViTPoseConfig


class HEViTPose(nn.Module):
    """`[B, 3, H, W]` to heatmaps `[B, J, H / 4, W / 4]`."""

    def __init__(self, config: HEViTPoseConfig) -> None:
        super().__init__()
        self.config = config
        self.stages = nn.Sequential(*(_stage(config, number) for number in range(len(STRIDES))))
        # The authors' start is unknown; norms follow nearly all layers, so it matters little.
        he_convolutions(self)
        self.head = DeconvHead(config.widths[-1], config.head_filters, config.num_keypoints)

    def forward(self, images_B3HW: Tensor) -> Tensor:
        maps: Tensor = self.head(self.stages(images_B3HW))
        return maps


def _stage(config: HEViTPoseConfig, number: int) -> nn.Sequential:
    """Embedding and blocks of stage `number`, counted from 0: `[B, cin, H, W]` to `[B, C, H / stride, W / stride]`."""
    first, width = number == 0, config.widths[number]
    cin = 3 if first else config.widths[number - 1]
    expansion = 0 if first or not config.sandwich else config.expansion
    embed = Embedding(cin, width, STRIDES[number], config.overlaps[number], sandwich_expansion=expansion)
    blocks = (Block(config, number) for _ in range(config.depths[number]))
    return nn.Sequential(OrderedDict(embed=embed, blocks=nn.Sequential(*blocks)))


def depthwise_unit(channels: int) -> Added:
    """3×3 convolution of each channel by itself, BatchNorm, added to the input."""
    return Added(*conv_norm(channels, channels, 3, groups=channels))


def feed_forward(channels: int, expansion: int) -> Added:
    """1×1 convolution to a wider map and one back, BatchNorm after both, ReLU between, added to the input."""
    hidden = expansion * channels
    return Added(*conv_norm(channels, hidden, 1), nn.ReLU(), *conv_norm(hidden, channels, 1))


class Embedding(nn.Module):
    """Overlapping patch embedding (OPE): `[B, cin, H, W]` to `[B, cout, H / stride, W / stride]`.

    Args:
        overlap: pixels that neighbouring patches share (PEOW): kernel minus stride.
        sandwich_expansion: of the feed-forward nets before and after it, each beside a depthwise unit; 0 for none.
    """

    def __init__(self, cin: int, cout: int, stride: int, overlap: int, *, sandwich_expansion: int) -> None:
        super().__init__()
        self.pre = _local(cin, sandwich_expansion) if sandwich_expansion else nn.Identity()
        # Half the overlap, rounded up, on every side gives exactly H / stride for any overlap, 0 included.
        self.proj = nn.Conv2d(cin, cout, stride + overlap, stride, padding=(overlap + 1) // 2)
        self.norm = ChannelNorm(cout)
        self.post = _local(cout, sandwich_expansion) if sandwich_expansion else nn.Identity()

    def forward(self, x_BCHW: Tensor) -> Tensor:
        out: Tensor = self.post(self.norm(self.proj(self.pre(x_BCHW))))
        return out


def _local(channels: int, expansion: int) -> nn.Sequential:
    return nn.Sequential(OrderedDict(dw=depthwise_unit(channels), ffn=feed_forward(channels, expansion)))


class Block(nn.Sequential):
    """Five residual units: depthwise, feed-forward, attention, depthwise, feed-forward; `[B, C, H, W]` to the same."""

    def __init__(self, config: HEViTPoseConfig, stage: int) -> None:
        width, expansion = config.widths[stage], config.expansion
        attention = CascadedGroupAttention(
            width,
            config.groups[stage],
            config.heads[stage],
            config.reductions[stage],
            depthwise_reduction=config.reduction_conv == "depthwise",
        )
        super().__init__(
            OrderedDict(
                dw0=depthwise_unit(width),
                ffn0=feed_forward(width, expansion),
                attn=attention,
                dw1=depthwise_unit(width),
                ffn1=feed_forward(width, expansion),
            )
        )


class CascadedGroupAttention(nn.Module):
    """Cascaded group spatial reduction attention (CGSR-MHA) with its residual: `[B, C, H, W]` to the same.

    The channels are cut in groups that attend one after the other, each to its own input plus the previous group's
    output; all outputs side by side are projected.
    """

    def __init__(self, width: int, groups: int, heads: int, reduction: int, *, depthwise_reduction: bool) -> None:
        super().__init__()
        channels = width // groups
        reductions = (_reduction(channels, reduction, depthwise=depthwise_reduction) for _ in range(groups))
        self.groups = nn.ModuleList(ReducedAttention(channels, heads, reduced) for reduced in reductions)
        self.proj = conv_norm(width, width, 1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        out: Tensor = x_BCHW + self.proj(self.cascade(x_BCHW))
        return out

    def cascade(self, x_BCHW: Tensor) -> Tensor:
        """Outputs of all groups side by side, before the projection: `[B, C, H, W]`."""
        first, *others = zip(self.groups, x_BCHW.chunk(len(self.groups), dim=1), strict=True)
        attend, part_BcHW = first
        outputs = [attend(part_BcHW)]
        for attend, part_BcHW in others:
            outputs.append(attend(part_BcHW + outputs[-1]))
        return torch.cat(outputs, dim=1)


def _reduction(channels: int, reduction: int, *, depthwise: bool) -> nn.Module:
    """`[B, c, H, W]` to `[B, c, H / R, W / R]`; no layer at all where nothing is reduced."""
    if reduction == 1:
        return nn.Identity()
    return nn.Conv2d(channels, channels, reduction, reduction, groups=channels if depthwise else 1)


class ReducedAttention(nn.Module):
    """One group's attention: queries from the full map, keys and values from a reduced one; `[B, c, H, W]` to the same.

    Args:
        reduction: gives the map of the keys and values.
    """

    def __init__(self, channels: int, heads: int, reduction: nn.Module) -> None:
        super().__init__()
        self.heads = heads
        self.sr = reduction
        self.norm_q, self.norm_k, self.norm_v, self.norm_out = (nn.LayerNorm(channels) for _ in range(4))
        self.q, self.k, self.v, self.out = (TokenLinear(channels, channels) for _ in range(4))

    def forward(self, y_BcHW: Tensor) -> Tensor:
        queries_BNc, keys_BKc = _tokens(y_BcHW), _tokens(self.sr(y_BcHW))
        q_BhNd = self._split(self.q(self.norm_q(queries_BNc)))
        k_BhKd = self._split(self.k(self.norm_k(keys_BKc)))
        v_BhKd = self._split(self.v(self.norm_v(keys_BKc)))
        mixed_BhNd = attended(q_BhNd, k_BhKd, v_BhKd, scale=q_BhNd.shape[-1] ** -0.5)
        out_BNc = self.norm_out(self.out(side_by_side(mixed_BhNd)))
        out: Tensor = out_BNc.transpose(1, 2).unflatten(2, y_BcHW.shape[2:])
        return out

    def _split(self, x_BTc: Tensor) -> Tensor:
        """Heads apart: `[B, h, T, d]`."""
        heads_BhTd: Tensor = x_BTc.unflatten(2, (self.heads, -1)).transpose(1, 2)
        return heads_BhTd


def _tokens(x_BcHW: Tensor) -> Tensor:
    """A token for each cell: `[B, H · W, c]`."""
    return x_BcHW.flatten(2).transpose(1, 2)
