"""Attention guidance of TokenPose, PPT and DistilPose: where their keypoint tokens look is what the loss sees."""

from __future__ import annotations

import pytest
import torch

from gtpt_bench.data.people import Person
from gtpt_bench.models import build_model
from gtpt_bench.models.blocks.token_encoder import TokenLayer
from gtpt_bench.training.token_guidance import guided_layer, watched_attention
from tests.training.peers import SHALLOW, small_peer
from tests.training.small import next_batch
from tests.training.test_every_family_trains import trainer

GUIDED = ("tokenpose_s_v1", "ppt_s", "distilpose_s")


def test_the_guided_layer_has_all_image_tokens_before_it() -> None:
    deep = small_peer("ppt_s", depth=12)
    assert guided_layer(deep.changed({"pruning.schedule.shares": {3: 0.7, 6: 0.7}})) == 3
    assert guided_layer(deep.changed({"pruning.schedule.shares": {1: 0.7}})) == 1
    assert guided_layer(deep.changed({"pruning.schedule": {"kind": "of_original"}})) == 3
    assert guided_layer(small_peer("tokenpose_s_v1", depth=1)) == 0


@pytest.mark.parametrize("name", GUIDED)
def test_what_is_watched_is_the_attention_itself(name: str) -> None:
    """The layer's own logits, when it is asked for them."""
    torch.manual_seed(0)
    config = small_peer(name)
    model, attended = build_model(config), []
    attention = next(module for module in model.modules() if isinstance(module, TokenLayer)).attention.fn
    attention.to_qkv.register_forward_pre_hook(lambda module, args: attended.append(args[0]))
    with watched_attention(model, config) as seen:
        model(torch.randn(2, 3, *config.input_size))
    _, own = attention.with_logits(attended[0], config.num_keypoints)
    torch.testing.assert_close(seen[0].logits, own[..., config.num_keypoints :])
    assert seen[0].logits.shape == (2, config.heads, config.num_keypoints, config.num_image_tokens)
    assert seen[0].rows == tuple(range(17))


@pytest.mark.parametrize("name", GUIDED)
def test_guidance_teaches_where_to_look(name: str, people: list[Person]) -> None:
    """Its share of the loss falls, and the network is as it was without it."""
    plain, guided = (trainer(name, people, attention_guidance=weight) for weight in (0.0, 1.0))
    batch = next_batch(plain)
    assert plain.model.state_dict().keys() == guided.model.state_dict().keys()
    without, first = plain.loss(batch).item(), guided.loss(batch).item()
    assert first > without + 1
    losses = [step.loss for step in guided.steps()]
    assert losses[0] == pytest.approx(first)
    assert losses[-1] < losses[0]


def test_other_families_have_no_keypoint_tokens_to_guide() -> None:
    assert {name for name in SHALLOW if hasattr(small_peer(name), "image_tokens_left")} == set(GUIDED)
