"""bfloat16 and float16: close to float32, safe for the scores, and exact about steps that overflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from gtpt_bench.data.dataset import normalised
from gtpt_bench.data.people import Person
from gtpt_bench.errors import RunFailed
from gtpt_bench.models.blocks.pruning.score.softmax_pool import softmax_pool
from gtpt_bench.training.batches import whole
from gtpt_bench.training.checkpoint import load_checkpoint, save_checkpoint
from gtpt_bench.training.trainer import Trainer
from tests.training.small import RECIPE, assert_same_run, next_batch, small_trainer, train_until, trained

HALF = ("bfloat16", "float16")


def run_in(precision: str, people: list[Person], **changes: Any) -> Trainer:
    return small_trainer(people, recipe=RECIPE.changed({"precision": precision}), **changes)


def brief_run(people: list[Person], precision: str = "float16") -> Trainer:
    """One epoch: float16 is slow on most processors."""
    return small_trainer(people, recipe=RECIPE.changed({"precision": precision, "epochs": 1}))


def with_factor(run: Trainer, factor: float) -> Trainer:
    """A run whose loss is scaled up by so much at first."""
    run.arithmetic.scaler.load_state_dict(run.arithmetic.scaler.state_dict() | {"scale": factor})
    return run


def overflowing(run: Trainer) -> Trainer:
    """A run whose next gradient overflows: its factor is as large as float32 allows."""
    return with_factor(run, 3e38)


@pytest.mark.parametrize("precision", HALF)
def test_image_tokens_and_loss_are_close_to_those_of_float32(precision: str, people: list[Person]) -> None:
    """Of one batch and fresh weights; without pruning, as rounding may choose other tokens.

    Biases before a BatchNorm, which differ, change nothing in training: float32 has them here.
    """
    dense = {"pruning.keep_rates": [1, 1, 1, 1]}
    run, plain = run_in(precision, people, **dense), run_in("float32", people, **dense)
    batch = next_batch(run)
    with run.arithmetic.autocast():
        tokens = run.model.image_tokens(normalised(batch.image)).float()
    expected = plain.model.image_tokens(normalised(batch.image))
    assert (tokens - expected).norm() < 0.1 * expected.norm()
    losses = [float(each.loss(batch).detach()) for each in (run, plain)]
    assert losses[0] == pytest.approx(losses[1], rel=0.01)
    assert losses[0] != losses[1]


def test_biases_before_a_batch_norm_stay_0_in_half_precision_alone(people: list[Person]) -> None:
    """They would take the bits of the features, which start hundreds of times smaller."""
    run, plain = (train_until(run_in(precision, people), 1) for precision in ("bfloat16", "float32"))
    name = "tokenizer.features.first.0.bias"
    assert float(run.model.state_dict()[name].abs().max()) == float(run.ema.model.state_dict()[name].abs().max()) == 0
    assert float(plain.model.state_dict()[name].abs().max()) > 0.01


@pytest.mark.parametrize("precision", HALF)
def test_weights_average_and_optimiser_stay_in_float32(precision: str, people: list[Person]) -> None:
    run = train_until(run_in(precision, people), 1)
    states = [*run.model.state_dict().values(), *run.ema.model.state_dict().values()]
    states += [value for moments in run.optimizer.state_dict()["state"].values() for value in moments.values()]
    assert {value.dtype for value in states if value.is_floating_point()} == {torch.float32}
    assert run.loss(next_batch(run)).dtype == torch.float32


@pytest.mark.parametrize(
    "changes",
    [
        {"pruning.dropped": {"kind": "merged"}},
        {"pruning.dropped": {"kind": "fused"}},
        {"pruning.score": {"kind": "attention_mean"}},
        {"pruning.score": {"kind": "feature_norm"}},
        {"pruning.selection": {"kind": "gumbel_topk"}},
        {"fine_layers.ffn_drop_path": 0.3},
        {"tokenizer": {"kind": "convnext_bn", "channels": 8}},
    ],
    ids=str,
)
def test_other_parts_train_in_half_precision_too(changes: dict[str, Any], people: list[Person]) -> None:
    run = train_until(run_in("bfloat16", people, **changes), 1)
    assert run.step == 1
    assert all(parameter.isfinite().all() for parameter in run.model.parameters())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_scores_are_float32_and_finite_up_to_the_largest_logits(dtype: torch.dtype) -> None:
    """Quirk 12 of the architecture: the authors' -1e5 is no float16 and made scores NaN; there is none here."""
    logits = torch.tensor([[[[6e4, -6e4, 0.0], [-6e4, 6e4, 1.0]]]]).to(dtype)
    scores = softmax_pool(logits)
    assert scores.dtype == torch.float32
    assert scores.isfinite().all()
    assert scores.topk(1, dim=1).indices.item() in (0, 1)


