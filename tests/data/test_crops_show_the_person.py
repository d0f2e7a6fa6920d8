"""The map between image and crop: what is painted at a keypoint is seen where the crop's keypoint says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gtpt_bench.data.crop import (
    CropFrame,
    crop_matrix,
    frame_of_box,
    inverse,
    map_points,
    mirrored_crop_matrix,
    warp,
)
from gtpt_bench.data.dataset import normalised
from gtpt_bench.data.images import read_image
from gtpt_bench.models.sizes import Size
from tests.data.coco_folder import floats, write_picture

INPUT = Size(256, 192)
IMAGE = Size(480, 640)

coordinates = st.floats(0, 480, width=32)
sides = st.floats(4, 480, width=32)
boxes = st.tuples(coordinates, coordinates, sides, sides)


@st.composite
def frames(draw: st.DrawFn) -> CropFrame:
    """A box somewhere in the image, zoomed and turned as the augmentation may do it."""
    frame = frame_of_box(floats(draw(boxes)), INPUT)
    zoom, turn = draw(st.floats(0.65, 1.35)), draw(st.floats(-90, 90))
    return CropFrame(frame.centre, (frame.scale * zoom).astype(np.float32), turn)


def doubles(values: Any) -> Any:
    """More digits than the loader has, so that only the map's own rounding is seen."""
    return np.asarray(values, dtype=np.float64)


def picture_with_dot(point: tuple[float, float], radius: float) -> NDArray[np.uint8]:
    """Black, with a white disc of smooth rim centred on a point between pixel centres."""
    y, x = np.mgrid[: IMAGE.height, : IMAGE.width]
    distance = np.hypot(x - point[0], y - point[1])
    grey = np.clip(radius + 0.5 - distance, 0, 1) * 255
    return np.repeat(grey[..., None], 3, axis=2).round().astype(np.uint8)


def centre_of_light(crop_HW3: NDArray[np.uint8]) -> NDArray[np.float64]:
    light = crop_HW3[..., 0].astype(np.float64)
    y, x = np.mgrid[: light.shape[0], : light.shape[1]]
    return np.asarray([(light * x).sum() / light.sum(), (light * y).sum() / light.sum()])


# From a box to a frame


@given(boxes)
def test_a_frame_is_the_padded_box_in_the_inputs_aspect_ratio(box: tuple[float, float, float, float]) -> None:
    x, y, w, h = box
    frame = frame_of_box(floats(box), INPUT)
    width, height = frame.scale * 200
    assert frame.centre == pytest.approx((x + w / 2, y + h / 2), rel=1e-6)
    assert width == pytest.approx(1.25 * max(w, 0.75 * h), rel=1e-5)
    assert height == pytest.approx(1.25 * max(h, w / 0.75), rel=1e-5)
    assert frame.area == pytest.approx(width * height, rel=1e-5)
    assert frame.rotation_deg == 0


def test_frames_of_a_wide_a_tall_and_a_fitting_box_by_hand() -> None:
    wide, tall, fitting = (frame_of_box(floats([10, 20, *side]), INPUT) for side in [(60, 40), (30, 80), (60, 80)])
    assert wide.scale == pytest.approx((0.375, 0.5))
    assert tall.scale == pytest.approx((0.375, 0.5))
    assert fitting.scale == pytest.approx((0.375, 0.5))
    assert wide.centre == pytest.approx((40, 40))
    assert tall.centre == pytest.approx((25, 60))


# The map


@given(frames())
def test_the_frames_centre_falls_on_half_width_and_half_height(frame: CropFrame) -> None:
    assert map_points(crop_matrix(frame, INPUT), frame.centre) == pytest.approx((96, 128), abs=1e-3)


@given(frames(), st.tuples(coordinates, coordinates))
def test_the_map_is_the_closed_form_of_the_paper(frame: CropFrame, point: tuple[float, float]) -> None:
    k = 192 / (200 * float(frame.scale[0]))
    dx, dy = point[0] - float(frame.centre[0]), point[1] - float(frame.centre[1])
    cos, sin = np.cos(np.deg2rad(frame.rotation_deg)), np.sin(np.deg2rad(frame.rotation_deg))
    expected = (k * (cos * dx + sin * dy) + 96, k * (-sin * dx + cos * dy) + 128)
    assert map_points(crop_matrix(frame, INPUT), floats(point)) == pytest.approx(expected, rel=1e-5, abs=1e-3)


def test_the_map_equals_the_three_point_map_of_the_authors() -> None:
    """Their program: centre, a point half the width above it (turned), and a third at a right angle to both."""
    frame = CropFrame(floats([211.5, 97.25]), floats([0.6, 0.8]), 30)
    turn, half = np.deg2rad(30), 0.6 * 200 / 2
    up = half * np.asarray([np.sin(turn), -np.cos(turn)])

    def corners(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float32]:
        away = first - second
        return floats([first, second, (second[0] - away[1], second[1] + away[0])])

    source = corners(frame.centre.astype(np.float64), frame.centre + up)
    target = corners(np.asarray([96.0, 128.0]), np.asarray([96.0, 128.0 - 96.0]))
    np.testing.assert_allclose(crop_matrix(frame, INPUT), cv2.getAffineTransform(source, target), atol=1e-4)


