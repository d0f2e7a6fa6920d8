"""What is minimised: of a GTPT its passes and what they teach each other, of a peer the loss of its kind of output."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from torch import Tensor, nn

from gtpt_bench.data.dataset import Crop, normalised
from gtpt_bench.data.pixel_grid import GRIDS
from gtpt_bench.errors import InputError
from gtpt_bench.models.catalogue import ModelConfig
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.models.reading import HeatmapReading, SimccReading
from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.ema_copy import EmaCopy
from gtpt_bench.training.guidance import guidance_loss
from gtpt_bench.training.peer_targets import heatmap_loss, integral_loss, regression_loss, simcc_loss
from gtpt_bench.training.step_loss import step_loss
from gtpt_bench.training.token_guidance import watched_attention

Autocast = Callable[[], AbstractContextManager[Any]]


class Objective(ABC):
    """Of one run."""

    @abstractmethod
    def check(self) -> None:
        """Refuse a training config that this model cannot be trained by.

        Raises:
            InputError: in one line.
        """

    @abstractmethod
    def loss(
        self, model: nn.Module, ema: EmaCopy, batch: Crop, *, epoch: float, autocast: Autocast = nullcontext
    ) -> Tensor:
        """Loss of a batch, a scalar: its mean over persons, in float32.

        Args:
            model: in training mode.
            ema: its moving average.
            batch: on the model's device.
            epoch: time since the start of training, in epochs.
            autocast: around the passes, for a lower precision.
        """


class GTPTObjective(Objective):
    """Passes, distillation and guidance: step_loss.py."""

    def __init__(self, model: GTPTConfig, training: TrainingConfig) -> None:
        self.model, self.training = model, training

    def check(self) -> None:
        try:
            self.training.warmup.keep_rates(self.model.pruning.keep_rates, epoch=0)
        except ValueError as error:
            raise InputError(str(error)) from error

    def loss(
        self, model: nn.Module, ema: EmaCopy, batch: Crop, *, epoch: float, autocast: Autocast = nullcontext
    ) -> Tensor:
        return step_loss(
            model, ema, batch, model_config=self.model, config=self.training, epoch=epoch, autocast=autocast
        )


class PeerObjective(Objective):
    """The loss that a kind of output is published with."""

    def __init__(self, model: Any, training: TrainingConfig) -> None:
        self.model, self.training = model, training

    def check(self) -> None:
        """Whatever does not go together has been refused with the plan (study/compatible.py)."""

    def loss(
        self, model: nn.Module, ema: EmaCopy, batch: Crop, *, epoch: float, autocast: Autocast = nullcontext
    ) -> Tensor:
        with autocast():
            output = model(normalised(batch.image))
        return self._loss(output, batch)

    def _loss(self, output: Any, batch: Crop) -> Tensor:
        labels = (batch.keypoints, batch.visibility)
        reading, size = self.model.reading, self.model.input_size
        grid, sigma = GRIDS[self.training.pixel_grid], self.training.sigma_bins
        if isinstance(reading, SimccReading):
            rules = self.training.targets
            return simcc_loss(output, *labels, reading, input_size=size, sigma_bins=sigma, rules=rules, grid=grid)
        if isinstance(reading, HeatmapReading) and reading.peak == "integral":
            return integral_loss(output, *labels, reading, input_size=size, grid=grid)
        if isinstance(reading, HeatmapReading):
            return heatmap_loss(output, *labels, reading, input_size=size, sigma_cells=sigma, grid=grid)
        return regression_loss(output, *labels, reading, input_size=size, sigma_cells=sigma)


class GuidedPeerObjective(PeerObjective):
    """The same, with keypoint tokens told where to look: an aid for short runs, of no published recipe."""

    def loss(
        self, model: nn.Module, ema: EmaCopy, batch: Crop, *, epoch: float, autocast: Autocast = nullcontext
    ) -> Tensor:
        with watched_attention(model, self.model) as seen:
            loss = super().loss(model, ema, batch, epoch=epoch, autocast=autocast)
        guidance = guidance_loss(
            seen[0],
            batch.keypoints,
            batch.visibility,
            sparse=self.model.keypoint_set.sparse,
            grid=self.model.grid_size,
            input_size=self.model.input_size,
        )
        return loss + self.training.attention_guidance * guidance


def objective_of(model: ModelConfig, training: TrainingConfig) -> Objective:
    """What a model is trained by."""
    if isinstance(model, GTPTConfig):
        return GTPTObjective(model, training)
    return (GuidedPeerObjective if training.attention_guidance > 0 else PeerObjective)(model, training)
