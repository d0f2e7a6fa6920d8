"""Network of TokenPose. Config and presets: tokenpose.py."""

from __future__ import annotations

from torch import Tensor, nn

from gtpt_bench.models.blocks.linear import TokenLinear
from gtpt_bench.models.blocks.pruning.truth import Truth
from gtpt_bench.models.peers.input_size import check_images
from gtpt_bench.models.peers.token_config import TokenConfig
from gtpt_bench.models.peers.token_net import TokenNet, TokensOnStem, feature_net
from gtpt_bench.models.peers.trunks import Stem
from gtpt_bench.models.sizes import Size


class TokenPose(nn.Module):
    """Images `[B, 3, H, W]` to heatmaps `[B, K, H / 4, W / 4]`.

    On HRNet's stem everything is named `features.`; on HRNet itself the CNN is `pre_feature.` and the rest
    `transformer.`.
    """

    def __init__(self, config: TokenConfig) -> None:
        super().__init__()
        self.config = config
        head = heatmap_head(config.width, config.heatmap_size)
        if isinstance(config.trunk, Stem):
            self.features = TokensOnStem(config, config.trunk, head)
        else:
            self.pre_feature = feature_net(config.trunk)
            self.transformer = TokenNet(config, head)

    def forward(self, images_B3HW: Tensor, truth: Truth | None = None) -> Tensor:
        """Args:
            truth: where the keypoints are, for the oracle score.

        Raises:
            InputError: the images are not of the size that the model was made for.
        """
        check_images(images_B3HW.shape, self.config.input_size)
        if isinstance(self.config.trunk, Stem):
            flat: Tensor = self.features(images_B3HW, truth)
        else:
            flat = self.transformer(self.pre_feature(images_B3HW), truth)
        maps: Tensor = flat.unflatten(-1, self.config.heatmap_size)
        return maps


def heatmap_head(width: int, heatmap: Size) -> nn.Sequential:
    """Keypoint tokens `[B, K, D]` to the cells of a heatmap, `[B, K, h · w]`.

    Over a hidden layer of an eighth of the heatmap where that is at least twice as wide as a token, else at once. All
    maps start near 0, as nearly all of a target is.
    """
    hidden = heatmap.area // 8
    last = TokenLinear(hidden if width <= hidden / 2 else width, heatmap.area)
    nn.init.normal_(last.weight, std=0.001)
    nn.init.zeros_(last.bias)
    if width > hidden / 2:
        return nn.Sequential(nn.LayerNorm(width), last)
    return nn.Sequential(nn.LayerNorm(width), TokenLinear(width, hidden), nn.LayerNorm(hidden), last)
