"""The smallest run that has every part of a real one: a four-stage GTPT, augmented crops of noise, a few steps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.data.dataset import Crop, PersonCrops
from gtpt_bench.data.people import Person
from gtpt_bench.keypoints import COCO
from gtpt_bench.models import ModelConfig, model_config
from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.ema import ShortEma
from gtpt_bench.training.history import EpochSummary
from gtpt_bench.training.peer_recipes import PEER_QUICK
from gtpt_bench.training.schedule import CosineDecay
from gtpt_bench.training.trainer import Trainer
from tests.training.peers import small_peer

SMALL_CHANGES: dict[str, Any] = {
    "input_size": [64, 48],
    "patch_size": [4, 3],
    "width": 16,
    "heads": 2,
    "ffn_ratio": 1,
    "stage_depths": [1, 2, 1, 1],
    "pruning.keep_rates": [1, 0.7, 0.3, 0.1],
    "tokenizer": {"kind": "shuffle", "first_channels": 8, "channels": 8, "blocks": 2},
}
"""Of a tiny model: 16 image tokens, about 15 000 parameters, a step in some ten milliseconds."""

NUM_PEOPLE = 7
EPOCHS = 3
STEPS_PER_EPOCH = 3
RECIPE = TrainingConfig(
    epochs=EPOCHS,
    batch_size=3,
    learning_rate=2e-3,
    schedule=CosineDecay(),
    ema=ShortEma(),
    attention_guidance=0.1,
    augmentation=Augmentation(),
)


def small_model(**changes: Any) -> ModelConfig:
    return model_config("gtpt_tiny_coco", SMALL_CHANGES | changes)


def noise_people(folder: Path) -> list[Person]:
    """People at known places in pictures of noise, written to `folder`; the last one batch short."""
    rng, people = np.random.default_rng(0), []
    for number in range(NUM_PEOPLE):
        path = folder / f"{number}.png"
        cv2.imwrite(str(path), rng.integers(0, 256, (80, 60, 3), dtype=np.uint8))
        people.append(
            Person(
                image_id=number,
                image=path,
                box=np.asarray([5, 5, 45, 60], np.float32),
                score=1.0,
                keypoints=rng.uniform(8, 48, (len(COCO), 2)).astype(np.float32),
                visibility=(rng.random(len(COCO)) > 0.2).astype(np.float32),
            )
        )
    return people


def small_trainer(people: list[Person], *, seed: int = 0, recipe: TrainingConfig = RECIPE, **changes: Any) -> Trainer:
    """A run on `people` that has not begun; `changes` are the model's."""
    return _trainer(small_model(**changes), recipe, people, seed)


def peer_trainer(name: str, people: list[Person], *, seed: int = 0, **recipe: Any) -> Trainer:
    """The same of a peer made small (peers.py): three epochs on `people`."""
    training = PEER_QUICK.changed({"epochs": EPOCHS, "batch_size": 3, **recipe})
    return _trainer(small_peer(name), training, people, seed)


def _trainer(model: ModelConfig, recipe: TrainingConfig, people: list[Person], seed: int) -> Trainer:
    crops = PersonCrops(
        people,
        input_size=model.input_size,
        keypoints=model.keypoint_set,
        augmentation=recipe.augmentation,
        seed=seed,
        memory_bytes=2**20,
    )
    return Trainer(model, recipe, crops, seed=seed, device=torch.device("cpu"))


def train_until(trainer: Trainer, step: int) -> Trainer:
    """Train on until `step` steps are done in all, as a caller does that then stops."""
    if trainer.step < step:
        for _ in trainer.steps():
            if trainer.step >= step:
                break
    return trainer


def trained(trainer: Trainer) -> Trainer:
    return train_until(trainer, trainer.num_steps)


def next_batch(trainer: Trainer) -> Crop:
    """The batch that the run would train on next."""
    batch: Crop = next(iter(trainer.loader()))
    return batch


def timeless(history: list[EpochSummary]) -> list[EpochSummary]:
    return [replace(summary, images_per_s=0, waiting_share=0) for summary in history]


def assert_same_run(one: Trainer, other: Trainer) -> None:
    """Weights, statistics, moving average, optimiser and history, to the bit."""
    assert one.step == other.step
    assert timeless(one.history) == timeless(other.history)
    for mine, theirs in ((one.model, other.model), (one.ema.model, other.ema.model)):
        ours, others = mine.state_dict(), theirs.state_dict()
        assert ours.keys() == others.keys()
        assert [name for name in ours if not torch.equal(ours[name], others[name])] == []
    moments, others_moments = (run.optimizer.state_dict()["state"] for run in (one, other))
    assert moments.keys() == others_moments.keys()
    for place, values in moments.items():
        assert all(torch.equal(values[name], others_moments[place][name]) for name in values)
