"""What the authors' training does by oversight, and its corrected form. Spec: training_and_evaluation.md §12."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gtpt_bench.config import RunConfig
from gtpt_bench.data.config import DrawnData
from gtpt_bench.data.people import Person
from gtpt_bench.models import model_config
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.gtpt.model import TrainingLogits
from gtpt_bench.models.sizes import Size
from gtpt_bench.training import config as config_module
from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.losses import global_perceived_loss
from gtpt_bench.training.presets import TRAINING
from gtpt_bench.training.rules import LossRules, TargetRules
from gtpt_bench.training.targets import simcc_targets
from tests.training.small import RECIPE, next_batch, small_trainer, train_until

NX, NY = 384, 512
"""Bins of the paper's axes."""


def weight_and_peak(x: float, y: float, visibility: float = 1.0, **rules: Any) -> tuple[float, float]:
    targets, weights = simcc_targets(
        torch.tensor([[[x, y]]]),
        torch.tensor([[visibility]]),
        input_size=Size(256, 192),
        split_ratio=2,
        sigma_bins=4,
        rules=TargetRules(**rules),
    )
    return float(weights[0, 0]), float(targets.x.max())


def ignorant_loss(visibility: list[list[float]], **rules: Any) -> float:
    """Loss of uniform predictions where each keypoint is certainly in one bin."""
    weights = torch.tensor(visibility)
    x, y = torch.zeros(*weights.shape, NX), torch.zeros(*weights.shape, NY)
    logits = TrainingLogits(SimccLogits(x, y), None)
    certain_x, certain_y = x.clone(), y.clone()
    certain_x[..., 7] = certain_y[..., 9] = 1
    return float(global_perceived_loss(logits, SimccLogits(certain_x, certain_y), weights, rules=LossRules(**rules)))


# 4


@pytest.mark.parametrize(
    ("x", "y", "by_pixels", "by_bins"),
    [
        (197.99, 128, 1, 1),
        (198, 128, 1, 0),
        (203.99, 128, 1, 0),
        (204, 128, 0, 0),
        (96, 261.99, 1, 1),
        (96, 262, 1, 0),
        (-6.99, 128, 1, 1),
        (-7, 128, 1, 0),
        (-14, 128, 0, 0),
    ],
)
def test_three_sigmas_are_twelve_pixels_or_correctly_twelve_bins(
    x: float, y: float, by_pixels: int, by_bins: int
) -> None:
    assert weight_and_peak(x, y)[0] == by_pixels
    assert weight_and_peak(x, y, border_unit="bins")[0] == by_bins


# 5


@pytest.mark.parametrize("visibility", [0.01, 0.3, 0.5])
def test_weak_labels_have_no_target_or_correctly_one_like_all(visibility: float) -> None:
    peak = 1 / (4 * math.sqrt(2 * math.pi))
    assert weight_and_peak(96, 128, visibility) == pytest.approx((visibility, 0))
    assert weight_and_peak(96, 128, visibility, weak_label_limit=0) == pytest.approx((visibility, peak))
    assert weight_and_peak(96, 128, 0.0, weak_label_limit=0) == (0, 0)


# 6


def test_axes_weigh_by_their_bins_or_correctly_alike() -> None:
    """A uniform guess costs log n; over n bins an axis, or over their mean of 448 for both."""
    assert ignorant_loss([[1.0]]) == pytest.approx(math.log(NX) / NX + math.log(NY) / NY, rel=1e-5)
    assert ignorant_loss([[1.0]], axes="alike") == pytest.approx((math.log(NX) + math.log(NY)) / 448, rel=1e-5)


# 7


def test_unlabelled_keypoints_count_in_the_mean_or_correctly_not() -> None:
    whole = ignorant_loss([[1, 1, 1, 1]])
    assert ignorant_loss([[0, 1, 0, 0]]) == pytest.approx(whole / 4)
    assert ignorant_loss([[0, 1, 0, 0]], mean_over="labelled") == pytest.approx(whole)
    assert ignorant_loss([[0, 0.25, 0, 0]], mean_over="labelled") == pytest.approx(whole / 4), (
        "a label keeps its weight"
    )


