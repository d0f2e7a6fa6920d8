"""Training that starts from a body model's weights: what fits is taken, the rest stays random."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from gtpt_bench.data.people import Person
from gtpt_bench.errors import WeightsError
from gtpt_bench.models import build_model, model_config
from gtpt_bench.training.body_weights import fill_from_body
from gtpt_bench.training.checkpoint import load_checkpoint, save_checkpoint
from gtpt_bench.training.init_from_body import InitFromBody
from gtpt_bench.training.trainer import Trainer, seeded_model
from tests.models.parity import FIXTURES, official_state
from tests.training.small import RECIPE, assert_same_run, small_model, small_trainer, train_until, trained

WHOLEBODY = model_config("gtpt_tiny_wholebody")
SIZE = ("input_size", "patch_size", "tokenizer")
BODY = model_config("gtpt_tiny_coco", WHOLEBODY.model_dump(mode="json", include=set(SIZE)))
"""The same network for 17 keypoints; by itself the tiny one has another input and tokenizer."""
OF_OTHER_KEYPOINTS = {"tokens.part_tokens", "tokens.dense_tokens.embedding"}


@pytest.fixture(scope="module")
def body_state() -> Mapping[str, Tensor]:
    """Weights of a trained body model; what matters is that they are nobody else's."""
    return seeded_model(BODY, 7).state_dict()


@pytest.fixture
def checkpoint(body_state: Mapping[str, Tensor], tmp_path: Path) -> Path:
    """A checkpoint of this project; only its moving average is asked for."""
    path = tmp_path / "body.pt"
    save_checkpoint(path, {"step": 3, "ema": dict(body_state), "model": {}})
    return path


def same(model: torch.nn.Module, state: Mapping[str, Tensor]) -> set[str]:
    own = model.state_dict()
    return {name for name in own if name in state and torch.equal(own[name], state[name])}


def test_trunk_and_head_are_taken_and_tokens_of_other_parts_stay(
    checkpoint: Path, body_state: Mapping[str, Tensor], caplog: pytest.LogCaptureFixture
) -> None:
    model = seeded_model(WHOLEBODY, 0)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with caplog.at_level(logging.INFO):
        taken = fill_from_body(model, InitFromBody(weights=str(checkpoint)))
    assert same(model, body_state) == set(before) - OF_OTHER_KEYPOINTS
    assert same(model, before) >= OF_OTHER_KEYPOINTS
    assert taken == len(before) - 2
    assert f"{taken} of its {taken} tensors taken, 2 of the model's stay" in caplog.text


def test_what_has_another_shape_stays_too(checkpoint: Path, body_state: Mapping[str, Tensor]) -> None:
    """Another split ratio is another number of bins: heads stay random, and the trunk is taken."""
    model = seeded_model(WHOLEBODY.changed({"split_ratio": 3}), 0)
    fill_from_body(model, InitFromBody(weights=str(checkpoint)))
    stayed = set(model.state_dict()) - same(model, body_state)
    assert stayed > OF_OTHER_KEYPOINTS
    assert {name.split(".")[0] for name in stayed - OF_OTHER_KEYPOINTS} == {"head"}


def test_the_average_in_an_official_file_is_taken(tmp_path: Path) -> None:
    """GTPT-T for COCO as released, with both copies under the authors' names, into GTPT-T for WholeBody."""
    released = np.load(FIXTURES / "gtpt_t_coco.npz")
    model = seeded_model(model_config("gtpt_t_wholebody"), 0)
    state = official_state(released["keys"], released["shapes"], model.position)
    torch.save(state, tmp_path / "gtpt_t.pth")
    taken = fill_from_body(model, InitFromBody(weights=str(tmp_path / "gtpt_t.pth")))
    assert taken == len(model.state_dict()) - 2
    key = "features.transformer.layers.2.0.fn.fn.to_qkv.weight"
    own = model.state_dict()["coarse.layers.2.attention.qkv.weight"]
    assert torch.equal(own, state[f"ema_{key}"])
    assert not torch.equal(own, state[key])


def refusal(weights: Path, *, sha256: str = "", **changes: Any) -> str:
    model = build_model(model_config("gtpt_tiny_wholebody", changes))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(WeightsError) as caught:
        fill_from_body(model, InitFromBody(weights=str(weights), sha256=sha256))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    message = str(caught.value)
    assert "\n" not in message
    assert str(weights) in message
    return message


