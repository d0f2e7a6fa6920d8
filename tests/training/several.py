"""A team of real processes for tests: `python -m tests.training.several FOLDER RANK SIZE PORT` is one of them.

Each does its tasks in order and leaves what it found in FOLDER/<task>-<rank>.pt. The people are in people.pickle there.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gtpt_bench.data.dataset import PersonCrops
from gtpt_bench.data.people import Person
from gtpt_bench.errors import RunFailed, TeamBroken
from gtpt_bench.evaluation.predict import predict_poses
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.models import build_model
from gtpt_bench.training.checkpoint import load_checkpoint, save_checkpoint
from gtpt_bench.training.meeting import first_store, local_team, others_store
from gtpt_bench.training.team import Several, Team
from gtpt_bench.training.trainer import Trainer
from tests.training.small import RECIPE, small_model, small_trainer, train_until

RECIPE_OF_TWO = RECIPE.changed({"batch_size": 3, "micro_batch": 2, "epochs": 7})
"""Batches of 3, 3 and 1: two parts of unequal size, and a last one for the first process alone."""
NUM_STEPS = 21
DRAWING = {"fine_layers.ffn_dropout": 0.3}
ROOT = Path(__file__).resolve().parents[2]


def trainer_of(people: list[Person], team: Team, **changes: Any) -> Trainer:
    alone = small_trainer(people, recipe=RECIPE_OF_TWO, **changes)
    return Trainer(alone.model_config, alone.config, alone.crops, seed=0, device=alone.device, team=team)


def first_gradients(people: list[Person], team: Team) -> dict[str, torch.Tensor]:
    run = train_until(trainer_of(people, team), 1)
    return {name: p.grad for name, p in run.model.named_parameters() if p.grad is not None}


def losses(people: list[Person], team: Team) -> list[float]:
    return [step.loss for step in trainer_of(people, team, **DRAWING).steps()]


def whole_run(people: list[Person], team: Team) -> dict[str, Any]:
    return train_until(trainer_of(people, team), NUM_STEPS).state()


def resumed_run(people: list[Person], team: Team, folder: Path) -> dict[str, Any]:
    """Stopped in the middle of an epoch, by the second process; the first has written the checkpoint."""
    stopped = trainer_of(people, team)
    for _ in stopped.steps():
        if team.any(team.rank == team.size - 1 and stopped.step >= 5):
            break
    if team.is_first:
        save_checkpoint(folder / "checkpoint.pt", stopped.state())
    assert team.from_first(stopped.step) == stopped.step == 5
    continued = trainer_of(people, team)
    continued.restore(load_checkpoint(folder / "checkpoint.pt"))
    return train_until(continued, NUM_STEPS).state()


def broken_label(people: list[Person], team: Team) -> str:
    """What a process says about a label that is no number, wherever its person is worked off."""
    broken = [*people[:-1], replace(people[-1], visibility=np.full_like(people[-1].visibility, np.nan))]
    try:
        train_until(trainer_of(broken, team), NUM_STEPS)
    except RunFailed as error:
        return str(error)
    return ""


def poses(people: list[Person], team: Team) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints with confidences, and how many persons were done after each round."""
    config, done = small_model(**DRAWING, **{"pruning.score": {"kind": "random"}}), []
    torch.manual_seed(0)
    found = predict_poses(
        build_model(config).eval(),
        PersonCrops(people, input_size=config.input_size, keypoints=config.keypoint_set),
        Protocol(),
        reading=config.reading,
        batch_size=2,
        device=torch.device("cpu"),
        on_batch=lambda at, total: done.append(at),
        team=team,
    )
    return found.keypoints, np.array(done)


def left_alone(people: list[Person], team: Several) -> str:
    """What the first process says when the last one dies after the first step.

    Then the next forward pass needs it already: DistributedDataParallel agrees there once on its buckets.
    """
    run = trainer_of(people, team)
    try:
        for _ in run.steps():
            if run.step == 1 and team.rank == team.size - 1:
                os._exit(9)
    except TeamBroken as error:
        return str(error)
    return ""


def tasks(people: list[Person], folder: Path) -> dict[str, Callable[[Several], Any]]:
    return {
        "poses": lambda team: poses(people, team),
        "gradients": lambda team: first_gradients(people, team),
        "losses": lambda team: losses(people, team),
        "whole run": lambda team: whole_run(people, team),
        "resumed run": lambda team: resumed_run(people, team, folder),
        "broken label": lambda team: broken_label(people, team),
        "left alone": lambda team: left_alone(people, team),
    }


def work(folder: Path, rank: int, size: int, port: int, chosen: list[str]) -> None:
    torch.set_num_threads(1)
    people = pickle.loads((folder / "people.pickle").read_bytes())
    todo = tasks(people, folder)
    with local_team(rank, size, others_store(port, size)) as team:
        for name in chosen:
            torch.save(todo[name](team), folder / f"{name}-{rank}.pt")


def together(people: list[Person], folder: Path, *, size: int, chosen: list[str]) -> dict[str, list[Any]]:
    """What each of `size` processes found in each task, in the order of their ranks."""
    (folder / "people.pickle").write_bytes(pickle.dumps(people))
    store = first_store(size)
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.training.several", folder, str(rank), str(size), str(store.port), *chosen],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(size)
    ]
    errors = [process.communicate(timeout=100)[1] for process in started]
    found = {name: sorted(folder.glob(f"{name}-*.pt")) for name in chosen}
    assert all(found.values()), "\n".join(errors)
    return {name: [torch.load(path, weights_only=False) for path in paths] for name, paths in found.items()}


if __name__ == "__main__":
    at, (own, of, at_port) = Path(sys.argv[1]), map(int, sys.argv[2:5])
    work(at, own, of, at_port, sys.argv[5:])
