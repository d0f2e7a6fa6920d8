"""What holds of a GTPT's training holds of every kind of peer: resuming, averaging, precision, parts of a batch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gtpt_bench.data.people import Person
from gtpt_bench.models.weights import fill_strictly
from gtpt_bench.training.checkpoint import load_checkpoint, save_checkpoint
from gtpt_bench.training.trainer import Trainer
from tests.training.small import assert_same_run, next_batch, peer_trainer, train_until, trained

pytestmark = pytest.mark.usefixtures("one_thread")

KINDS = ("simplebaseline_res50", "transpose_r_a4", "ppt_s", "distilpose_s", "rtmpose_m_coco", "fastpose50_dcn")
"""Heatmaps, dropout, dropped tokens, coordinates, SimCC, integral; most with BatchNorm."""


@pytest.mark.parametrize("name", KINDS)
def test_a_stopped_run_goes_on_bit_for_bit(name: str, people: list[Person], tmp_path: Path) -> None:
    whole = trained(peer_trainer(name, people))
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, train_until(peer_trainer(name, people), 2).state())
    resumed = peer_trainer(name, people)
    resumed.restore(load_checkpoint(path))
    assert_same_run(trained(resumed), whole)


@pytest.mark.parametrize("name", KINDS)
def test_the_moving_average_is_a_network_of_its_own(name: str, people: list[Person]) -> None:
    """It trails behind, statistics of BatchNorm and all, and fills a fresh network without remainder."""
    run = train_until(peer_trainer(name, people), 3)
    averaged, current = run.ema.model.state_dict(), run.model.state_dict()
    moving = [name for name, value in current.items() if value.is_floating_point() and not _frozen(run, name)]
    assert any(not torch.equal(averaged[key], current[key]) for key in moving if "running_mean" in key)
    assert any(not torch.equal(averaged[key], current[key]) for key in moving if key.endswith("weight"))
    fill_strictly(peer_trainer(name, people, seed=1).model, averaged, source="the average")


def _frozen(run: Trainer, name: str) -> bool:
    return any(key == name and not parameter.requires_grad for key, parameter in run.model.named_parameters())


@pytest.mark.parametrize("name", KINDS)
def test_in_bfloat16_the_loss_is_nearly_the_same(name: str, people: list[Person]) -> None:
    losses = []
    for precision in ("float32", "bfloat16"):
        run = peer_trainer(name, people, precision=precision)
        losses.append(run.loss(next_batch(run)))
        assert losses[-1].dtype == torch.float32
    assert losses[1].item() == pytest.approx(losses[0].item(), rel=0.05)


@pytest.mark.parametrize("name", ["tokenpose_s_v1", "vitpose_s", "deeppose_res50"])
def test_a_batch_in_parts_weighs_its_people_alike(name: str, people: list[Person]) -> None:
    """Without BatchNorm or with it, the mean over parts is that over people; only BatchNorm sees fewer at once."""
    whole, parted = (peer_trainer(name, people, batch_size=6, micro_batch=size) for size in (6, 2))
    first, second = (next(run.steps()).loss for run in (whole, parted))
    assert second == pytest.approx(first, rel=0.1)
