"""Heatmaps and coordinates are read as SimCC logits are: to crop pixels and confidences, mirrored or not."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from gtpt_bench.data.pixel_grid import GRIDS
from gtpt_bench.evaluation.readers import HeatmapReader, RegressionReader, reader_of
from gtpt_bench.models.reading import HeatmapReading, Peak, RegressionReading
from gtpt_bench.models.sizes import Size

INPUT = Size(64, 48)
"""Of the crop; maps have 16 rows and 12 columns."""

MIRROR = (0, 2, 1)


def bump(x: float, y: float, *, sigma: float = 2.0, height: float = 1.0) -> Tensor:
    """A map `[16, 12]` with a Gaussian at a place, in cells."""
    rows, columns = torch.arange(16)[:, None], torch.arange(12)[None]
    return height * torch.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))


def reader(peak: Peak = "quarter", *, aligned: bool = False) -> HeatmapReader:
    return HeatmapReader(HeatmapReading(peak=peak, aligned=aligned), INPUT)


def test_the_highest_cell_moves_a_quarter_towards_its_higher_neighbour() -> None:
    points, confidence = reader().decoded(bump(5.3, 8.0, height=0.7)[None, None])
    assert points[0, 0].tolist() == [4 * 5.25, 4 * 8.0]
    assert confidence.item() == pytest.approx(0.7 * math.exp(-(0.3**2) / 8))


def test_at_the_border_the_highest_cell_stays() -> None:
    points, _ = reader().decoded(bump(0.0, 3.4)[None, None])
    assert points[0, 0].tolist() == [0.0, 12.0]


@pytest.mark.parametrize(("x", "y"), [(5.3, 8.0), (4.62, 9.41), (6.0, 6.5)])
def test_a_parabola_finds_the_middle_of_a_gaussian(x: float, y: float) -> None:
    points, _ = reader("dark").decoded(bump(x, y)[None, None])
    assert points[0, 0].tolist() == pytest.approx([4 * x, 4 * y], abs=0.1)


def test_a_flat_map_does_not_throw_the_parabola_far() -> None:
    points, _ = reader("dark").decoded(torch.zeros(1, 1, 16, 12))
    assert points.isfinite().all()
    assert (points.abs() <= 8).all()


def test_the_integral_is_the_mean_place_under_the_sigmoid() -> None:
    logits = torch.full((1, 1, 16, 12), -30.0)
    logits[0, 0, 4, 3] = logits[0, 0, 4, 6] = 2.0
    points, confidence = reader("integral").decoded(logits)
    assert points[0, 0].tolist() == pytest.approx([4 * 4.5, 16.0], abs=1e-4)
    assert confidence.item() == pytest.approx(1 / (1 + math.exp(-2.0)))


def test_aligned_cells_reach_from_the_first_to_the_last_pixel() -> None:
    maps = torch.stack((bump(0.0, 0.0), bump(11.0, 15.0)))[None]
    points, _ = reader("quarter", aligned=True).decoded(maps)
    assert points[0].tolist() == [[0.0, 0.0], pytest.approx([47.0, 63.0], abs=1e-4)]


@pytest.mark.parametrize(("grid", "tolerance"), [("corner", 1.0), ("centred", 1e-3)])
def test_a_mirrored_map_reads_as_the_mirror_image(grid: str, tolerance: float) -> None:
    """Exactly in the centred grid; in the authors' to a quarter of a cell, which they leave."""
    read = HeatmapReader(HeatmapReading(peak="dark"), INPUT, GRIDS[grid])  # type: ignore[index]
    x = torch.tensor([20.0, 14.0, 30.0])
    at = GRIDS[grid].bins(x, 1 / 4)  # type: ignore[index]
    mirrored_at = GRIDS[grid].bins(INPUT.width - 1 - x[list(MIRROR)], 1 / 4)  # type: ignore[index]
    plain = torch.stack([bump(float(cell), 8.0) for cell in at])[None]
    mirrored = torch.stack([bump(float(cell), 8.0) for cell in mirrored_at])[None]
    found, _ = read.decoded(read.unmirrored(mirrored, MIRROR, shift=True))
    expected, _ = read.decoded(plain)
    assert (found - expected).abs().max() <= tolerance + 0.2


def test_coordinates_are_shares_of_the_crop() -> None:
    read = RegressionReader(RegressionReading(), INPUT)
    points, confidence = read.decoded(torch.tensor([[[0.5, 0.25], [1.0, 0.0]]]))
    assert points[0].tolist() == [[24.0, 16.0], [48.0, 0.0]]
    assert confidence.tolist() == [[1.0, 1.0]]


def test_a_score_among_the_columns_is_the_confidence() -> None:
    read = reader_of(RegressionReading(score_column=2), INPUT)
    _, confidence = read.decoded(torch.tensor([[[0.5, 0.25, 0.9, 7.0, 7.0]]]))
    assert confidence.item() == pytest.approx(0.9)


def test_mirrored_coordinates_are_mirrored_back() -> None:
    read = reader_of(RegressionReading(), INPUT)
    pixels = torch.tensor([[[20.0, 8.0], [14.0, 9.0], [30.0, 10.0]]])
    size = torch.tensor([INPUT.width, INPUT.height])
    mirrored = pixels[:, list(MIRROR)].clone()
    mirrored[..., 0] = INPUT.width - 1 - mirrored[..., 0]
    found, _ = read.decoded(read.unmirrored(mirrored / size, MIRROR, shift=True))
    torch.testing.assert_close(found, pixels)
    both, _ = read.decoded(read.averaged(pixels / size, read.unmirrored(mirrored / size, MIRROR, shift=True)))
    torch.testing.assert_close(both, pixels)
