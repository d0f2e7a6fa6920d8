"""Dropout, drop path, Gumbel noise and random scores: drawn from (seed, step), so that a run can go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from gtpt_bench.data.people import Person
from gtpt_bench.training.batches import whole
from gtpt_bench.training.checkpoint import load_checkpoint, save_checkpoint
from gtpt_bench.training.randomness import draws_from
from gtpt_bench.training.trainer import Trainer
from tests.training.small import assert_same_run, next_batch, small_trainer, train_until, trained

CPU = torch.device("cpu")

DRAWING: dict[str, dict[str, Any]] = {
    "dropout": {"fine_layers.ffn_dropout": 0.3},
    "drop path": {"fine_layers.ffn_drop_path": 0.3},
    "Gumbel noise": {"pruning.selection": {"kind": "gumbel_topk"}},
    "random scores": {"pruning.score": {"kind": "random"}},
}
"""Models that draw while they are trained."""


def drawn(*numbers: int) -> Tensor:
    with draws_from(*numbers, device=CPU):
        return torch.rand(4)


def test_the_same_numbers_give_the_same_draws_and_others_others() -> None:
    assert torch.equal(drawn(3, 7), drawn(3, 7))
    draws = [drawn(*numbers) for numbers in ((3, 7), (7, 3), (3, 8), (4, 7))]
    assert len({tuple(draw.tolist()) for draw in draws}) == 4


def test_the_global_generator_is_left_as_it_was_also_after_an_error() -> None:
    before = torch.get_rng_state()
    drawn(0)
    with pytest.raises(RuntimeError), draws_from(0, device=CPU):
        torch.rand(2) @ torch.rand(3)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_draws_on_a_gpu_follow_from_the_numbers_and_leave_its_generator_as_it_was() -> None:
    cuda = torch.device("cuda")
    before = torch.cuda.get_rng_state()
    draws = []
    for _ in range(2):
        with draws_from(5, device=cuda):
            draws.append(torch.rand(4, device=cuda))
    assert torch.equal(*draws)
    assert torch.equal(torch.cuda.get_rng_state(), before)


@pytest.mark.parametrize("changes", DRAWING.values(), ids=DRAWING.keys())
def test_a_model_that_draws_is_continued_as_if_it_had_never_stopped(
    changes: dict[str, Any], people: list[Person], tmp_path: Path
) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, train_until(small_trainer(people, **changes), 4).state())
    torch.rand(5)  # whatever else has happened in the process
    continued = small_trainer(people, **changes)
    continued.restore(load_checkpoint(path))
    assert_same_run(trained(continued), trained(small_trainer(people, **changes)))


@pytest.mark.parametrize("changes", DRAWING.values(), ids=DRAWING.keys())
def test_each_step_and_each_seed_draws_anew(changes: dict[str, Any], people: list[Person]) -> None:
    """One batch and the same weights, seen at two steps and by two seeds."""

    def loss(seed: int, step: int) -> float:
        run = train_until(small_trainer(people, **changes), 1)
        batch = next_batch(run)
        run.seed, run.step = seed, step
        return run.train_step(whole(batch))

    assert loss(0, 1) == loss(0, 1)
    assert len({loss(seed, step) for seed, step in ((0, 1), (0, 2), (1, 1))}) == 3


def test_training_leaves_the_global_generator_to_others(people: list[Person]) -> None:
    run = small_trainer(people, **DRAWING["dropout"])
    batch, before = next_batch(run), torch.get_rng_state()
    run.train_step(whole(batch))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_model_that_draws_nothing_is_trained_as_without_seeds(people: list[Person], uninterrupted: Trainer) -> None:
    """The loss of its first batch, with the global generator anywhere."""
    torch.rand(3)
    run = small_trainer(people)
    losses = {float(run.loss(next_batch(run)).detach()) for _ in range(2)}
    assert losses == {run.train_step(whole(next_batch(run)))}
