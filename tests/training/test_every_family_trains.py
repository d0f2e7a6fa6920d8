"""Three steps of each family of peers, reduced in width and depth: the loss falls and every part learns."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from gtpt_bench.data.people import Person
from gtpt_bench.models import list_models, model_config
from gtpt_bench.training.peer_recipes import RECIPES
from gtpt_bench.training.trainer import Trainer
from tests.training.peers import SHALLOW, small_peer
from tests.training.small import NUM_PEOPLE, next_batch, peer_trainer

pytestmark = pytest.mark.usefixtures("one_thread")

STEPS = 3


def trainer(name: str, people: list[Person], **recipe: Any) -> Trainer:
    """On the same crops in each step, so that the loss has every reason to fall."""
    own = {"epochs": STEPS, "batch_size": NUM_PEOPLE, "augmentation": None}
    return peer_trainer(name, people, **own, **recipe)


def test_all_families_are_here() -> None:
    families = {model_config(name).family for name in list_models()} - {"gtpt"}
    assert {small_peer(name).family for name in SHALLOW} == families
    assert families == RECIPES.keys()


@pytest.mark.parametrize("name", SHALLOW)
def test_the_loss_falls(name: str, people: list[Person]) -> None:
    losses = [step.loss for step in trainer(name, people).steps()]
    assert len(losses) == STEPS
    assert all(torch.tensor(losses).isfinite())
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", SHALLOW)
def test_gradients_reach_all_that_can_be_trained(name: str, people: list[Person]) -> None:
    """Of ViTPose+, experts and heads of the other data sets wait for theirs."""
    run = trainer(name, people)
    run.loss(next_batch(run)).backward()
    idle = {key for key, p in run.model.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())}
    assert idle == {key for key in idle if "associate_keypoint_heads" in key or ".experts." in key}
    assert not any(".experts.0." in key for key in idle)
