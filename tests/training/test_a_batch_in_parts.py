"""Gradient accumulation: a batch in parts teaches what the whole batch teaches, apart from BatchNorm."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gtpt_bench.data.dataset import Crop
from gtpt_bench.data.people import Person
from gtpt_bench.training.batches import Part, whole
from gtpt_bench.training.checkpoint import load_checkpoint, save_checkpoint
from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.statistics import norm_buffers
from gtpt_bench.training.trainer import Trainer
from tests.training.small import RECIPE, assert_same_run, next_batch, small_trainer, train_until, trained

NO_BATCH_NORM = {"tokenizer": {"kind": "linear"}}
IN_PARTS = RECIPE.changed({"batch_size": 5, "micro_batch": 2})


def halves(batch: Crop, first: int) -> list[Part]:
    size = len(batch.place)
    cut = [Crop(*(field[piece] for field in batch)) for piece in (slice(first), slice(first, None))]
    return [Part(number, len(crops.place) / size, crops) for number, crops in enumerate(cut)]


def gradients(run: Trainer, parts: list[Part]) -> dict[str, torch.Tensor]:
    run.train_step(parts)
    return {name: p.grad for name, p in run.model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("first", [1, 2, 3])
def test_without_batch_norm_parts_of_any_size_give_the_gradient_of_the_whole_batch(
    first: int, people: list[Person]
) -> None:
    recipe = RECIPE.changed({"batch_size": 5})
    runs = [small_trainer(people, recipe=recipe, **NO_BATCH_NORM) for _ in range(2)]
    batch = next_batch(runs[0])
    one, two = gradients(runs[0], whole(batch)), gradients(runs[1], halves(batch, first))
    assert one.keys() == two.keys()
    for name, gradient in one.items():
        torch.testing.assert_close(two[name], gradient, rtol=1e-4, atol=1e-7, msg=name)


def test_the_loss_of_a_batch_is_the_mean_over_its_persons(people: list[Person]) -> None:
    run = small_trainer(people, recipe=IN_PARTS, **NO_BATCH_NORM)
    batch = next_batch(run)
    loss = float(run.loss(batch).detach())
    assert run.train_step(halves(batch, 2)) == pytest.approx(loss, rel=1e-5)


def test_batch_norm_keeps_the_statistics_of_the_first_part(people: list[Person]) -> None:
    """As the authors' program, which keeps those of its first GPU."""
    both, first_only = (small_trainer(people, recipe=IN_PARTS) for _ in range(2))
    batch = next_batch(both)
    both.train_step(halves(batch, 3))
    first_only.train_step(halves(batch, 3)[:1])
    kept, expected = norm_buffers(both.model), norm_buffers(first_only.model)
    assert len(kept) > 3
    assert all(torch.equal(one, other) for one, other in zip(kept, expected, strict=True))
    assert not torch.equal(kept[0], norm_buffers(small_trainer(people).model)[0])


def test_a_run_in_parts_is_stopped_and_goes_on_bit_for_bit(people: list[Person], tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "checkpoint.pt", train_until(small_trainer(people, recipe=IN_PARTS), 3).state())
    continued = small_trainer(people, recipe=IN_PARTS)
    continued.restore(load_checkpoint(tmp_path / "checkpoint.pt"))
    assert_same_run(trained(continued), trained(small_trainer(people, recipe=IN_PARTS)))


def test_a_batch_that_fits_is_seen_at_once(people: list[Person], uninterrupted: Trainer) -> None:
    """A limit that is not reached changes nothing."""
    run = trained(small_trainer(people, recipe=RECIPE.changed({"micro_batch": 3})))
    assert_same_run(run, uninterrupted)


def test_the_paper_sees_64_images_at_once() -> None:
    assert (TrainingConfig().batch_size, TrainingConfig().micro_batch) == (256, 64)
