"""Missing and broken files: one line that names the file and what is wrong with it, never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.config import RunConfig
from gtpt_bench.data.config import CocoData
from gtpt_bench.data.images import read_image
from gtpt_bench.data.layout import DataRoot
from gtpt_bench.data.people import annotated_people, read_annotations
from gtpt_bench.data.samples import evaluation_crops, evaluation_truth, training_crops
from gtpt_bench.errors import DataError, InputError
from gtpt_bench.evaluation.entries import KeypointTruth
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.keypoints import COCO, WHOLEBODY
from gtpt_bench.models import model_config
from tests.data.coco_folder import annotation, content, image_entry, write_json, write_split

TRAIN = "annotations/person_keypoints_train2017.json"
VAL = "annotations/person_keypoints_val2017.json"
BOXES = "person_detection_results/boxes.json"
BOX = {"image_id": 1, "category_id": 1, "bbox": [40, 30, 60, 120], "score": 0.9}


@pytest.fixture
def root(tmp_path: Path) -> DataRoot:
    """Two images with a person each in both splits, and a detection file."""
    for split in ("train2017", "val2017"):
        write_split(tmp_path, split, content([image_entry(1), image_entry(2)], [annotation(1, 1), annotation(2, 2)]))
    write_json(tmp_path / BOXES, [BOX])
    return DataRoot(tmp_path)


@pytest.fixture(scope="module")
def run() -> RunConfig:
    data = CocoData(detections="boxes.json")
    return RunConfig(model=model_config("gtpt_tiny_coco", {}), data=data)


def line_of(action: Callable[[], object]) -> str:
    """The error's text; it must be meant for people and fit on a line."""
    with pytest.raises(InputError) as caught:
        action()
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_whole_root_is_read_without_complaint(root: DataRoot, run: RunConfig) -> None:
    assert len(training_crops(run, root)) == 2
    assert len(evaluation_crops(run, root)) == 1
    assert len(evaluation_crops(run.changed({"evaluation.boxes": "ground_truth"}), root)) == 2


def test_truth_can_be_limited_to_images_with_detections(root: DataRoot, run: RunConfig) -> None:
    limited = run.model_copy(update={"evaluation": Protocol(images="with_detections")})
    for config, image_ids in ((run, None), (limited, [1])):
        truth = evaluation_truth(config, root)
        assert isinstance(truth, KeypointTruth)
        assert truth.image_ids == image_ids


def test_detections_on_images_elsewhere_are_left_out_where_only_common_images_count(
    root: DataRoot, run: RunConfig
) -> None:
    write_json(root.path / BOXES, [BOX | {"image_id": 5}, BOX])
    limited = run.model_copy(update={"evaluation": Protocol(images="with_detections")})
    assert [person.image_id for person in evaluation_crops(limited, root).people] == [1]
    truth = evaluation_truth(limited, root)
    assert isinstance(truth, KeypointTruth)
    assert truth.image_ids == [1]
    assert "images with_detections" in line_of(lambda: evaluation_crops(run, root))


# Files that are not there


@pytest.mark.parametrize(
    ("missing", "action"),
    [(TRAIN, training_crops), (VAL, evaluation_truth), (VAL, evaluation_crops), (BOXES, evaluation_crops)],
)
def test_a_missing_file_is_named_with_the_layout_that_is_expected(
    root: DataRoot, run: RunConfig, missing: str, action: Callable[[RunConfig, DataRoot], object]
) -> None:
    (root.path / missing).unlink()
    text = line_of(lambda: action(run, root))
    assert f"{root.path / missing} does not exist" in text
    assert "annotations/, images/train2017/" in text


def test_a_missing_image_is_named_when_it_is_cropped(root: DataRoot, run: RunConfig) -> None:
    image = root.images("train2017") / "000000000002.png"
    image.unlink()
    samples = training_crops(run, root)
    assert samples[0].place == 0
    assert line_of(lambda: samples[1]) == f"image {image} does not exist"


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n broken"])
def test_a_file_that_is_no_image_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(data)
    text = line_of(lambda: read_image(path))
    assert text.startswith(f"image {path} ")
    assert "the file is broken" in text


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        read_image(tmp_path)


