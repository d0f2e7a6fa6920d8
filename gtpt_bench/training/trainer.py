"""One training run: model, its moving average, optimiser and data order, stepped until done or asked to stop.

Interrupted and resumed equals uninterrupted, bit for bit on a CPU with the same number of threads and processes. Other
numbers of processes sum in another order and are otherwise the same run: parts of a batch, what is drawn for them and
whose BatchNorm statistics are kept do not depend on who works them off.
Source: spec/training_and_evaluation.md §4.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from itertools import compress
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from gtpt_bench.data.dataset import Crop, PersonCrops
from gtpt_bench.data.loading import keep_to_one_core, loaded, num_loader_workers
from gtpt_bench.errors import Diverged, WeightsError
from gtpt_bench.models import ModelConfig, build_model
from gtpt_bench.models.weights import fill_strictly
from gtpt_bench.training.batches import BatchOrder, Part, Share
from gtpt_bench.training.body_weights import fill_from_body
from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.ema_copy import EmaCopy
from gtpt_bench.training.epoch_clock import EpochClock
from gtpt_bench.training.history import EpochSummary, StepSummary
from gtpt_bench.training.loss_watch import LossWatch
from gtpt_bench.training.objective import objective_of
from gtpt_bench.training.precision import Arithmetic, still_biases
from gtpt_bench.training.randomness import draws_from
from gtpt_bench.training.statistics import norm_buffers, statistics_kept
from gtpt_bench.training.team import ALONE, Team


class Trainer:
    """A run in memory.

    Args:
        crops: training samples, with augmentation if the config has one.
        seed: of initial weights, data order, augmentation and every draw inside a step.
        team: the processes that share the work; each has a Trainer of its own.

    Raises:
        InputError: the keep rates of the model and their warm-up do not go together, or there are more processes than
            a batch has parts.
    """

    def __init__(
        self,
        model_config: ModelConfig,
        config: TrainingConfig,
        crops: PersonCrops,
        *,
        seed: int,
        device: torch.device,
        team: Team = ALONE,
    ) -> None:
        self.objective = objective_of(model_config, config)
        self.objective.check()
        self.config, self.model_config, self.crops = config, model_config, crops
        self.seed, self.device, self.team = seed, device, team
        self.order = BatchOrder(len(crops), config.batch_size, config.micro_batch, seed)
        self.order.check_shared_by(team.size)
        self.model = seeded_model(model_config, seed).to(device).train()
        if config.precision != "float32":
            still_biases(self.model)
        self.network: torch.nn.Module = self.model
        self.ema = EmaCopy(self.model)
        trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.Adam(
            trained, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
        )
        self.arithmetic = Arithmetic(config.precision, device)
        self.watch = LossWatch(config.loss_limit)
        self.step = self.skipped_steps = 0
        self.epoch_losses: list[float] = []
        self.history: list[EpochSummary] = []

    @property
    def steps_per_epoch(self) -> int:
        return self.order.steps_per_epoch

    @property
    def num_steps(self) -> int:
        return self.steps_per_epoch * self.config.epochs

    @property
    def finished(self) -> bool:
        return self.step >= self.num_steps

    def steps(self) -> Iterator[StepSummary]:
        """Train, yielding after each step, until finished; the caller may stop at any step and save the state.

        Raises:
            Diverged: the loss is no longer a number, or has exploded; says in which batch.
            WeightsError: the weights to start from cannot be used.
        """
        if self.step == 0:
            self.begin()
        if not self.finished:
            self.network = self.team.joined(self.model)
        clock = EpochClock()
        for share, batch in zip(self.shares(), clock.timed(loaded(self.loader())), strict=True):
            loss = self.train_step(share.parts_of(batch))
            self.epoch_losses.append(loss)
            clock.images += share.batch_people
            closes_epoch = self.step % self.steps_per_epoch == 0
            if closes_epoch:
                self._close_epoch(clock)
            yield StepSummary(loss, closes_epoch)

    def shares(self) -> Iterator[Share]:
        """What this process does of all batches still to come, over all epochs."""
        return self.order.shares(from_step=self.step, epochs=self.config.epochs, rank=self.team.rank, of=self.team.size)

    def loader(self) -> DataLoader[Crop]:
        """Crops of the shares to come, from workers that live as long as the run."""
        return DataLoader(
            self.crops,
            batch_sampler=(share.keys for share in self.shares()),
            num_workers=num_loader_workers(self.device, num_sharers=self.team.num_sharers),
            worker_init_fn=keep_to_one_core,
            pin_memory=self.device.type == "cuda",
        )

    def begin(self) -> None:
        """What happens once, before the first step of a fresh run; a resumed one has it in its checkpoint."""
        if self.config.init_from_body is None:
            return
        fill_from_body(self.model, self.config.init_from_body)
        # Part tokens that start as joints take the joints of the body model, not the random ones before it.
        from gtpt_bench.models.gtpt.initialisation_net import start_part_tokens

        start_part_tokens(self.model)
        self.ema = EmaCopy(self.model)

    def train_step(self, parts: Sequence[Part]) -> float:
        """One optimiser step and one step of the moving average; the loss of the whole batch before it.

        Args:
            parts: this process's parts of the batch; the other processes have the others.

        Raises:
            Diverged: loss or gradient is no longer a number, or exploded, and no weight has taken it in; or another
                process ended.
        """
        config, schedule = self.config, self.config.schedule
        for group in self.optimizer.param_groups:
            group["lr"] = config.learning_rate * schedule.scale(
                self.step, steps_per_epoch=self.steps_per_epoch, epochs=config.epochs
            )
        self.optimizer.zero_grad(set_to_none=True)
        losses = torch.stack([self._learn(part, is_last=part is parts[-1]) for part in parts]).tolist()
        loss = self.team.total(sum(part.weight * value for part, value in zip(parts, losses, strict=True)))
        if problem := self.watch.problem(loss):
            guilty = [math.isfinite(loss) or not math.isfinite(value) for value in losses]
            raise Diverged(self._failure(problem, list(compress(parts, guilty))))
        try:
            moved = self.arithmetic.step(self.optimizer)
        except FloatingPointError as error:
            raise Diverged(self._failure(str(error), parts)) from error
        self.team.take_over([*norm_buffers(self.model), *norm_buffers(self.ema.model)])
        if moved:
            momentum = config.ema.momentum(self.step, steps_per_epoch=self.steps_per_epoch, epochs=config.epochs)
            self.ema.update(self.model, momentum)
        self.skipped_steps += not moved
        self.step += 1
        return loss

    def _learn(self, part: Part, *, is_last: bool) -> torch.Tensor:
        """Add a part's share to the gradient; its loss. All processes' gradients are summed with their last parts."""
        with ExitStack() as context:
            if part.number > 0:
                context.enter_context(statistics_kept(self.model, self.ema.model))
            if not is_last:
                context.enter_context(self.team.gradients_kept(self.network))
            context.enter_context(self.team.answered())  # the second forward pass asks the others for bucket sizes
            with draws_from(self.seed, self.step, part.number, device=self.device):
                loss = self.loss(part.crops)
            self.arithmetic.backward(loss * (part.weight * self.team.size))
        return loss.detach()

    def loss(self, crops: Crop) -> torch.Tensor:
        """Loss of crops, seen at once, as the config composes it at the present step, a scalar."""
        return self.objective.loss(
            self.network,
            self.ema,
            Crop(*(field.to(self.device, non_blocking=True) for field in crops)),
            epoch=self.step / self.steps_per_epoch,
            autocast=self.arithmetic.autocast,
        )

    def _failure(self, what: str, suspects: Sequence[Part]) -> str:
        epoch, place = divmod(self.step, self.steps_per_epoch)
        found = self.team.gathered([int(index) for part in suspects for index in part.crops.place])
        people = [index for indices in found for index in indices]
        images = dict.fromkeys(self.crops.people[index].image.name for index in people)
        return (
            f"{what} in epoch {epoch + 1}, batch {place + 1} (persons {people} of the training data, in "
            f"{', '.join(images)}); lower training.learning_rate or look at these persons"
        )

    def _close_epoch(self, clock: EpochClock) -> None:
        self.history.append(
            EpochSummary(
                epoch=self.step // self.steps_per_epoch,
                loss=float(np.mean(self.epoch_losses)),
                learning_rate=self.optimizer.param_groups[0]["lr"],
                images_per_s=clock.images_per_s,
                waiting_share=clock.waiting_share,
                skipped_steps=self.skipped_steps,
            )
        )
        self.epoch_losses, self.skipped_steps = [], 0
        clock.restart()

    def state(self) -> dict[str, Any]:
        """Everything a resumed run needs; tensors and plain values only."""
        return {
            "step": self.step,
            "epoch_losses": list(self.epoch_losses),
            "history": [asdict(summary) for summary in self.history],
            "model": self.model.state_dict(),
            "ema": self.ema.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "arithmetic": self.arithmetic.state(),
            "first_loss": self.watch.first,
            "broken_images": [path.name for path in self.crops.broken_images],
            "skipped_steps": self.skipped_steps,
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
        self.arithmetic.restore(state["arithmetic"])
        self.watch.first = state["first_loss"]
        self.crops.remember_broken(state["broken_images"])
        self.step, self.skipped_steps = state["step"], state["skipped_steps"]
        self.epoch_losses = list(state["epoch_losses"])
        self.history = [EpochSummary(**summary) for summary in state["history"]]


def seeded_model(config: ModelConfig, seed: int) -> Any:
    """A freshly initialised network that depends on the seed alone; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_model(config)
