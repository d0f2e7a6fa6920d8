"""Networks of the ConvNeXt tokenizers. Configs and cost: convnext.py."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn

from gtpt_bench.models.blocks.channel_norm import ChannelNorm
from gtpt_bench.models.blocks.convnext import ConvNextBlock, GlobalResponseNorm
from gtpt_bench.models.blocks.start import initialise_convolutions
from gtpt_bench.models.gtpt.tokenizer.convnext import ConvNextBatchNormTokenizer, ConvNextV2Tokenizer


class ConvNext(nn.Module):
    """`[B, 3, H, W]` to `[B, channels, H / 4, W / 4]`; `norm` follows the first convolution."""

    def __init__(self, channels: int, norm: nn.Module, blocks: Iterable[ConvNextBlock]) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, channels, 4, stride=4), norm)
        self.blocks = nn.Sequential(*blocks)
        initialise_convolutions(self)
        self._centre_convolutions()

    def forward(self, images_B3HW: Tensor) -> Tensor:
        features: Tensor = self.blocks(self.first(images_B3HW))
        return features

    def _centre_convolutions(self) -> None:
        """Biases start at 0. A LayerNorm, unlike a BatchNorm, does not take them out, and beside weights of 0.001 the
        framework's default, up to 0.14, would leave the image a twelfth of what passes the norm.
        """
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.bias is not None:
                nn.init.zeros_(module.bias)


def convnext_v2(config: ConvNextV2Tokenizer) -> ConvNext:
    channels, expansion = config.channels, config.expansion
    blocks = (
        ConvNextBlock(
            channels,
            expansion,
            config.kernel,
            norm=ChannelNorm(channels),
            response=GlobalResponseNorm(expansion * channels),
        )
        for _ in range(config.blocks)
    )
    return ConvNext(channels, ChannelNorm(channels), blocks)


def convnext_bn(config: ConvNextBatchNormTokenizer) -> ConvNext:
    channels = config.channels
    blocks = (
        ConvNextBlock(channels, config.expansion, config.kernel, norm=nn.BatchNorm2d(channels), response=nn.Identity())
        for _ in range(config.blocks)
    )
    return ConvNext(channels, nn.BatchNorm2d(channels), blocks)