@given(frames(), st.tuples(coordinates, coordinates), st.booleans())
def test_the_inverse_brings_points_back(frame: CropFrame, point: tuple[float, float], mirrored: bool) -> None:
    matrix = crop_matrix(frame, INPUT)
    if mirrored:
        matrix = mirrored_crop_matrix(frame, INPUT, image_width=IMAGE.width)
    there: Any = doubles(point) @ matrix[:, :2].T + matrix[:, 2]
    assert map_points(inverse(matrix), there) == pytest.approx(point, abs=1e-4)


@given(st.tuples(coordinates, coordinates), st.tuples(st.floats(0, 191, width=32), st.floats(0, 255, width=32)))
def test_predictions_survive_the_way_into_the_image_and_back(
    corner: tuple[float, float], in_crop: tuple[float, float]
) -> None:
    matrix = crop_matrix(frame_of_box(floats([*corner, 90, 160]), INPUT), INPUT)
    in_image = map_points(inverse(matrix), floats(in_crop))
    assert map_points(matrix, in_image) == pytest.approx(in_crop, abs=1e-4)


@given(frames(), st.tuples(coordinates, coordinates))
def test_mirroring_in_one_warp_is_mirroring_the_image_and_then_cropping(
    frame: CropFrame, point: tuple[float, float]
) -> None:
    other = CropFrame(floats([639 - frame.centre[0], frame.centre[1]]), frame.scale, frame.rotation_deg)
    two_steps = map_points(crop_matrix(other, INPUT), doubles([639 - point[0], point[1]]))
    one_step = map_points(mirrored_crop_matrix(frame, INPUT, image_width=640), doubles(point))
    assert one_step == pytest.approx(two_steps, rel=1e-5, abs=1e-3)


# Pixels


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0, 33, -75])
@pytest.mark.parametrize("zoom", [0.7, 1.3])
def test_a_dot_lands_where_the_crops_keypoint_says(zoom: float, rotation: float, mirrored: bool) -> None:
    dot = (300.25, 215.5)
    plain = frame_of_box(floats([250, 140, 90, 150]), INPUT)
    frame = CropFrame(plain.centre, (plain.scale * zoom).astype(np.float32), rotation)
    matrix = crop_matrix(frame, INPUT)
    if mirrored:
        matrix = mirrored_crop_matrix(frame, INPUT, image_width=IMAGE.width)
    crop = warp(picture_with_dot(dot, radius=5), matrix, INPUT)
    assert centre_of_light(crop) == pytest.approx(map_points(matrix, floats(dot)), abs=0.1)


def test_crops_have_the_inputs_size_and_are_black_outside_the_image() -> None:
    white = np.full((40, 30, 3), 255, np.uint8)
    crop = warp(white, crop_matrix(frame_of_box(floats([0, 0, 30, 40]), INPUT), INPUT), INPUT)
    assert crop.shape == (256, 192, 3)
    assert (crop[:20] == 0).all()
    assert (crop[128, 96] == 255).all()
    assert crop.mean() / 255 == pytest.approx(1 / 1.25**2, abs=0.02), "the padded frame is 1.25 times as wide and high"


def test_pictures_are_read_as_rgb_and_not_turned_by_their_exif_entry(tmp_path: Path) -> None:
    red = np.zeros((20, 40, 3), np.uint8)
    red[..., 0] = 250
    np.testing.assert_array_equal(read_image(write_picture(tmp_path / "red.png", red)), red)
    _, data = cv2.imencode(".jpg", red[..., ::-1])
    turn_90 = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    segment = b"\xff\xe1" + (len(turn_90) + 2).to_bytes(2, "big") + turn_90
    path = tmp_path / "turned.jpg"
    path.write_bytes(data.tobytes()[:2] + segment + data.tobytes()[2:])
    turned = cv2.imread(str(path))
    assert turned is not None
    assert turned.shape == (40, 20, 3), "the entry is understood by who respects it"
    assert read_image(path).shape == (20, 40, 3)


def test_network_input_is_standardised_per_channel() -> None:
    pixels = torch.tensor([0, 128, 255], dtype=torch.uint8).expand(2, 5, 4, 3)
    network_input = normalised(pixels)
    assert network_input.shape == (2, 3, 5, 4)
    assert network_input.dtype == torch.float32
    expected = [(0 - 0.485) / 0.229, (128 / 255 - 0.456) / 0.224, (1 - 0.406) / 0.225]
    np.testing.assert_allclose(network_input[1, :, 3, 2], expected, rtol=1e-5)