def test_a_person_without_labels_adds_nothing_and_still_counts_as_a_person() -> None:
    both = ignorant_loss([[1, 0, 1], [0, 0, 0]], mean_over="labelled")
    assert both == pytest.approx(ignorant_loss([[1, 0, 1]], mean_over="labelled") / 2)


@settings(max_examples=25)
@given(st.lists(st.lists(st.sampled_from([0.0, 0.4, 1.0]), min_size=5, max_size=5), min_size=4, max_size=4))
def test_the_mean_over_labels_can_be_taken_in_halves(labels: list[list[float]]) -> None:
    """Each person has a mean of its own, so a batch may be split over steps and processes."""
    first, second = (ignorant_loss(half, mean_over="labelled") for half in (labels[:2], labels[2:]))
    assert ignorant_loss(labels, mean_over="labelled") == pytest.approx((first + second) / 2, rel=1e-5)


# 8


def test_weight_decay_is_off_or_correctly_moves_weights_toward_zero(people: list[Person]) -> None:
    """With a decay beyond all gradients Adam's first step is one learning rate toward zero, everywhere."""
    assert TrainingConfig().weight_decay == 0
    run = small_trainer(people, recipe=RECIPE.changed({"weight_decay": 1e8, "schedule": "step"}))
    before = {name: value.detach().clone() for name, value in run.model.named_parameters()}
    train_until(run, 1)
    for name, value in run.model.named_parameters():
        if value.requires_grad and value.grad is not None:
            old = before[name]
            far = old.abs() > 1e-3
            torch.testing.assert_close(value[far], (old - 2e-3 * old.sign())[far], atol=1e-5, rtol=0)


# All together


@pytest.mark.parametrize(
    "change",
    [
        {"targets.weak_label_limit": 0},
        {"loss.axes": "alike"},
        {"loss.mean_over": "labelled"},
        {"pixel_grid": "centred"},
    ],
    ids=str,
)
def test_a_run_follows_the_rules_of_its_config(people: list[Person], change: dict[str, Any]) -> None:
    """Half of the labels are weak."""
    weakened = [replace(p, visibility=p.visibility * np.where(np.arange(17) % 2, 1, 0.4).astype("f4")) for p in people]
    recipe = RECIPE.changed({"attention_guidance": 0})
    plain, changed = (small_trainer(weakened, recipe=recipe) for recipe in (recipe, recipe.changed(change)))
    batch = next_batch(plain)
    losses = [float(run.loss(batch).detach()) for run in (plain, changed)]
    assert losses[0] != pytest.approx(losses[1], rel=1e-4)


def rows() -> list[tuple[str, str]]:
    """Field and default of each line of the table in config.py."""
    assert config_module.__doc__ is not None
    return re.findall(
        r"^ *\d+  .*?  ((?:training|evaluation|model)\.[\w.]+): (\S+)", config_module.__doc__, re.MULTILINE
    )


@pytest.mark.parametrize(("field", "default"), rows())
def test_the_table_of_quirks_names_fields_with_their_defaults(field: str, default: str) -> None:
    value: Any = RunConfig(model=model_config("gtpt_t_wholebody"), data=DrawnData())
    for name in field.split("."):
        value = getattr(value, name)
    assert str(value).lower() in (default, f"{default}.0")


def test_the_table_has_every_quirk_that_is_reproduced() -> None:
    numbers = re.findall(r"^ +(\d+)  ", config_module.__doc__ or "", re.MULTILINE)
    assert list(map(int, numbers)) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]


def test_the_corrected_recipe_differs_from_the_papers_in_the_quirks_alone() -> None:
    changes = {
        "augmentation.upper_half_below": 0,
        "augmentation.half_body_counts": "body",
        "augmentation.mirrored_labels": "exact",
        "targets": {"border_unit": "bins", "weak_label_limit": 0},
        "loss": {"axes": "alike", "mean_over": "labelled"},
        "pixel_grid": "centred",
        "weight_decay": 1e-4,
        "schedule.one_epoch_early": False,
    }
    assert TRAINING["paper_corrected"] == TRAINING["paper"].changed(changes)
    assert TRAINING["paper"] == TrainingConfig()
