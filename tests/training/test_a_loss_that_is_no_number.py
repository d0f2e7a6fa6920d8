"""A run whose loss is no longer a number stops at once and names the batch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from gtpt_bench.data.people import Person
from gtpt_bench.errors import RunFailed
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
