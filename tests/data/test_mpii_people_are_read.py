"""MPII's centre and scale as a box and a frame, its joints from 0, and crops of the 16-keypoint model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from gtpt_bench.config import RunConfig
from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.data.config import MpiiData
from gtpt_bench.data.crop import crop_matrix, frame_of_box, map_points
from gtpt_bench.data.dataset import SampleKey
from gtpt_bench.data.images import read_image
from gtpt_bench.data.layout import DataRoot
from gtpt_bench.data.mpii import mpii_people, square_box
from gtpt_bench.data.samples import evaluation_crops, training_crops
from gtpt_bench.errors import DataError
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.keypoints import MPII
from gtpt_bench.models import model_config
from gtpt_bench.models.sizes import Size
from tests.data.coco_folder import floats, shared, write_json, write_picture

SQUARE, TALL = Size(256, 256), Size(256, 192)


def entry(**changes: Any) -> dict[str, Any]:
    joints = [[200.0 + 3 * place, 100.0 + 7 * place] for place in range(16)]
    return {
        "image": "a.png",
        "center": [220.0, 150.0],
        "scale": 1.5,
        "joints": joints,
        "joints_vis": [1] * 16,
    } | changes


def people_of(tmp_path: Path, *entries: Any) -> Any:
    return mpii_people(write_json(tmp_path / "valid.json", list(entries)), Path("images"), MPII)


# Centre and scale


@pytest.mark.parametrize("size", [SQUARE, TALL])
def test_the_frame_has_the_centre_and_scale_of_the_authors(tmp_path: Path, size: Size) -> None:
    """y + 15 · s, then s · 1.25, then both from 0 instead of 1."""
    (person,) = people_of(tmp_path, entry())
    frame = frame_of_box(person.box, size)
    assert frame.centre == pytest.approx((220 - 1, 150 + 15 * 1.5 - 1))
    assert frame.scale[0] == pytest.approx(1.5 * 1.25)
    point = floats([250, 180])
    k = size.width / (200 * 1.5 * 1.25)
    expected = k * (point - (219, 171.5)) + (size.width / 2, size.height / 2)
    assert map_points(crop_matrix(frame, size), point) == pytest.approx(expected, abs=1e-3)


def test_a_person_without_centre_keeps_its_scale() -> None:
    frame = frame_of_box(square_box((-1.0, 40.0), 1.5), SQUARE)
    assert frame.centre == pytest.approx((-2, 39))
    assert frame.scale[0] == pytest.approx(1.5)


# Joints


def test_joints_count_from_0_and_unlabelled_ones_are_zero(tmp_path: Path) -> None:
    visible = [1] * 15 + [0]
    (person,) = people_of(tmp_path, entry(joints_vis=visible))
    assert person.keypoints[0].tolist() == [199, 99]
    assert person.keypoints[15].tolist() == [0, 0]
    assert person.visibility.tolist() == visible


def test_everyone_is_kept_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Also people of one image, and those without any label: the truth has them all."""
    found = people_of(tmp_path, entry(), entry(joints_vis=[0] * 16), entry(image="b.png"))
    assert [person.image_id for person in found] == [0, 1, 2]
    assert [person.image.name for person in found] == ["a.png", "a.png", "b.png"]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"a": 1}, "must be a list of persons"),
        ([entry(), entry(joints=[[1, 2]])], "entry 1 does not hold"),
        ([entry(center=None)], "entry 0 does not hold"),
        ([{}], "entry 0 does not hold image, center, scale, 16 joints and their joints_vis: KeyError 'joints'"),
        ([entry(scale=float("nan"))], "entry 0 has a centre, scale or joint that is not a number"),
        ([entry(scale=0)], "entry 0 has a scale of 0; it must be positive"),
        ([3], "entry 0 does not hold"),
    ],
)
def test_broken_files_are_named_by_entry(tmp_path: Path, entries: Any, message: str) -> None:
    path = write_json(tmp_path / "valid.json", entries)
    with pytest.raises(DataError) as caught:
        mpii_people(path, Path("images"), MPII)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


# A run


@pytest.fixture
def run() -> RunConfig:
    return RunConfig(
        model=model_config("gtpt_tiny_coco", {"keypoints": "mpii"}),
        data=MpiiData(),
        evaluation=Protocol(boxes="ground_truth"),
    )


def test_a_folder_is_cropped_for_training_and_evaluation(tmp_path: Path, run: RunConfig) -> None:
    for split in ("train", "valid"):
        write_json(tmp_path / "annot" / f"{split}.json", [entry(), entry()])
    image = np.zeros((320, 400, 3), np.uint8)
    for x, y in entry()["joints"]:
        cv2.circle(image, (int(x) - 1, int(y) - 1), 3, (255, 255, 255), -1)
    write_picture(tmp_path / "images" / "a.png", image)
    for crops in (training_crops(run, DataRoot(tmp_path)), evaluation_crops(run, DataRoot(tmp_path))):
        assert len(crops) == 2
        crop = crops[0]
        height, width = crop.image.shape[:2]
        points = crop.keypoints.round().long().tolist()
        seen = [crop.image[y, x].max() > 0 for x, y in points if 0 <= x < width and 0 <= y < height]
        assert len(seen) >= 8
        assert all(seen)


def test_half_bodies_are_off_unless_asked_for() -> None:
    """The authors' program would fail if one were drawn."""
    assert Augmentation().half_body_share("mpii") == 0
    assert Augmentation().half_body_share("coco") == Augmentation().half_body_share("wholebody") == 0.3
    assert Augmentation(half_body_probability=0.2).half_body_share("mpii") == 0.2


def test_a_detectors_boxes_are_not_to_be_had(tmp_path: Path, run: RunConfig) -> None:
    with pytest.raises(DataError, match="MPII has no boxes of a detector"):
        evaluation_crops(run.changed({"evaluation.boxes": "detections"}), DataRoot(tmp_path))


# The real ones


def test_real_people_are_in_the_middle_of_their_crops(run: RunConfig) -> None:
    crops = evaluation_crops(run, DataRoot(shared("mpii_mini")))
    assert len(crops) == 5
    size = crops.input_size
    for place, person in enumerate(crops.people):
        height, width = read_image(person.image).shape[:2]
        labelled = person.keypoints[person.visibility > 0]
        assert ((labelled >= 0) & (labelled < (width, height))).all()
        inside = crops[place].keypoints[crops[place].visibility > 0]
        assert ((inside >= 0) & (inside < torch.tensor([size.width, size.height]))).float().mean() > 0.9


def test_mirrored_crops_of_real_people_swap_left_and_right(run: RunConfig) -> None:
    """In the mirror the left shoulder of who faces us is on the other side, and the label with it."""
    changes = {"training.augmentation.mirror_probability": 1, "training.augmentation.rotation_probability": 0}
    config = run.changed({"data.train": "valid", "training.augmentation.scale_factor": 0, **changes})
    root = DataRoot(shared("mpii_mini"))
    plain, mirrored = evaluation_crops(config, root), training_crops(config, root)
    for place in range(5):
        there, back = plain[place], mirrored[SampleKey(0, place)]
        seen = back.visibility > 0
        expected = crops_width(config) - there.keypoints[list(MPII.mirror), 0]
        torch.testing.assert_close(back.keypoints[seen, 0], expected[seen], atol=1e-3, rtol=0)


def crops_width(run: RunConfig) -> int:
    """The centre falls on W / 2, so mirroring about it is W − x."""
    return run.model.input_size.width
