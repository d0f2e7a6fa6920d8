"""From pictures to poses with models that say what they see in maps or coordinates, in the place of SimCC logits."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gtpt_bench.data.dataset import IMAGE_MEAN, IMAGE_STD, PersonCrops
from gtpt_bench.data.people import Person
from gtpt_bench.data.pixel_grid import GRIDS, GridName
from gtpt_bench.evaluation.predict import predict_poses
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.evaluation.readers import pixel_cells
from gtpt_bench.keypoints import COCO
from gtpt_bench.models.reading import HeatmapReading, Peak, Reading, RegressionReading
from gtpt_bench.training.peer_targets import heatmap_targets
from tests.evaluation.test_predictions_find_painted_people import INPUT, ColourModel, people

__all__ = ["people"]

ENLARGED = 2.0
"""Pixels of the image to one of the crop, at most."""


class Seen(nn.Module):
    """Where the colours are, `[B, J, 2]` in crop pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.eyes = ColourModel()

    def places(self, images_B3HW: Tensor) -> Tensor:
        mean, std = torch.tensor(IMAGE_MEAN)[:, None, None], torch.tensor(IMAGE_STD)[:, None, None]
        return torch.stack([self.eyes._places(one) for one in (images_B3HW * std + mean) * 255])


class Maps(Seen):
    """Says it as a trained network would: the very targets of training; for the integral their logits."""

    def __init__(self, reading: HeatmapReading, grid: GridName) -> None:
        super().__init__()
        self.reading, self.grid = reading, grid

    def forward(self, images_B3HW: Tensor) -> Tensor:
        places = self.places(images_B3HW)
        cells = pixel_cells(places, self.reading, INPUT, GRIDS[self.grid])
        height, width = INPUT.height // 4, INPUT.width // 4
        maps, _ = heatmap_targets(cells, torch.ones_like(places[..., 0]), height=height, width=width, sigma_cells=2.0)
        return maps.clamp(1e-9, 1 - 1e-6).logit() if self.reading.peak == "integral" else maps


class Coordinates(Seen):
    """As shares of the crop, with a confidence of its own."""

    def forward(self, images_B3HW: Tensor) -> Tensor:
        shares = self.places(images_B3HW) / torch.tensor([INPUT.width, INPUT.height])
        return torch.cat((shares, torch.full_like(shares[..., :1], 0.8)), dim=-1)


def errors(people: list[Person], model: nn.Module, reading: Reading, grid: GridName, *, flip_test: bool) -> np.ndarray:
    """Distances to the labels in image pixels, of each axis."""
    found = predict_poses(
        model,
        PersonCrops(people, input_size=INPUT, keypoints=COCO, grid=GRIDS[grid]),
        Protocol(flip_test=flip_test),
        reading=reading,
        batch_size=2,
        device=torch.device("cpu"),
    )
    assert (found.keypoints[..., 2] > 0.5).all()
    labels = np.stack([person.keypoints for person in people])
    return np.asarray(np.abs(found.keypoints[..., :2] - labels))


@pytest.mark.parametrize("flip_test", [False, True])
@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize("peak", get_args(Peak))
def test_maps(people: list[Person], peak: Peak, aligned: bool, grid: GridName, flip_test: bool) -> None:
    """To a quarter of a cell of four pixels where the highest cell moves by that, else to about a pixel."""
    reading = HeatmapReading(peak=peak, aligned=aligned)
    limit = {"quarter": 1.5, "dark": 1.0, "integral": 1.0}[peak]
    assert errors(people, Maps(reading, grid), reading, grid, flip_test=flip_test).max() <= ENLARGED * limit


@pytest.mark.parametrize("flip_test", [False, True])
def test_coordinates(people: list[Person], flip_test: bool) -> None:
    reading = RegressionReading(score_column=2)
    assert errors(people, Coordinates(), reading, "corner", flip_test=flip_test).max() <= ENLARGED
