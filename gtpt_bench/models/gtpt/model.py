"""The GTPT network: tokenizer, coarse encoder, split, fine encoder, SimCC head.

Source: spec/gtpt.md §2 (overview), §11 (training and evaluation forward), §12 (initialisation).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from gtpt_bench.errors import InputError
from gtpt_bench.models.blocks.simcc_head import SimccHead, SimccLogits
from gtpt_bench.models.gtpt.attention_net import Attention
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.gtpt.encoder_net import CoarseEncoder, FineEncoder
from gtpt_bench.models.gtpt.grouping import body_parts, output_order
from gtpt_bench.models.gtpt.schedule import GroupTokens, TokenSchedule
from gtpt_bench.models.gtpt.split_net import ChannelGateNet, Split
from gtpt_bench.models.gtpt.tokenizer.patches import PatchEmbedding, sine_position


class TrainingLogits(NamedTuple):
    """Both passes of a training step; `full` is None where the pruned pass already keeps every token.

    `attention` are the logits of the sparse tokens on all image tokens, row-major over their grid, in the last coarse
    layer of the pass that keeps every token: `[B, H, K, N]`.
    """

    pruned: SimccLogits
    full: SimccLogits | None
    attention: Tensor | None = None


class Tokenizer(nn.Sequential):
    """Images `[B, 3, H, W]` to image tokens `[B, N, D]`, without position embedding."""

    def __init__(self, config: GTPTConfig) -> None:
        super().__init__()
        self.features = config.tokenizer.build()
        self.patches = PatchEmbedding(config.tokenizer.channels, config.patch_size, config.width)


class GTPT(nn.Module):
    """Group-based token pruning transformer with one copy of the weights.

    `model(images)` with images `[B, 3, H, W]`, normalised, gives `SimccLogits` in evaluation mode and
    `TrainingLogits` in training mode, where the tokenizer runs once and the transformer at the configured keep
    rates and at full ones.
    """

    def __init__(self, config: GTPTConfig) -> None:
        super().__init__()
        self.config = config
        self.schedule, self.full_schedule = config.schedule, config.full_schedule
        width, groups = config.width, config.groups
        sizes = {"width": width, "heads": config.heads, "hidden": config.ffn_ratio * width}
        self.tokenizer = Tokenizer(config)
        self.position = nn.Parameter(sine_position(config.grid_size, width), requires_grad=False)
        self.tokens = config.introduction.build(config.keypoint_set, width)
        self.coarse = CoarseEncoder(config.num_coarse_layers, **sizes)
        gate = ChannelGateNet(width, width // config.channel_gate.reduction, len(groups))
        self.split = Split(groups, len(body_parts(config.keypoint_set)), gate)
        self.fine = FineEncoder(config.num_fine_layers, len(groups), **sizes)
        self.head = SimccHead(width, config.input_size, config.split_ratio)
        self.output_order: Tensor
        self.register_buffer("output_order", torch.tensor(output_order(groups)), persistent=False)
        initialise(self)

    def forward(self, images_B3HW: Tensor) -> SimccLogits | TrainingLogits:
        """Logits of each keypoint in the data set's order.

        Raises:
            InputError: the images are not of the size that the model was made for.
        """
        if tuple(images_B3HW.shape[1:]) != (3, *self.config.input_size):
            raise InputError(
                f"the model takes images [B, 3, {self.config.input_size.height}, "
                f"{self.config.input_size.width}], got {list(images_B3HW.shape)}"
            )
        image_BND = self.tokenizer(images_B3HW)
        pruned, attention = self.transform(image_BND, self.schedule)
        if not self.training:
            return pruned
        if self.full_schedule == self.schedule:
            return TrainingLogits(pruned, None, attention)
        return TrainingLogits(pruned, *self.transform(image_BND, self.full_schedule))

    def transform(self, image_BND: Tensor, schedule: TokenSchedule) -> tuple[SimccLogits, Tensor]:
        """One pass of the transformer over the image tokens at the schedule's token counts.

        Returns:
            Logits of all keypoints, and those of the sparse tokens on the image tokens in the last coarse layer.
        """
        coarse = self.coarse(image_BND, self.position, self.tokens, schedule.coarse)
        fine = self.split(coarse, self.tokens, schedule.fine[0].attention)
        out = self.fine(fine, schedule.fine)
        logits: SimccLogits = self.head(self.keypoint_tokens(out, schedule.fine[-1].feed_forward))
        return logits, coarse.logits[:, :, self.split.num_parts :]

    def keypoint_tokens(self, x_BTD: Tensor, groups: tuple[GroupTokens, ...]) -> Tensor:
        """Sparse and dense tokens of all groups in the data set's order, `[B, J, D]`."""
        pieces = x_BTD.split([group.queries for group in groups], dim=1)
        keypoints = [piece[:, : group.keypoints + group.dense] for piece, group in zip(pieces, groups, strict=True)]
        return torch.cat(keypoints, dim=1)[:, self.output_order]


def initialise(model: GTPT) -> None:
    """Start from scratch as the config says (spec/gtpt.md §12): linear layers begin with the framework's default.

    Convolutions are the tokenizer's, which starts them itself.
    """
    start = model.config.initialisation
    for parameter in model.tokens.parameters():
        nn.init.trunc_normal_(parameter, std=start.token_std)
    for module in model.modules():
        if isinstance(module, Attention):
            with torch.no_grad():
                module.qkv.weight[: 2 * model.config.width] *= start.query_key_gain
