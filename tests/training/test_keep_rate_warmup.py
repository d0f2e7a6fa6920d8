"""Keep rates that fall from 1 to their final values while training. Spec: ablations.md §3.5 and §3.6."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gtpt_bench.data.people import Person
from gtpt_bench.errors import InputError
from gtpt_bench.models.gtpt.kept import watch_kept_tokens
from gtpt_bench.models.gtpt.model import GTPT
from gtpt_bench.training.checkpoint import load_checkpoint, save_checkpoint
from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.warmup import LinearWarmup, NoWarmup
from tests.training.small import EPOCHS, RECIPE, assert_same_run, next_batch, small_trainer, train_until, trained

R0379 = (1.0, 0.7, 0.3, 0.1)
GEOMETRIC = (1.0, 0.7, 0.49, 0.343)
AUTHORS = LinearWarmup()
EVERY = (1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(("epoch", "rho"), [(0, 1), (10, 1), (55, 0.85), (100, 0.7), (299.9, 0.7)])
def test_the_authors_rho_is_1_until_epoch_10_and_falls_linearly_to_07_at_epoch_100(epoch: float, rho: float) -> None:
    assert AUTHORS.rho(epoch) == pytest.approx(rho, abs=1e-12)


@given(epoch=st.floats(0, 300), digits=st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_rates_follow_the_authors_formula_for_any_code(epoch: float, digits: list[int]) -> None:
    """Digits d of a code such as 0379: r = 1 − d (1 − ρ) / 3."""
    final = tuple(1 - digit / 10 for digit in digits)
    expected = [1 - digit * (1 - AUTHORS.rho(epoch)) / 3 for digit in digits]
    assert AUTHORS.keep_rates(final, epoch=epoch) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("epoch", [0, 3.7, 10])
@pytest.mark.parametrize("warmup", [AUTHORS, LinearWarmup(curve="geometric")])
def test_before_it_begins_every_token_is_kept(warmup: LinearWarmup, epoch: float) -> None:
    assert warmup.keep_rates(GEOMETRIC, epoch=epoch) == EVERY


@pytest.mark.parametrize("epoch", [100, 100.01, 299])
def test_when_it_is_over_rates_are_the_final_ones_to_the_bit(epoch: float) -> None:
    """1 − (1 − 0.1) is not 0.1, and counts truncate: 0.1 of 10 tokens must stay 1."""
    assert AUTHORS.keep_rates(R0379, epoch=epoch) == R0379


def test_half_way_each_rate_is_half_way() -> None:
    assert AUTHORS.keep_rates(R0379, epoch=55) == pytest.approx((1, 0.85, 0.65, 0.55))


def test_one_rate_a_layer_is_warmed_up_alike() -> None:
    layers = (1.0, 1.0, 0.7, 0.5, 0.2)
    assert AUTHORS.keep_rates(layers, epoch=55) == pytest.approx((1, 1, 0.85, 0.75, 0.6))


def test_the_geometric_curve_keeps_powers_of_rho() -> None:
    geometric = LinearWarmup(curve="geometric")
    assert geometric.keep_rates(GEOMETRIC, epoch=55) == pytest.approx((1, 0.85, 0.85**2, 0.85**3))
    assert geometric.keep_rates(GEOMETRIC, epoch=100) == pytest.approx(GEOMETRIC, abs=1e-12)


def test_the_geometric_curve_has_a_floor() -> None:
    """WholeBody's early variants: never less than 0.4."""
    final, geometric = (1.0, 0.7, 0.49, 0.4), LinearWarmup(curve="geometric")
    assert geometric.keep_rates(final, epoch=80)[3] == pytest.approx(geometric.rho(80) ** 3)
    assert geometric.keep_rates(final, epoch=99)[3] == 0.4
    assert geometric.keep_rates(final, epoch=100) == final


@given(first=st.floats(0, 300), second=st.floats(0, 300), curve=st.sampled_from(["linear", "geometric"]))
def test_rates_never_grow_over_time_nor_from_stage_to_stage(first: float, second: float, curve: str) -> None:
    warmup = LinearWarmup.model_validate({"curve": curve})
    earlier, later = (warmup.keep_rates(GEOMETRIC, epoch=epoch) for epoch in sorted((first, second)))
    assert all(a >= b for a, b in zip(earlier, later, strict=True))
    assert all(list(rates) == sorted(rates, reverse=True) for rates in (earlier, later))


