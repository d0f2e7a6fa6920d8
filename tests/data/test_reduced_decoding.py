"""JPEG decoded at a fraction of its size: keypoints stay exact, pixels are averaged instead of skipped."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.data.crop import crop_matrix, frame_of_box, map_points
from gtpt_bench.data.dataset import PersonCrops, SampleKey
from gtpt_bench.data.images import ImageMemory, decode_image
from gtpt_bench.data.people import Person
from gtpt_bench.data.reduction import REDUCTIONS, reduced_matrix, reduction_for
from gtpt_bench.keypoints import COCO
from gtpt_bench.models.sizes import Size
from tests.data.coco_folder import floats, someone

INPUT = Size(64, 48)
WIDTH, HEIGHT = 803, 601
"""Not divisible by eight: the last blocks of the JPEG are incomplete."""

PHOTO = Path("a.jpg")


def photo(path: Path, image: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 98])
    return path


def disc(centre: tuple[float, float], radius: float) -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    grey = np.clip(radius + 0.5 - np.hypot(x - centre[0], y - centre[1]), 0, 1) * 255
    return np.repeat(grey[..., None], 3, 2).round().astype(np.uint8)


def crops(people: list[Person], largest: int, augmentation: Augmentation | None = None) -> PersonCrops:
    return PersonCrops(
        people, input_size=INPUT, keypoints=COCO, augmentation=augmentation, reduced_decoding=largest, seed=5
    )


# Which reduction


@pytest.mark.parametrize(("box_height", "reduction"), [(40, 1), (102, 1), (103, 2), (204, 2), (205, 4), (500, 8)])
def test_a_crop_never_enlarges_a_reduced_image(box_height: int, reduction: int) -> None:
    """A padded box of 1.25 · 103 pixels is more than twice as high as the input of 64."""
    frame = frame_of_box(floats([0, 0, 1, box_height]), INPUT)
    assert reduction_for(PHOTO, frame, INPUT, largest=8) == reduction


@pytest.mark.parametrize("largest", REDUCTIONS)
def test_no_reduction_is_larger_than_allowed(largest: int) -> None:
    frame = frame_of_box(floats([0, 0, 3000, 3000]), INPUT)
    assert reduction_for(PHOTO, frame, INPUT, largest=largest) == largest


@pytest.mark.parametrize(("name", "reduction"), [("a.JPEG", 8), ("a.png", 1), ("a", 1)])
def test_only_a_jpeg_is_reduced(name: str, reduction: int) -> None:
    """OpenCV would shrink others after decoding, to sides rounded down, where pixels lie elsewhere."""
    frame = frame_of_box(floats([0, 0, 3000, 3000]), INPUT)
    assert reduction_for(Path(name), frame, INPUT, largest=8) == reduction


# Where things are


@given(st.sampled_from(REDUCTIONS), st.floats(0, 700, width=32), st.floats(0, 700, width=32))
def test_a_reduced_pixel_maps_to_where_the_middle_of_its_pixels_does(reduction: int, x: float, y: float) -> None:
    matrix = crop_matrix(frame_of_box(floats([100, 50, 300, 400]), INPUT), INPUT)
    mean = np.asarray([x, y]) * reduction + np.arange(reduction).mean()
    in_reduced = map_points(reduced_matrix(matrix, reduction), floats([x, y]))
    assert in_reduced == pytest.approx(map_points(matrix, floats(mean)), abs=1e-2)


@pytest.mark.parametrize("reduction", [2, 4, 8])
def test_the_decoder_averages_the_pixels_that_a_reduced_one_stands_for(tmp_path: Path, reduction: int) -> None:
    """So their middle is the pixel's place, and sides are rounded up."""
    ramp = np.linspace(0, 255, WIDTH)[None, :, None] * np.ones((HEIGHT, 1, 3))
    content = photo(tmp_path / "ramp.jpg", ramp.round().astype(np.uint8)).read_bytes()
    found = decode_image(content, source="ramp", reduction=reduction)
    assert found.shape == (-(-HEIGHT // reduction), -(-WIDTH // reduction), 3)
    whole = WIDTH // reduction
    means = ramp[0, : whole * reduction, 0].reshape(whole, reduction).mean(1)
    assert np.abs(found[HEIGHT // reduction // 2, :whole, 0] - means).max() < 1.5


def test_colours_stay_in_order(tmp_path: Path) -> None:
    red = np.full((64, 64, 3), (250, 10, 60), np.uint8)
    content = photo(tmp_path / "red.jpg", red).read_bytes()
    for reduction in REDUCTIONS:
        found = decode_image(content, source="red", reduction=reduction)
        assert np.abs(found.reshape(-1, 3).mean(0) - (250, 10, 60)).max() < 4


@pytest.mark.parametrize("mirror_probability", [0, 1])
@pytest.mark.parametrize(("side", "reduction"), [(150, 2), (260, 4), (540, 8)])
def test_a_dot_lands_where_the_keypoint_says(
    tmp_path: Path, side: int, reduction: int, mirror_probability: float
) -> None:
    dot = (420.25, 310.5)
    box = (dot[0] - 0.45 * side, dot[1] - 0.6 * side, side, side)
    person = someone(photo(tmp_path / "dot.jpg", disc(dot, 0.12 * side)), box=box, points=np.tile(dot, (17, 1)))
    turned = Augmentation(
        half_body_probability=0, scale_factor=0, rotation_probability=1, mirror_probability=mirror_probability
    )
    reduced, key = crops([person], 8, turned), SampleKey(0, 0)
    assert reduced.reduction(key) == reduction
    crop = reduced[key]
    light = crop.image[..., 1].numpy().astype(float)
    y, x = np.mgrid[: INPUT.height, : INPUT.width]
    centre = (light * x).sum() / light.sum(), (light * y).sum() / light.sum()
    assert centre == pytest.approx(crop.keypoints[0].tolist(), abs=0.1)
    assert crop.keypoints.numpy() == pytest.approx(crops([person], 1, turned)[key].keypoints.numpy(), abs=1e-3)


# What is remembered


def test_an_image_is_remembered_at_each_reduction_by_itself() -> None:
    """Else a crop's pixels would depend on what was asked for before."""
    memory, path = ImageMemory(10**6), Path("a.jpg")
    memory.remember(np.zeros((4, 4, 3), np.uint8), path, 2)
    assert memory.known(path) is None
    assert memory.known(path, 2) is not None
    assert memory.known(path, 4) is None
