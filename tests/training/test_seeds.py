"""What a seed decides: initial weights, order of the data, augmentation. The same seed gives the same run."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gtpt_bench.data.dataset import Crop
from gtpt_bench.data.people import Person
from gtpt_bench.training.batches import Part
from gtpt_bench.training.trainer import Trainer, seeded_model
from tests.training.small import EPOCHS, NUM_PEOPLE, RECIPE, STEPS_PER_EPOCH, small_model, small_trainer, trained


class Watched(Trainer):
    """A run that remembers the batches it saw and learns nothing from them."""

    seen: list[Crop]

    def train_step(self, parts: Sequence[Part]) -> float:
        (part,) = parts
        self.seen.append(part.crops)
        self.step += 1
        return 0.0


def batches(people: list[Person], seed: int) -> list[Crop]:
    run = small_trainer(people, seed=seed)
    watched = Watched(run.model_config, run.config, run.crops, seed=seed, device=run.device)
    watched.seen = []
    for _ in watched.steps():
        pass
    return watched.seen


def places(batches: list[Crop]) -> list[list[int]]:
    return [batch.place.tolist() for batch in batches]


def flat(model: nn.Module) -> Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def test_the_same_seed_gives_the_same_run(uninterrupted: Trainer, people: list[Person]) -> None:
    again = trained(small_trainer(people, seed=0))
    assert torch.equal(flat(again.model), flat(uninterrupted.model))
    assert torch.equal(flat(again.ema.model), flat(uninterrupted.ema.model))
    assert [s.loss for s in again.history] == [s.loss for s in uninterrupted.history]


def test_another_seed_gives_another_run(uninterrupted: Trainer, people: list[Person]) -> None:
    other = trained(small_trainer(people, seed=1))
    assert not torch.equal(flat(other.model), flat(uninterrupted.model))
    assert [s.loss for s in other.history] != [s.loss for s in uninterrupted.history]


def test_initial_weights_follow_from_the_seed_alone() -> None:
    config = small_model()
    assert torch.equal(flat(seeded_model(config, 3)), flat(seeded_model(config, 3)))
    assert not torch.equal(flat(seeded_model(config, 3)), flat(seeded_model(config, 4)))


def test_a_seeded_model_leaves_the_global_generator_as_it_was() -> None:
    before = torch.get_rng_state()
    seeded_model(small_model(), 0)
    assert torch.equal(torch.get_rng_state(), before)


def test_every_epoch_sees_every_person_once_and_keeps_the_last_short_batch(people: list[Person]) -> None:
    seen = places(batches(people, seed=0))
    assert len(seen) == EPOCHS * STEPS_PER_EPOCH
    for epoch in range(EPOCHS):
        of_epoch = seen[epoch * STEPS_PER_EPOCH : (epoch + 1) * STEPS_PER_EPOCH]
        assert sorted(place for batch in of_epoch for place in batch) == list(range(NUM_PEOPLE))
        assert [len(batch) for batch in of_epoch] == [RECIPE.batch_size, RECIPE.batch_size, 1]


def test_the_order_changes_from_epoch_to_epoch_and_from_seed_to_seed(people: list[Person]) -> None:
    first, other = (places(batches(people, seed)) for seed in (0, 1))
    epochs = [first[start : start + STEPS_PER_EPOCH] for start in range(0, len(first), STEPS_PER_EPOCH)]
    assert epochs[0] != epochs[1]
    assert first != other


def test_crops_of_a_person_change_from_epoch_to_epoch(people: list[Person]) -> None:
    crops = [
        image
        for batch in batches(people, seed=0)
        for place, image in zip(batch.place, batch.image, strict=True)
        if place == 0
    ]
    assert len(crops) == EPOCHS
    assert not torch.equal(crops[0], crops[1])
    assert not torch.equal(crops[1], crops[2])