def test_no_warmup_leaves_the_rates_to_the_model() -> None:
    assert TrainingConfig().warmup == NoWarmup()
    assert NoWarmup().keep_rates(R0379, epoch=0) is None


def test_a_warmup_must_end_after_it_begins() -> None:
    with pytest.raises(ValidationError, match="end_epoch 10 must be later than start_epoch 10"):
        LinearWarmup(start_epoch=10, end_epoch=10)


@pytest.mark.parametrize("final", [R0379, (1, 0.7, 0.49), (1, 1, 1, 1, 1)])
def test_a_geometric_curve_that_does_not_lead_to_the_models_rates_is_refused(final: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"training\.warmup\.curve: geometric .* pruning\.keep_rates"):
        LinearWarmup(curve="geometric").keep_rates(final, epoch=0)


# In a run

FRACTIONS = RECIPE.changed({"warmup": {"kind": "linear", "start_epoch": 0.4, "end_epoch": 2.5}})
"""Of 3 epochs of 3 steps: rates fall from the third step on and are final from the ninth."""


def test_a_run_is_refused_at_once_if_its_curve_does_not_fit_its_model(people: list[Person]) -> None:
    recipe = RECIPE.changed({"warmup": {"kind": "linear", "start_epoch": 0, "end_epoch": 1, "curve": "geometric"}})
    with pytest.raises(InputError, match=r"training\.warmup\.curve"):
        small_trainer(people, recipe=recipe)


def test_a_warmup_in_fractions_of_an_epoch_moves_with_every_step(people: list[Person]) -> None:
    seen: list[tuple[float, ...]] = []
    run = small_trainer(people, recipe=FRACTIONS)
    run.model.register_forward_pre_hook(lambda _, args, kwargs: seen.append(kwargs["keep_rates"]), with_kwargs=True)
    trained(run)
    assert seen[:2] == [EVERY, EVERY]
    assert all(earlier > later for earlier, later in pairwise(seen[1:]))
    assert seen[8] == R0379


def test_while_every_token_is_kept_there_is_no_second_pass(people: list[Person]) -> None:
    run = small_trainer(people, recipe=FRACTIONS)
    passes: list[bool] = []
    run.model.register_forward_hook(lambda _, args, logits: passes.append(logits.full is not None))
    trained(run)
    assert passes == [False, False] + [True] * 7


def test_evaluation_has_the_final_rates_from_the_first_time_on(people: list[Person]) -> None:
    """After one step with every token: ⌊0.7 · 16⌋, ⌊0.3 · 16⌋ and ⌊0.1 · 16⌋ are kept."""
    run = train_until(small_trainer(people, recipe=FRACTIONS), 1)
    model = run.ema.model
    assert isinstance(model, GTPT)
    with watch_kept_tokens(model) as kept:
        model(torch.zeros(1, 3, *model.config.input_size))
    assert sorted({cut.grid_index.shape[1] for cut in kept}, reverse=True) == [11, 4, 1]


@pytest.mark.parametrize("stop", [2, 4])
def test_stopped_in_the_middle_of_a_warmup_and_continued(stop: int, people: list[Person], tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, train_until(small_trainer(people, recipe=FRACTIONS), stop).state())
    continued = small_trainer(people, recipe=FRACTIONS)
    continued.restore(load_checkpoint(path))
    assert_same_run(trained(continued), trained(small_trainer(people, recipe=FRACTIONS)))


def test_a_warmup_changes_what_is_learned_but_not_the_first_step_after_it(people: list[Person]) -> None:
    """With the same weights, a step with final rates is a step without warm-up."""
    run = train_until(small_trainer(people, recipe=FRACTIONS), 8)
    batch = next_batch(run)
    warmed = float(run.loss(batch).detach())
    run.config = RECIPE
    assert float(run.loss(batch).detach()) == warmed
    run.step = 4
    run.config = FRACTIONS
    assert float(run.loss(batch).detach()) != warmed


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            {"warmup": {"kind": "linear"}},
            r"end_epoch 100 is later than epochs 3.*start_epoch: 0, end_epoch: 3}, or at least 100 epochs",
        ),
        ({"distillation": "ema_delayed"}, r"ema_from_epoch 6 .* epochs 3.*at most 2, or at least 7 epochs"),
    ],
    ids=["warm-up", "delayed teacher"],
)
def test_a_run_too_short_for_its_settings_is_refused(setting: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TrainingConfig.model_validate({"epochs": EPOCHS, **setting})
