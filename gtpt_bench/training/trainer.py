"""One training run: model, its moving average, optimiser and data order, stepped until done or asked to stop.

Interrupted and resumed equals uninterrupted, bit for bit on a CPU with the same number of threads.
Source: spec/training_and_evaluation.md §4.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from gtpt_bench.data.dataset import Crop, PersonCrops, SampleKey
from gtpt_bench.efficiency.device import num_cores
from gtpt_bench.errors import InputError, RunFailed, WeightsError
from gtpt_bench.models import ModelConfig, build_model
from gtpt_bench.models.weights import fill_strictly
from gtpt_bench.training.body_weights import fill_from_body
from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.ema_copy import EmaCopy
from gtpt_bench.training.randomness import draws_from
from gtpt_bench.training.step_loss import step_loss

if TYPE_CHECKING:
    from gtpt_bench.models.gtpt.model import GTPT

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StepSummary:
    """One optimiser step: its loss, and whether it was the last of its epoch."""

    loss: float
    closes_epoch: bool


@dataclass(frozen=True)
class EpochSummary:
    """One line of a run's history; the loss is the mean over the epoch's batches, epochs count from 1."""

    epoch: int
    loss: float
    learning_rate: float
    images_per_s: float


class Trainer:
    """A run in memory.

    Args:
        crops: training samples, with augmentation if the config has one.
        seed: of initial weights, data order, augmentation and every draw inside a step.

    Raises:
        InputError: the keep rates of the model and their warm-up do not go together.
    """

    def __init__(
        self,
        model_config: ModelConfig,
        config: TrainingConfig,
        crops: PersonCrops,
        *,
        seed: int,
        device: torch.device,
    ) -> None:
        try:
            config.warmup.keep_rates(model_config.pruning.keep_rates, epoch=0)
        except ValueError as error:
            raise InputError(str(error)) from error
        self.config, self.model_config, self.crops = config, model_config, crops
        self.seed, self.device = seed, device
        self.model = seeded_model(model_config, seed).to(device).train()
        self.ema = EmaCopy(self.model)
        trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.Adam(trained, lr=config.learning_rate, fused=True)
        self.step = 0
        self.epoch_losses: list[float] = []
        self.history: list[EpochSummary] = []

    @property
    def steps_per_epoch(self) -> int:
        return math.ceil(len(self.crops) / self.config.batch_size)

    @property
    def num_steps(self) -> int:
        return self.steps_per_epoch * self.config.epochs

    @property
    def finished(self) -> bool:
        return self.step >= self.num_steps

    def steps(self) -> Iterator[StepSummary]:
        """Train, yielding after each step, until finished; the caller may stop at any step and save the state.

        Raises:
            RunFailed: the loss is no longer a number; says in which batch.
            WeightsError: the weights to start from cannot be used.
        """
        if self.step == 0:
            self.begin()
        loader = DataLoader(self.crops, batch_sampler=BatchKeys(self), num_workers=num_loader_workers(self.device))
        started, images = time.perf_counter(), 0
        for batch in loader:
            loss = self.train_step(batch)
            self.epoch_losses.append(loss)
            images += len(batch.place)
            closes_epoch = self.step % self.steps_per_epoch == 0
            if closes_epoch:
                self._close_epoch(images / (time.perf_counter() - started))
                started, images = time.perf_counter(), 0
            yield StepSummary(loss, closes_epoch)

    def begin(self) -> None:
        """What happens once, before the first step of a fresh run; a resumed one has it in its checkpoint."""
        if self.config.init_from_body is None:
            return
        fill_from_body(self.model, self.config.init_from_body)
        # Part tokens that start as joints take the joints of the body model, not the random ones before it.
        from gtpt_bench.models.gtpt.initialisation_net import start_part_tokens

        start_part_tokens(self.model)
        self.ema = EmaCopy(self.model)

    def train_step(self, batch: Crop) -> float:
        """One optimiser step and one step of the moving average; the loss before it."""
        config, schedule = self.config, self.config.schedule
        for group in self.optimizer.param_groups:
            group["lr"] = config.learning_rate * schedule.scale(
                self.step, steps_per_epoch=self.steps_per_epoch, epochs=config.epochs
            )
        with draws_from(self.seed, self.step, device=self.device):
            loss = self.loss(batch)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise RunFailed(self._not_a_number(value, batch))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        momentum = config.ema.momentum(self.step, steps_per_epoch=self.steps_per_epoch)
        self.ema.update(self.model, momentum)
        self.step += 1
        return value

    def loss(self, batch: Crop) -> torch.Tensor:
        """Loss of a batch as the config composes it at the present step, a scalar."""
        return step_loss(
            self.model,
            self.ema,
            Crop(*(part.to(self.device) for part in batch)),
            model_config=self.model_config,
            config=self.config,
            epoch=self.step / self.steps_per_epoch,
        )

    def _not_a_number(self, value: float, batch: Crop) -> str:
        epoch, place = divmod(self.step, self.steps_per_epoch)
        people = [int(index) for index in batch.place]
        return (
            f"the loss is {value} in epoch {epoch + 1}, batch {place + 1} "
            f"(persons {people[:4]}… of the training data); lower training.learning_rate or look at these persons"
        )

    def _close_epoch(self, images_per_s: float) -> None:
        loss, self.epoch_losses = float(np.mean(self.epoch_losses)), []
        rate = self.optimizer.param_groups[0]["lr"]
        self.history.append(EpochSummary(self.step // self.steps_per_epoch, loss, rate, images_per_s))

    def state(self) -> dict[str, Any]:
        """Everything a resumed run needs; tensors and plain values only."""
        return {
            "step": self.step,
            "epoch_losses": list(self.epoch_losses),
            "history": [asdict(summary) for summary in self.history],
            "model": self.model.state_dict(),
            "ema": self.ema.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken.

        Raises:
            WeightsError: a part is missing, or it is the state of another model.
        """
        missing = [key for key in self.state() if key not in state]
        if missing:
            raise WeightsError(f"the checkpoint is incomplete: it lacks {', '.join(missing)}")
        fill_strictly(self.model, state["model"], source="the checkpoint")
        fill_strictly(self.ema.model, state["ema"], source="the checkpoint's moving average")
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.epoch_losses = state["step"], list(state["epoch_losses"])
        self.history = [EpochSummary(**summary) for summary in state["history"]]


class BatchKeys:
    """Keys of all batches still to come, over all epochs; each epoch in an order of its own from (seed, epoch)."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer

    def __iter__(self) -> Iterator[list[SampleKey]]:
        run = self.trainer
        first_epoch, done = divmod(run.step, run.steps_per_epoch)
        for epoch in range(first_epoch, run.config.epochs):
            order = np.random.default_rng([run.seed, epoch]).permutation(len(run.crops))
            batches = np.split(order, range(run.config.batch_size, len(order), run.config.batch_size))
            for batch in batches[done if epoch == first_epoch else 0 :]:
                yield [SampleKey(epoch, int(person)) for person in batch]

    def __len__(self) -> int:
        return self.trainer.num_steps - self.trainer.step


def num_loader_workers(device: torch.device) -> int:
    """Processes that make crops: none on a CPU, where they would take the cores that train."""
    return 0 if device.type == "cpu" else max(1, min(8, num_cores() - 1))


def seeded_model(config: ModelConfig, seed: int) -> GTPT:
    """A freshly initialised network that depends on the seed alone; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_model(config)