def test_a_step_that_overflows_changes_nothing_but_the_factor_and_the_place_in_the_data(people: list[Person]) -> None:
    run = overflowing(run_in("float16", people))
    before = {name: value.clone() for name, value in run.model.named_parameters()}
    average = {name: value.clone() for name, value in run.ema.model.named_parameters()}
    run.train_step(whole(next_batch(run)))
    assert (run.step, run.skipped_steps) == (1, 1)
    assert all(torch.equal(value, before[name]) for name, value in run.model.named_parameters())
    assert all(torch.equal(value, average[name]) for name, value in run.ema.model.named_parameters())
    assert all(float(moments["step"]) == 0 for moments in run.optimizer.state_dict()["state"].values())
    assert run.arithmetic.scaler.get_scale() == pytest.approx(1.5e38)


def test_the_schedule_goes_on_over_a_skipped_step_and_the_history_counts_it(people: list[Person]) -> None:
    run, plain = overflowing(brief_run(people)), brief_run(people, precision="float32")
    rates, expected = ([each.optimizer.param_groups[0]["lr"] for _ in each.steps()] for each in (run, plain))
    assert rates == expected
    assert sum(summary.skipped_steps for summary in run.history) > 0
    assert [summary.skipped_steps for summary in plain.history] == [0]


def test_a_float16_run_goes_on_with_its_factor(people: list[Person], tmp_path: Path) -> None:
    stopped = train_until(overflowing(brief_run(people)), 2)
    assert stopped.skipped_steps > 0
    save_checkpoint(tmp_path / "checkpoint.pt", stopped.state())
    continued = brief_run(people)
    continued.restore(load_checkpoint(tmp_path / "checkpoint.pt"))
    assert continued.arithmetic.scaler.get_scale() == stopped.arithmetic.scaler.get_scale()
    assert_same_run(trained(continued), trained(overflowing(brief_run(people))))


def broken_gradient(run: Trainer) -> Trainer:
    """A run whose loss is finite and whose gradient is not."""
    weight = next(parameter for parameter in run.model.parameters() if parameter.requires_grad)
    weight.register_hook(lambda gradient: gradient * float("nan"))
    return run


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_gradient_that_is_no_number_ends_the_run_before_a_weight_has_seen_it(
    precision: str, people: list[Person]
) -> None:
    run = broken_gradient(run_in(precision, people))
    with pytest.raises(RunFailed, match=r"the gradient is not finite in epoch 1, batch 1 \(persons \[") as caught:
        trained(run)
    assert "\n" not in str(caught.value)
    assert all(value.isfinite().all() for value in run.model.parameters())
    assert run.step == 0


def test_a_float16_gradient_that_no_factor_helps_ends_the_run(people: list[Person]) -> None:
    run = broken_gradient(with_factor(brief_run(people), 2.0))
    with pytest.raises(RunFailed, match="overflows float16, however small"):
        trained(run)
    assert all(value.isfinite().all() for value in run.model.parameters())
