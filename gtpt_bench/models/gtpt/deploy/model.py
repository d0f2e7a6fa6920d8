"""GTPT for inference: the same outputs as the trained network, as fast as the machine allows.

What changes and why: README, "The fastest GTPT". Source of the goals: spec/measurement.md §8.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Self, cast

import torch
from torch import Tensor

from gtpt_bench.errors import InputError
from gtpt_bench.models.blocks.encoder_layer import EncoderLayer
from gtpt_bench.models.blocks.pruning.truth import Telling, Truth
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.deploy.fold import fold
from gtpt_bench.models.gtpt.attention_net import MHSA
from gtpt_bench.models.gtpt.deploy.attention import DeployedMHGA, DeployedMHSA
from gtpt_bench.models.gtpt.deploy.group_linear import DeployedGroupFeedForward
from gtpt_bench.models.gtpt.deploy.tokenizer import DeployedTokenizer
from gtpt_bench.models.gtpt.fine_layers.layer_net import FineLayer
from gtpt_bench.models.gtpt.model import GTPT

TOKENIZED_AT_ONCE = 2
"""Images that a CPU cuts in tokens at once: more, and what one layer hands to the next falls off the cache."""

TRANSFORMED_AT_ONCE = 8
"""Images whose tokens a CPU transforms at once."""


class DeployedGTPT(GTPT):
    """A GTPT for inference alone; its modules have the paths of the trained one's.

    `model(images)` gives the `SimccLogits` of the trained network in evaluation mode, up to rounding.
    """

    def __init__(self, trained: GTPT) -> None:
        device = trained.position.device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []), torch.device(device):
            super().__init__(trained.config)
        self.load_state_dict(trained.state_dict())
        self.to(trained.position.dtype).requires_grad_(False)
        super().train(False)
        self.add_module("tokenizer", DeployedTokenizer(self.tokenizer))
        for layer in cast("Iterable[EncoderLayer[MHSA]]", self.coarse.layers):
            deploy_coarse_layer(layer)
        for fine_layer in cast("Iterable[FineLayer]", getattr(self.fine, "layers", ())):
            deploy_fine_layer(fine_layer)
        for path, part in (("split", self.fine), ("head", self)):
            if hasattr(part, path):
                part.add_module(path, fold(getattr(part, path)))
        if device.type == "cpu" and not self.config.pruning.score.needs_truth:
            self.settle()

    def train(self, mode: bool = True) -> Self:
        """Raises:
        InputError: a deployed model cannot be trained.
        """
        if mode:
            raise InputError("a deployed model is for inference; train the model that it was made from")
        return super().train(False)

    def forward(  # type: ignore[override]
        self, images_B3HW: Tensor, truth: Truth | None = None, *, keep_rates: Sequence[float] | None = None
    ) -> SimccLogits:
        """Logits of each keypoint in the data set's order; arguments and errors are the trained model's."""
        schedule = self.schedule if keep_rates is None else self.config.schedule_at(keep_rates)
        if images_B3HW.device.type != "cpu" or torch.compiler.is_compiling():
            return self.transform(self.begin(self.image_tokens(images_B3HW)), schedule, Telling(truth)).logits
        tokens = torch.cat([self.image_tokens(images) for images in images_B3HW.split(TOKENIZED_AT_ONCE)])
        parts = [
            self.transform(self.begin(part), schedule, told).logits
            for part, told in zip(tokens.split(TRANSFORMED_AT_ONCE), told_in_parts(truth), strict=False)
        ]
        return SimccLogits(*(torch.cat(axis) for axis in zip(*parts, strict=True)))

    def settle(self) -> None:
        """Packs all weights by running once, with more images than the tokenizer will ever see again.

        The second because of glibc: it gives blocks back to the kernel, at a page fault for every 4 KiB that are
        needed again, until it has seen one as large; from then on it keeps them. None of its settings are touched.
        """
        size = (2 * TOKENIZED_AT_ONCE, 3, *self.config.input_size)
        images = torch.zeros(size, device=self.position.device, dtype=self.position.dtype)
        with torch.inference_mode():
            self.transform(self.begin(self.image_tokens(images)), self.schedule, Telling())


def told_in_parts(truth: Truth | None) -> Iterable[Telling]:
    """What each part of a batch is told."""
    if truth is None:
        return itertools.repeat(Telling())
    return (Telling(Truth(*part)) for part in zip(*(t.split(TRANSFORMED_AT_ONCE) for t in truth), strict=True))


def deploy_coarse_layer(layer: EncoderLayer[MHSA]) -> None:
    layer.add_module("attention", DeployedMHSA(layer.attention))
    layer.add_module("feed_forward", fold(layer.feed_forward))


def deploy_fine_layer(layer: FineLayer) -> None:
    layer.add_module("attention", DeployedMHGA(layer.attention))
    layer.add_module("feed_forward", DeployedGroupFeedForward(layer.feed_forward))
