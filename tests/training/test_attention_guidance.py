"""Attention guidance is the cross-entropy between where a sparse token looks and where its keypoint is."""

from __future__ import annotations

import math

import pytest
import torch

from gtpt_bench.models.catalogue import model_config
from gtpt_bench.models.gtpt.model import GTPT, TrainingLogits
from gtpt_bench.models.sizes import Size
from gtpt_bench.training.guidance import guidance_loss

GRID, INPUT = Size(4, 3), Size(64, 48)
"""Cells of 16 x 16 pixels: the centre of the cell in row r, column c is at (16 c + 8, 16 r + 8)."""

UNIFORM = torch.zeros(1, 2, 1, GRID.area)


def guided(attention: torch.Tensor, x: float, y: float, visibility: float = 1.0) -> float:
    keypoints, visible = torch.tensor([[[x, y]]]), torch.tensor([[visibility]])
    return float(guidance_loss(attention, keypoints, visible, grid=GRID, input_size=INPUT))


def looking_at(row: int, column: int) -> torch.Tensor:
    attention = torch.full((1, 2, 1, GRID.area), -30.0)
    attention[..., row * GRID.width + column] = 0.0
    return attention


def test_looking_everywhere_costs_the_logarithm_of_the_number_of_tokens() -> None:
    assert guided(UNIFORM, 24, 40) == pytest.approx(math.log(GRID.area), abs=1e-4)


def test_looking_at_the_keypoint_costs_nothing() -> None:
    assert guided(looking_at(2, 1), x=24, y=40) == pytest.approx(0, abs=1e-4)
    assert guided(looking_at(1, 2), x=24, y=40) > 10


def test_a_keypoint_between_tokens_is_shared_by_its_neighbours() -> None:
    """A quarter of the way from one centre to the next: three parts of the target to one."""
    expected = 0.25 * -math.log(1e-6)
    assert guided(looking_at(2, 1), x=28, y=40) == pytest.approx(expected, rel=1e-3)


def test_one_head_that_looks_there_is_worth_half_of_two() -> None:
    attention = torch.cat((looking_at(2, 1)[:, :1], looking_at(0, 0)[:, :1]), dim=1)
    assert guided(attention, x=24, y=40) == pytest.approx(math.log(2), abs=1e-3)


@pytest.mark.parametrize(("x", "y", "visibility"), [(24, 40, 0), (-1, 40, 1), (48, 40, 1), (24, 64, 1)])
def test_keypoints_without_label_or_outside_the_crop_weigh_nothing(x: float, y: float, visibility: float) -> None:
    assert guided(UNIFORM, x, y, visibility) == 0


@pytest.mark.parametrize("keep_rates", [(1, 1, 1, 1), (1, 0.7, 0.3, 0.1)], ids=str)
def test_every_schedule_hands_out_the_attention_on_all_image_tokens(keep_rates: tuple[float, ...]) -> None:
    config = model_config("gtpt_tiny_coco", {"pruning.keep_rates": list(keep_rates)})
    logits = GTPT(config).train()(torch.zeros(2, 3, *config.input_size))
    assert isinstance(logits, TrainingLogits)
    assert logits.attention is not None
    assert logits.attention.shape == (2, config.heads, 17, config.num_image_tokens)


def test_dense_keypoints_are_not_guided() -> None:
    """WholeBody has 133 keypoints but 17 sparse tokens: only these look at image tokens in the coarse layers."""
    config = model_config("gtpt_tiny_wholebody")
    logits = GTPT(config).train()(torch.zeros(1, 3, *config.input_size))
    assert logits.attention.shape[2] == 17
    keypoints, visibility = torch.full((1, 133, 2), 10.0), torch.ones(1, 133)
    visibility[:, :17] = 0
    loss = guidance_loss(logits.attention, keypoints, visibility, grid=config.grid_size, input_size=config.input_size)
    assert float(loss.detach()) == 0
