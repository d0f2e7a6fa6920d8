"""The GTPT network: tokenizer, coarse encoder, split and fine layers (or none), head.

Source: spec/gtpt.md §2 (overview), §11 (training and evaluation forward).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from gtpt_bench.errors import InputError
from gtpt_bench.models.blocks.pruning.image_tokens import ImageTokens
from gtpt_bench.models.blocks.pruning.truth import Telling, Truth
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.blocks.sine_table import sine_position
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.gtpt.encoder_net import CoarseEncoder, CoarseState, asking_scopes
from gtpt_bench.models.gtpt.fine_net import GroupedEnd, UngroupedEnd
from gtpt_bench.models.gtpt.initialisation_net import initialise
from gtpt_bench.models.gtpt.schedule import TokenSchedule, num_common_layers
from gtpt_bench.models.gtpt.tokenizer.patches import PatchEmbedding

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.deploy.model import DeployedGTPT


class TokenAttention(NamedTuple):
    """Who looks where in the last coarse layer of a pass.

    Attributes:
        logits: of the Q keypoint tokens on the N image tokens, `[B, H, Q, N]`.
        grid_index: places of the image tokens in the grid of patches, row-major, `[B or 1, N]`; −1 for a fused one.
        rows: for each sparse keypoint, in order, the row of the token that stands for it.
    """

    logits: Tensor
    grid_index: Tensor
    rows: tuple[int, ...]


class PassOutput(NamedTuple):
    """What one pass gives: logits, the keypoint tokens they come from `[B, J, D]`, and in training the attention."""

    logits: SimccLogits
    keypoints: Tensor
    attention: TokenAttention | None


class TrainingLogits(NamedTuple):
    """Both passes of a training step; `full` is None where there is no second pass.

    Attributes:
        attention: of the full pass, or of the pruned one if it is the only one.
        keypoints: tokens of the pruned pass that enter the head, `[B, J, D]`.
    """

    pruned: SimccLogits
    full: SimccLogits | None
    attention: TokenAttention | None = None
    keypoints: Tensor | None = None


class Tokenizer(nn.Sequential):
    """Images `[B, 3, H, W]` to image tokens `[B, N, D]`, without position embedding."""

    def __init__(self, config: GTPTConfig) -> None:
        super().__init__()
        tokenizer = config.tokenizer
        self.features = tokenizer.build()
        self.patches = PatchEmbedding(tokenizer.channels, config.patch_size, config.width, tokenizer.patch_norm)


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
        self.unpruned_schedule = config.unpruned_schedule
        self.tokenizer = Tokenizer(config)
        self.position = nn.Parameter(sine_position(config.grid_size, config.width), requires_grad=False)
        self.grid_index: Tensor
        self.register_buffer("grid_index", torch.arange(config.num_image_tokens)[None], persistent=False)
        self.tokens = config.introduction.build(config.keypoint_set, config.width, dense_at_split=bool(config.groups))
        self.coarse = CoarseEncoder(config)
        self.fine = GroupedEnd(config) if config.groups else UngroupedEnd(config)
        self.head = config.head.build(config.width, config.input_size, config.split_ratio)
        scopes = asking_scopes(config)
        self.asking_rows = tuple(
            next(row for row, scope in enumerate(scopes) if keypoint in scope)
            for keypoint in config.keypoint_set.sparse
        )
        initialise(self)

    def forward(
        self,
        images_B3HW: Tensor,
        truth: Truth | None = None,
        *,
        keep_rates: Sequence[float] | None = None,
        full_pass: bool = True,
    ) -> SimccLogits | TrainingLogits:
        """Logits of each keypoint in the data set's order.

        Args:
            truth: where the keypoints are, for the oracle score.
            keep_rates: of the pruned pass, instead of the configured ones; one a stage or a layer.
            full_pass: False: training has no second pass. There is none anyway where the first prunes nothing, or
                nothing that the second would not.

        Raises:
            InputError: the images are not of the size that the model was made for.
        """
        start = self.begin(self.image_tokens(images_B3HW))
        schedule = self.schedule if keep_rates is None else self.config.schedule_at(keep_rates)
        if not self.training:
            return self.transform(start, schedule, Telling(truth)).logits
        if not full_pass or schedule in (self.full_schedule, self.unpruned_schedule):
            pruned = self.transform(start, schedule, Telling(truth))
            return TrainingLogits(pruned.logits, None, pruned.attention, pruned.keypoints)
        common = num_common_layers(schedule, self.full_schedule)
        shared = self.coarse(start, self.tokens, schedule.coarse, Telling(), layers=range(common))
        pruned = self.transform(shared, schedule, Telling(truth), after=common)
        full = self.transform(shared, self.full_schedule, Telling(truth, explores=False), after=common)
        return TrainingLogits(pruned.logits, full.logits, full.attention, pruned.keypoints)

    def deploy(self) -> DeployedGTPT:
        """An inference form with the same outputs and module paths, on the same device; this network stays as it is."""
        from gtpt_bench.models.gtpt.deploy.model import DeployedGTPT

        return DeployedGTPT(self)

    def unpruned_pass(self, images_B3HW: Tensor) -> PassOutput:
        """One pass that prunes nothing, in whatever mode the model is: what a moving average teaches by."""
        start = self.begin(self.image_tokens(images_B3HW))
        return self.transform(start, self.unpruned_schedule, Telling(explores=False))

    def image_tokens(self, images_B3HW: Tensor) -> Tensor:
        if tuple(images_B3HW.shape[1:]) != (3, *self.config.input_size):
            raise InputError(
                f"the model takes images [B, 3, {self.config.input_size.height}, "
                f"{self.config.input_size.width}], got {list(images_B3HW.shape)}"
            )
        tokens: Tensor = self.tokenizer(images_B3HW)
        return tokens

    def begin(self, image_BND: Tensor) -> CoarseState:
        """Image tokens with their positions and the first keypoint tokens, before the first layer."""
        counts = self.config.pruning.dropped.counts_tokens
        image = ImageTokens(
            image_BND + self.position,
            self.position,
            self.grid_index,
            size=torch.ones_like(self.grid_index, dtype=torch.float32) if counts else None,
        )
        return self.coarse.begin(image, self.tokens)

    def transform(self, state: CoarseState, schedule: TokenSchedule, told: Telling, *, after: int = 0) -> PassOutput:
        """The rest of a pass of the transformer at the schedule's token counts.

        Args:
            after: coarse layers that `state` has been through.
        """
        layers = range(after, len(schedule.coarse))
        coarse = self.coarse.end(self.coarse(state, self.tokens, schedule.coarse, told, layers=layers))
        keypoints = self.fine(coarse, self.coarse, self.tokens, schedule, told)
        attention = None
        if self.training:
            assert coarse.asked is not None, "in training mode the layer before the split is always asked"
            logits, index = coarse.asked
            attention = TokenAttention(logits[..., logits.shape[2] :], index, self.asking_rows)
        return PassOutput(self.head(keypoints), keypoints, attention)
