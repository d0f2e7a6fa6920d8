"""Quirk 10: where a crop's pixels lie. The centred grid is even under mirroring, the authors' is off by a pixel."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.data.crop import CropFrame, crop_matrix, frame_of_box, map_points, mirrored_crop_matrix
from gtpt_bench.data.pixel_grid import GRIDS, PAPER_GRID, GridName
from gtpt_bench.evaluation.decode import decoded, unmirrored
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.sizes import Size
from gtpt_bench.training.targets import simcc_targets
from tests.data.coco_folder import floats

INPUT = Size(256, 192)
CENTRED = GRIDS["centred"]
FRAME = frame_of_box(floats([100, 50, 60, 120]), INPUT)

names = st.sampled_from(list(GRIDS))
ratios = st.integers(1, 4)
in_crop = st.tuples(st.floats(0, 191, width=32), st.floats(0, 255, width=32))


def logits_at(points_J2: list[tuple[float, float]], grid: GridName, split_ratio: int) -> SimccLogits:
    """Logits whose maxima are at crop pixels, by the targets that a model would learn."""
    targets, _ = simcc_targets(
        torch.tensor([points_J2]),
        torch.ones(1, len(points_J2)),
        input_size=INPUT,
        split_ratio=split_ratio,
        sigma_bins=4,
        grid=GRIDS[grid],
    )
    return targets


def test_the_papers_grid_has_the_frames_centre_at_half_the_sides_and_bins_at_pixels() -> None:
    assert PAPER_GRID is GRIDS["corner"]
    assert map_points(crop_matrix(FRAME, INPUT), FRAME.centre) == pytest.approx((96, 128), abs=1e-3)
    assert PAPER_GRID.bins(10.0, 2) == 20
    assert PAPER_GRID.mirror_shift(2) == 1


def test_the_centred_grid_has_it_between_the_middle_pixels_and_bins_around_pixels() -> None:
    assert map_points(crop_matrix(FRAME, INPUT, CENTRED), FRAME.centre) == pytest.approx((95.5, 127.5), abs=1e-3)
    assert [CENTRED.pixels(n, 2) for n in (0, 1, 2, 3)] == [-0.25, 0.25, 0.75, 1.25]
    assert CENTRED.mirror_shift(2) == 0


@given(st.floats(-90, 90), st.tuples(st.floats(0, 300), st.floats(0, 300)))
def test_the_crop_of_a_mirrored_image_is_the_mirrored_crop_in_the_centred_grid_alone(
    rotation: float, point: tuple[float, float]
) -> None:
    """Turned the other way, as a mirror does. In the authors' grid they lie one pixel apart."""
    turned, turned_back = (CropFrame(FRAME.centre, FRAME.scale, angle) for angle in (rotation, -rotation))
    for grid, apart in ((CENTRED, 0), (PAPER_GRID, 1)):
        x, y = map_points(crop_matrix(turned, INPUT, grid), floats(point))
        mirrored = map_points(mirrored_crop_matrix(turned_back, INPUT, grid, image_width=320), floats(point))
        assert mirrored == pytest.approx((191 - x + apart, y), abs=2e-2)


@given(names, ratios, in_crop)
def test_pixels_are_decoded_where_their_targets_are(
    grid: GridName, split_ratio: int, point: tuple[float, float]
) -> None:
    """To half a bin; at the crop's border the centred grid of one bin a pixel has the same bins as the authors'."""
    found, _ = decoded(logits_at([point], grid, split_ratio), split_ratio=split_ratio, grid=GRIDS[grid])
    assert found[0, 0].numpy() == pytest.approx(point, abs=0.5 / split_ratio + 1 / split_ratio * 0.01)


@given(names, ratios, st.floats(10, 180, width=32))
def test_mirrored_bins_agree_with_plain_ones_after_the_grids_shift(grid: GridName, split_ratio: int, x: float) -> None:
    plain, mirrored = (logits_at([(value, 100.0)], grid, split_ratio) for value in (x, 191 - x))
    back = unmirrored(mirrored, [0], shift_bins=GRIDS[grid].mirror_shift(split_ratio))
    inner = slice(0, -split_ratio)
    np.testing.assert_allclose(back.x[..., inner], plain.x[..., inner], atol=1e-5)


@given(names, ratios, st.floats(-500, 500))
def test_pixels_and_bins_are_each_others_inverse(grid: GridName, split_ratio: int, pixel: float) -> None:
    there = GRIDS[grid].bins(pixel, split_ratio)
    assert GRIDS[grid].pixels(there, split_ratio) == pytest.approx(pixel, abs=1e-9)