# Files that are something else


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not valid JSON"),
        (b'{"images": [}', "is not valid JSON: Expecting value at line 1, column 13"),
        (b'{"images":\n [1, 2', "at line 2, column"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"[]", "is not a COCO annotation file"),
        (b"3", "is not a COCO annotation file"),
        (b'{"images": [], "annotations": {}, "categories": []}', "is not a COCO annotation file"),
        (b'{"images": [], "annotations": []}', "is not a COCO annotation file"),
    ],
)
def test_broken_annotations_are_named_with_the_place(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "annotations.json"
    path.write_bytes(data)
    text = line_of(lambda: read_annotations(path))
    assert text.startswith(str(path))
    assert message in text


@pytest.mark.parametrize("data", [b"\x1f\x8b\x08", b"not packed"])
def test_broken_packed_files_are_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "annotations.json.gz"
    path.write_bytes(data)
    assert "cannot be read" in line_of(lambda: read_annotations(path))


@pytest.mark.parametrize(
    "changes",
    [{"bbox": None}, {"bbox": [1, 2, 3]}, {"keypoints": [1, 2, 2]}, {"keypoints": "none"}, {"image_id": 99}],
    ids=str,
)
def test_annotations_that_do_not_fit_are_refused_with_their_file(changes: dict[str, Any]) -> None:
    entries = content([image_entry(1)], [annotation(1, 1) | changes])
    text = line_of(lambda: annotated_people(entries, Path("i"), COCO, source=Path("some.json")))
    assert text.startswith("some.json: annotation 0 ")


@pytest.mark.parametrize("missing", ["bbox", "keypoints", "category_id", "image_id"])
def test_annotations_without_a_needed_field_name_it(missing: str) -> None:
    entry = annotation(1, 1)
    del entry[missing]
    entries = content([image_entry(1)], [entry])
    assert missing in line_of(lambda: annotated_people(entries, Path("i"), COCO, source=Path("some.json")))


def test_body_annotations_are_no_whole_bodies() -> None:
    entries = content([image_entry(1)], [annotation(1, 1)])
    text = line_of(lambda: annotated_people(entries, Path("i"), WHOLEBODY, source=Path("some.json")))
    assert "133 keypoints" in text
    assert "foot_kpts" in text


def test_a_split_without_labelled_people_is_an_error(root: DataRoot, run: RunConfig) -> None:
    write_json(root.path / TRAIN, content([image_entry(1)], [annotation(1, 1, iscrowd=1)]))
    assert "no person with labelled keypoints" in line_of(lambda: training_crops(run, root))


# Detections


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ({"a": 1}, "must be a list of boxes"),
        ([BOX, 3], "entry 1 is not a detection"),
        ([BOX | {"bbox": [1, 2, 3]}], "entry 0 is not a detection"),
        ([BOX | {"score": "high"}], "entry 0 is not a detection"),
        ([BOX, {k: v for k, v in BOX.items() if k != "score"}], "entry 1 is not a detection: KeyError 'score'"),
        ([BOX | {"image_id": 5}], "entry 0 is on image 5, which the annotations do not have"),
        ([BOX | {"score": float("nan")}], "entry 0 has a score or box that is not a number"),
        ([BOX | {"bbox": [0, 0, float("inf"), 1]}], "entry 0 has a score or box that is not a number"),
        ([BOX, BOX | {"bbox": [4, 4, 0, 0]}], "entry 1 has a box without extent"),
        ([BOX | {"category_id": 2}], "no person above the score threshold 0"),
        ([], "no person above the score threshold 0"),
    ],
)
def test_broken_detections_are_named_by_file_and_entry(
    root: DataRoot, run: RunConfig, boxes: object, message: str
) -> None:
    write_json(root.path / BOXES, boxes)
    text = line_of(lambda: evaluation_crops(run, root))
    assert text.startswith(str(root.path / BOXES))
    assert message in text
