"""Recipes of the peers say what the specification says of how each family was published (spec/baselines.md §3)."""

from __future__ import annotations

import pytest

from gtpt_bench.models.catalogue import list_models, model_config
from gtpt_bench.models.reading import HeatmapReading
from gtpt_bench.training.peer_recipes import LEFT_OUT, RECIPES, recipe_of
from gtpt_bench.training.schedule import StepDecay


@pytest.mark.parametrize(
    ("family", "learning_rate", "milestones", "epochs"),
    [
        ("simplebaseline", 1e-3, (90, 120), 140),
        ("hrnet", 1e-3, (170, 200), 210),
        ("tokenpose", 1e-3, (200, 260), 300),
        ("ppt", 1e-3, (200, 260), 300),
    ],
)
def test_steps_come_at_the_published_epochs(
    family: str, learning_rate: float, milestones: tuple[int, ...], epochs: int
) -> None:
    recipe = RECIPES[family]
    assert isinstance(recipe.schedule, StepDecay)
    assert (recipe.learning_rate, recipe.schedule.milestones, recipe.epochs) == (learning_rate, milestones, epochs)
    first = milestones[0]
    rates = [recipe.schedule.scale(epoch, steps_per_epoch=1, epochs=epochs) for epoch in (first - 1, first)]
    assert rates == [1, 0.1]


@pytest.mark.parametrize(("family", "learning_rate", "epochs"), [("litehrnet", 2e-3, 210), ("distilpose", 1e-3, 300)])
def test_what_is_told_of_the_others_is_kept(family: str, learning_rate: float, epochs: int) -> None:
    assert (RECIPES[family].learning_rate, RECIPES[family].epochs) == (learning_rate, epochs)


def test_transpose_falls_along_a_cosine_from_1e_4_to_1e_5() -> None:
    recipe = recipe_of("transpose")
    rates = [recipe.learning_rate * recipe.schedule.scale(e, steps_per_epoch=1, epochs=240) for e in (0, 120, 240)]
    assert recipe.epochs == 240
    assert rates == pytest.approx([1e-4, 5.5e-5, 1e-5])


def test_maps_are_gaussians_of_two_cells_and_rtmpose_s_bins_the_mean_of_its_two_widths() -> None:
    configs = map(model_config, list_models())
    maps = {config.family for config in configs if isinstance(config.reading, HeatmapReading)}
    assert {RECIPES[family].sigma_bins for family in maps} == {2.0}
    assert RECIPES["rtmpose"].sigma_bins == pytest.approx((4.9 + 5.66) / 2, abs=0.05)
    assert "4.9 and 5.66" in LEFT_OUT["rtmpose"]


def test_what_a_family_was_trained_with_and_is_not_built_is_said_of_a_family_that_is_here() -> None:
    assert RECIPES.keys() >= LEFT_OUT.keys()
    assert "teacher" in LEFT_OUT["distilpose"]