def test_a_trunk_of_another_width_is_refused(checkpoint: Path) -> None:
    assert "does not fit the model's coarse encoder" in refusal(checkpoint, width=2 * WHOLEBODY.width)


def test_a_trunk_with_too_few_layers_is_refused(checkpoint: Path) -> None:
    deeper = [depth + 1 for depth in WHOLEBODY.stage_depths]
    assert "found nothing" in refusal(checkpoint, stage_depths=deeper)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "nowhere.pth")


def test_a_file_of_another_project_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.pth"
    torch.save({"backbone.weight": torch.zeros(3)}, path)
    assert "unexpected: backbone.weight" in refusal(path)


def test_a_checkpoint_without_its_average_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "body.pt"
    save_checkpoint(path, {"step": 3})
    assert "lacks ema" in refusal(path)


def test_a_file_with_another_digest_is_refused_and_both_digests_are_said(checkpoint: Path) -> None:
    found, expected = hashlib.sha256(checkpoint.read_bytes()).hexdigest(), "0" * 64
    message = refusal(checkpoint, sha256=expected)
    assert found in message
    assert expected in message


def test_a_file_with_its_own_digest_is_taken(checkpoint: Path) -> None:
    digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert fill_from_body(build_model(WHOLEBODY), InitFromBody(weights=str(checkpoint), sha256=digest)) > 0


@pytest.mark.parametrize("digest", ["abc", "G" * 64, "A" * 64])
def test_a_digest_that_can_be_none_is_refused_at_once(digest: str) -> None:
    with pytest.raises(ValidationError):
        InitFromBody(weights="body.pth", sha256=digest)


# In a run


@pytest.fixture
def small_body(tmp_path: Path) -> Path:
    path = tmp_path / "small.pt"
    save_checkpoint(path, {"ema": seeded_model(small_model(), 7).state_dict()})
    return path


def started(people: list[Person], weights: Path, **changes: Any) -> Trainer:
    return small_trainer(people, recipe=RECIPE.changed({"init_from_body": {"weights": str(weights)}}), **changes)


def test_the_average_begins_where_the_run_begins(people: list[Person], small_body: Path) -> None:
    run = started(people, small_body)
    run.begin()
    state = load_checkpoint(small_body)["ema"]
    assert same(run.model, state) == same(run.ema.model, state) == set(state)


def test_a_run_trains_the_weights_that_it_began_with(people: list[Person], small_body: Path) -> None:
    """Its first loss is that of the loaded weights, not that of random ones."""
    run = started(people, small_body)
    first = next(iter(run.steps())).loss
    loaded = small_trainer(people)
    loaded.model.load_state_dict(load_checkpoint(small_body)["ema"])
    assert first == next(iter(loaded.steps())).loss
    assert first != next(iter(small_trainer(people).steps())).loss


def test_a_resumed_run_does_not_ask_for_the_body_again(people: list[Person], small_body: Path) -> None:
    whole, state = trained(started(people, small_body)), train_until(started(people, small_body), 4).state()
    small_body.unlink()
    resumed = started(people, small_body)
    resumed.restore(state)
    assert_same_run(trained(resumed), whole)


def test_a_run_stopped_before_its_first_step_still_starts_from_the_body(people: list[Person], small_body: Path) -> None:
    resumed = started(people, small_body)
    resumed.restore(started(people, small_body).state())
    assert_same_run(trained(resumed), trained(started(people, small_body)))


def test_part_tokens_that_start_as_joints_take_the_joints_of_the_body(
    people: list[Person], checkpoint: Path, body_state: Mapping[str, Tensor]
) -> None:
    """Not those that the model drew at first; the face hangs on the nose."""
    recipe = RECIPE.changed({"init_from_body": {"weights": str(checkpoint)}})
    config = model_config("gtpt_tiny_wholebody", {"initialisation.part_tokens": "joints"})
    run = Trainer(config, recipe, small_trainer(people).crops, seed=0, device=torch.device("cpu"))
    run.begin()
    for model in (run.model, run.ema.model):
        assert torch.equal(model.state_dict()["tokens.part_tokens"][:, 0], body_state["tokens.body_tokens"][:, 0])


def test_a_run_that_cannot_start_says_so_before_its_first_step(people: list[Person], tmp_path: Path) -> None:
    run = started(people, tmp_path / "nowhere.pth")
    with pytest.raises(WeightsError, match="does not exist"):
        trained(run)
    assert run.step == 0
