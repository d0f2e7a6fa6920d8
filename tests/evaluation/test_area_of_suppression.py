"""Quirk 11: how alike two persons are is scaled by the padded crop's area, or correctly by the box's."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from gtpt_bench.data.people import Person
from gtpt_bench.evaluation.duplicates import final_poses
from gtpt_bench.evaluation.predict import poses_in_image
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.models.sizes import Size

INPUT = Size(256, 192)
SIGMA = 0.1


def twins(apart: float, area: Literal["crop", "box"]) -> int:
    """How many of two persons stay, whose one keypoint is `apart` pixels apart; their boxes are 60 x 40."""
    nothing = np.zeros((0, 2), np.float32)
    box = np.asarray([10, 20, 60, 40], np.float32)
    person = Person(1, Path(), box, 0.5, nothing, nothing[:, 0])
    scale = 192 / 75  # of the crop: 60 pixels, padded by 1.25, are 192
    points = np.asarray([[[96, 128]], [[96 + apart * scale, 128]]])
    poses = poses_in_image([person, person], INPUT, points, np.full((2, 1), 0.1), area=area)
    return len(final_poses(poses, [SIGMA], Protocol(oks_nms_threshold=0.6)))


@pytest.mark.parametrize(("area", "square_pixels"), [("crop", 75 * 100), ("box", 60 * 40)])
def test_two_persons_are_one_up_to_a_distance_by_the_area(area: Literal["crop", "box"], square_pixels: float) -> None:
    """exp(-d² / (2 · area · (2σ)²)) = 0.6; the crop of a 60 x 40 box is 75 x 100, that of its frame in 3:4."""
    limit = 2 * SIGMA * np.sqrt(-2 * square_pixels * np.log(0.6))
    assert twins(limit * 0.99, area) == 1
    assert twins(limit * 1.01, area) == 2


def test_the_papers_area_is_that_of_the_crop() -> None:
    assert Protocol().oks_nms_area == "crop"
