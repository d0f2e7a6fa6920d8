"""What peers are trained towards, against closed forms: maps, mean places, coordinates, densities over bins."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from gtpt_bench.data.pixel_grid import GRIDS
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.reading import HeatmapReading, RegressionReading, SimccReading
from gtpt_bench.models.sizes import Size
from gtpt_bench.training.peer_targets import (
    SCORE_WEIGHT,
    heatmap_loss,
    heatmap_targets,
    integral_loss,
    regression_loss,
    simcc_loss,
)
from gtpt_bench.training.rules import TargetRules

INPUT = Size(64, 48)
CORNER = GRIDS["corner"]
MAPS = HeatmapReading()


def one(x: float, y: float) -> Tensor:
    """A place `[1, 1, 2]`."""
    return torch.tensor([[[x, y]]])


SEEN, UNSEEN = torch.ones(1, 1), torch.zeros(1, 1)


def map_loss(maps: Tensor, keypoints: Tensor, visibility: Tensor) -> float:
    loss = heatmap_loss(maps, keypoints, visibility, MAPS, input_size=INPUT, sigma_cells=2.0, grid=CORNER)
    return float(loss)


def test_a_map_is_a_gaussian_of_height_1_around_its_keypoint() -> None:
    target, weight = heatmap_targets(one(5, 8), SEEN, height=16, width=12, sigma_cells=2.0)
    assert target.shape == (1, 1, 16, 12)
    assert target[0, 0, 8, 5] == 1
    assert target[0, 0, 8, 7].item() == pytest.approx(math.exp(-0.5))
    assert target[0, 0, 10, 7].item() == pytest.approx(math.exp(-1.0))
    assert weight.tolist() == [[1.0]]


@pytest.mark.parametrize(("x", "weight"), [(-5.9, 1.0), (-8.5, 0.0), (17.9, 1.0), (18.0, 0.0)])
def test_a_keypoint_three_sigmas_outside_weighs_nothing(x: float, weight: float) -> None:
    _, found = heatmap_targets(one(x, 8), SEEN, height=16, width=12, sigma_cells=2.0)
    assert found.item() == weight


def test_the_loss_of_maps_is_half_the_mean_square_and_unlabelled_keypoints_count_0() -> None:
    keypoints = torch.cat((one(20, 32), one(8, 8)), dim=1)
    target, _ = heatmap_targets(keypoints / 4, torch.ones(1, 2), height=16, width=12, sigma_cells=2.0)
    assert map_loss(target, keypoints, torch.ones(1, 2)) == 0
    nothing = map_loss(torch.zeros_like(target), keypoints, torch.tensor([[1.0, 0.0]]))
    assert nothing == pytest.approx(0.5 * target[0, 0].square().mean().item() / 2)
    assert map_loss(torch.ones_like(target), keypoints, torch.zeros(1, 2)) == 0


def test_the_integral_loss_is_the_distance_of_the_mean_place_as_a_share_of_the_map() -> None:
    logits = torch.full((1, 1, 16, 12), -40.0)
    logits[0, 0, 8, 5] = 10.0

    def loss(keypoints: Tensor) -> float:
        return float(integral_loss(logits, keypoints, SEEN, MAPS, input_size=INPUT, grid=CORNER))

    assert loss(one(20, 32)) == pytest.approx(0, abs=1e-5)
    assert loss(one(26, 24)) == pytest.approx(1.5 / 12 + 2 / 16, abs=1e-5)


def test_coordinates_are_compared_as_shares_of_the_crop() -> None:
    def loss(shares: tuple[float, float], keypoints: Tensor, visibility: Tensor = SEEN) -> float:
        output = torch.tensor([[shares]])
        reading = RegressionReading()
        return float(regression_loss(output, keypoints, visibility, reading, input_size=INPUT, sigma_cells=2.0))

    assert loss((0.5, 0.25), one(24, 16)) == 0
    assert loss((0.6, 0.0), one(24, 16)) == pytest.approx(0.5 * 0.1**2 + 0.5 * 0.25**2)
    assert loss((0.6, 0.0), one(24, 16), UNSEEN) == 0
    assert loss((0.6, 0.0), one(60, 16)) == 0, "outside the crop"


@pytest.mark.parametrize("cells", [0.0, 1.0, 2.0])
def test_a_confidence_learns_how_near_its_point_is(cells: float) -> None:
    """The height of a map's Gaussian at the point; only the confidence is moved by it."""
    point = torch.tensor([[[0.5, (16 + 4 * cells) / 64]]], requires_grad=True)
    score = torch.tensor([[[0.3]]], requires_grad=True)
    output = torch.cat((point, score), dim=-1)
    reading = RegressionReading(score_column=2)
    loss = regression_loss(output, one(24, 16), SEEN, reading, input_size=INPUT, sigma_cells=2.0)
    alone = regression_loss(point, one(24, 16), SEEN, RegressionReading(), input_size=INPUT, sigma_cells=2.0)
    nearness = math.exp(-(cells**2) / 8)
    assert (loss - alone).item() == pytest.approx(SCORE_WEIGHT * (0.3 - nearness) ** 2)
    of_both = torch.autograd.grad(loss, point)[0]
    torch.testing.assert_close(of_both, torch.autograd.grad(alone, point)[0])


def test_the_loss_of_bins_is_a_divergence() -> None:
    """Logits like the target's logarithm leave nothing; even ones the logarithm of their number less its entropy."""

    def loss(x: Tensor, y: Tensor) -> float:
        logits = SimccLogits(x[None, None], y[None, None])
        reading, rules = SimccReading(2), TargetRules()
        return float(
            simcc_loss(logits, one(24, 32), SEEN, reading, input_size=INPUT, sigma_bins=3.0, rules=rules, grid=CORNER)
        )

    def parabola(length: int, centre: float) -> Tensor:
        return -0.5 * ((torch.arange(length) - centre) / 3) ** 2

    assert loss(parabola(96, 48), parabola(128, 64)) == pytest.approx(0, abs=1e-4)
    entropy = 0.5 * math.log(2 * math.pi * math.e * 9)
    even = loss(torch.zeros(96), torch.zeros(128))
    assert even == pytest.approx(math.log(96) + math.log(128) - 2 * entropy, abs=1e-3)
