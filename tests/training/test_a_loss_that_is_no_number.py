"""A run whose loss is no longer a number, or has exploded, stops at once and names the batch."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from gtpt_bench.data.people import Person
from gtpt_bench.errors import RunFailed
from gtpt_bench.training.loss_watch import LossWatch
from tests.training.small import RECIPE, STEPS_PER_EPOCH, small_trainer, train_until, trained


def test_too_large_a_learning_rate_ends_in_one_line_that_names_epoch_batch_and_people(people: list[Person]) -> None:
    run = small_trainer(people, recipe=RECIPE.changed({"learning_rate": 1e30}))
    with pytest.raises(RunFailed) as caught:
        trained(run)
    message = str(caught.value)
    assert "\n" not in message
    assert f"epoch 1, batch {run.step + 1} " in message
    assert "learning_rate" in message
    assert caught.value.exit_code == 1


def test_the_person_behind_it_is_named_and_no_weight_has_seen_it(people: list[Person]) -> None:
    """One label that is no number, in the batch that holds its person; the state before that batch is sound."""
    broken = [replace(people[0], visibility=np.full_like(people[0].visibility, np.nan)), *people[1:]]
    run = small_trainer(broken, recipe=RECIPE.changed({"augmentation": None, "batch_size": 1}))
    with pytest.raises(RunFailed, match=r"persons \[0\]") as caught:
        trained(run)
    assert f"batch {run.step + 1} " in str(caught.value)
    assert all(value.isfinite().all() for value in run.model.parameters())
    assert all(value.isfinite().all() for value in run.ema.model.parameters())


def test_the_same_recipe_at_a_sound_rate_goes_through(people: list[Person]) -> None:
    run = train_until(small_trainer(people), STEPS_PER_EPOCH)
    assert all(torch.isfinite(torch.tensor(summary.loss)) for summary in run.history)
    assert len(run.history) == 1


def test_a_loss_that_explodes_ends_the_run_before_any_weight_has_seen_it(people: list[Person]) -> None:
    """A person labelled a hundred times over, in a batch of its own that is not the first."""
    loud = replace(people[0], visibility=100 * people[0].visibility)
    run = small_trainer(
        [loud, *people[1:]], recipe=RECIPE.changed({"augmentation": None, "batch_size": 1, "loss_limit": 20})
    )
    with pytest.raises(
        RunFailed, match=r"the loss has exploded to .*persons \[0\] of the training data, in "
    ) as caught:
        trained(run)
    assert 0 < run.step < len(people)
    assert f"epoch 1, batch {run.step + 1} " in str(caught.value)
    assert people[0].image.name in str(caught.value)


def test_what_the_loss_was_at_first_is_remembered_over_a_stop(people: list[Person]) -> None:
    begun = train_until(small_trainer(people), 1)
    continued = small_trainer(people)
    continued.restore(begun.state())
    assert continued.watch.first == begun.watch.first == begun.epoch_losses[0]


@pytest.mark.parametrize(
    ("losses", "problem"),
    [
        ((1, 2, 99), ""),
        ((1, 101), "exploded to 101, from 1"),
        ((1, math.inf), "inf"),
        ((0, 0.3, 2), ""),  # nobody in the first batch has a label
        ((0, 1, 101), "exploded to 101, from 1"),
    ],
)
def test_only_a_loss_far_above_the_first_one_counts_as_exploded(losses: tuple[float, ...], problem: str) -> None:
    watch = LossWatch(limit=100)
    *before, last = map(watch.problem, losses)
    assert not any(before)
    assert problem in last
    assert bool(problem) == bool(last)
