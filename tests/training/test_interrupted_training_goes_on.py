"""A run that was stopped and continued is the run that was not, bit for bit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gtpt_bench.data.people import Person
from gtpt_bench.training.checkpoint import load_checkpoint, save_checkpoint
from gtpt_bench.training.trainer import Trainer
from tests.training.small import EPOCHS, STEPS_PER_EPOCH, assert_same_run, small_trainer, train_until, trained

BEFORE_THE_FIRST_STEP, IN_AN_EPOCH, BETWEEN_EPOCHS, AFTER_THE_LAST = 0, 4, 6, 9


def through_a_file(trainer: Trainer, people: list[Person], path: Path) -> Trainer:
    """The run as another process finds it."""
    save_checkpoint(path, trainer.state())
    restored = small_trainer(people)
    restored.restore(load_checkpoint(path))
    return restored


@pytest.mark.parametrize("stop", [BEFORE_THE_FIRST_STEP, IN_AN_EPOCH, BETWEEN_EPOCHS, AFTER_THE_LAST])
def test_stopped_once_and_continued_from_its_file(
    stop: int, uninterrupted: Trainer, people: list[Person], tmp_path: Path
) -> None:
    stopped = train_until(small_trainer(people), stop)
    assert stopped.step == stop
    continued = trained(through_a_file(stopped, people, tmp_path / "checkpoint.pt"))
    assert_same_run(continued, uninterrupted)


def test_stopped_after_every_step(uninterrupted: Trainer, people: list[Person], tmp_path: Path) -> None:
    run = small_trainer(people)
    for step in range(1, run.num_steps + 1):
        run = through_a_file(train_until(run, step), people, tmp_path / "checkpoint.pt")
    assert_same_run(run, uninterrupted)


def test_what_else_draws_random_numbers_in_the_process_has_no_say(uninterrupted: Trainer, people: list[Person]) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(123)
        run = small_trainer(people)
        for _ in run.steps():
            torch.rand(3)
        assert_same_run(run, uninterrupted)


def test_history_has_a_line_an_epoch_with_the_mean_loss_of_its_batches(people: list[Person]) -> None:
    run = small_trainer(people)
    losses = [step.loss for step in run.steps()]
    assert [summary.epoch for summary in run.history] == list(range(1, EPOCHS + 1))
    for epoch, summary in enumerate(run.history):
        batches = losses[epoch * STEPS_PER_EPOCH : (epoch + 1) * STEPS_PER_EPOCH]
        assert summary.loss == pytest.approx(sum(batches) / STEPS_PER_EPOCH)
        assert summary.images_per_s > 0


def test_steps_say_when_they_close_an_epoch(people: list[Person]) -> None:
    closing = [step.closes_epoch for step in small_trainer(people).steps()]
    assert closing == [False, False, True] * EPOCHS


def test_a_finished_run_does_nothing_more(uninterrupted: Trainer, people: list[Person], tmp_path: Path) -> None:
    again = through_a_file(uninterrupted, people, tmp_path / "checkpoint.pt")
    assert again.finished
    assert list(again.steps()) == []
    assert_same_run(again, uninterrupted)
