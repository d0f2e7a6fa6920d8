"""Drawn people and real ones go the same way from file to crop; only the folder differs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gtpt_bench.config import RunConfig
from gtpt_bench.data.config import CocoData, DrawnData
from gtpt_bench.data.crop import crop_matrix, frame_of_box, map_points, warp
from gtpt_bench.data.images import read_image
from gtpt_bench.data.layout import DataRoot
from gtpt_bench.data.people import annotated_people, read_annotations
from gtpt_bench.data.samples import evaluation_crops, evaluation_truth, training_crops
from gtpt_bench.evaluation.entries import KeypointTruth
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.keypoints import COCO
from gtpt_bench.models import model_config
from tests.data.coco_folder import SHARED, shared

NO_DRAWS = {"training.augmentation": None}


def drawn_run(keypoints: str, **protocol: Any) -> RunConfig:
    """The drawn data as a run asks for it; the drawing's size is that of the files, not of the config."""
    return RunConfig(
        model=model_config(f"gtpt_tiny_{keypoints}", {}), data=DrawnData(), evaluation=Protocol(**protocol)
    ).changed(NO_DRAWS)


def entries(root: DataRoot, split: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(root.annotations(split, "coco").read_text())["annotations"]
    return found


@pytest.mark.parametrize("keypoints", ["coco", "wholebody"])
def test_every_labelled_person_becomes_a_sample(drawn_root: DataRoot, keypoints: str) -> None:
    labelled = [e for e in entries(drawn_root, "train2017") if e["num_keypoints"] > 0]
    crops = training_crops(drawn_run(keypoints), drawn_root)
    assert [person.image_id for person in crops.people] == [e["image_id"] for e in labelled]
    num_labels = [int((person.visibility[:17] > 0).sum()) for person in crops.people]
    assert num_labels == [e["num_keypoints"] for e in labelled]


def test_the_whole_body_begins_with_the_body(drawn_root: DataRoot) -> None:
    body, whole = (evaluation_crops(drawn_run(k, boxes="ground_truth"), drawn_root) for k in ("coco", "wholebody"))
    for one, other in zip(body.people, whole.people, strict=True):
        np.testing.assert_array_equal(one.keypoints, other.keypoints[:17])
        np.testing.assert_array_equal(one.visibility, other.visibility[:17])
    assert sum(int((person.visibility[17:] > 0).sum()) for person in whole.people) > 50


def test_the_config_for_real_data_reads_a_copy_of_the_drawn_folder_alike(drawn_root: DataRoot, tmp_path: Path) -> None:
    shutil.copytree(drawn_root.path, tmp_path / "coco")
    drawn = drawn_run("coco")
    real = drawn.model_copy(update={"data": CocoData(detections=DrawnData().detections)})
    copy = DataRoot(tmp_path / "coco")
    for part in (training_crops, evaluation_crops):
        one, other = part(drawn, drawn_root), part(real, copy)
        assert len(one) == len(other) > 0
        assert all(torch.equal(a, b) for a, b in zip(one[0], other[0], strict=True))
    truths = evaluation_truth(drawn, drawn_root), evaluation_truth(real, copy)
    assert isinstance(truths[0], KeypointTruth)
    assert isinstance(truths[1], KeypointTruth)
    assert truths[0].content == truths[1].content


def test_detections_are_cropped_where_the_protocol_asks_for_them(drawn_root: DataRoot) -> None:
    boxes = json.loads(drawn_root.detections(DrawnData().detections).read_text())
    detected = evaluation_crops(drawn_run("coco"), drawn_root)
    assert [person.score for person in detected.people] == [box["score"] for box in boxes]
    best = max(box["score"] for box in boxes)
    assert len(evaluation_crops(drawn_run("coco", detection_threshold=best), drawn_root)) == 1


def test_a_keypoint_of_a_crop_shows_the_same_spot_as_in_the_image(drawn_root: DataRoot) -> None:
    """Brightness around keypoints in the crop follows that in the picture; elsewhere it does not."""
    crops = evaluation_crops(drawn_run("coco", boxes="ground_truth"), drawn_root)
    pairs, shifted = [], []
    for index, person in enumerate(crops.people):
        image, crop = read_image(person.image).mean(-1), crops[index]
        height, width = crop.image.shape[:2]
        for (x, y), (u, v), seen in zip(person.keypoints, crop.keypoints.tolist(), person.visibility, strict=True):
            inside = 1 <= u < width - 10 and 1 <= v < height - 1
            if seen and inside and y < image.shape[0] - 0.5 and x < image.shape[1] - 0.5:
                at = image[round(float(y)), round(float(x))]
                brightness = crop.image.float().mean(-1)
                pairs.append((at, brightness[round(v), round(u)]))
                shifted.append((at, brightness[round(v), round(u) + 9]))
    assert len(pairs) > 50
    assert np.corrcoef(np.asarray(pairs).T)[0, 1] > 0.85
    assert np.corrcoef(np.asarray(shifted).T)[0, 1] < 0.75


# The real thing


@pytest.mark.parametrize(("keypoints", "num_train", "num_val"), [("coco", 74, 122)])
def test_a_real_data_root_is_read_the_same_way(keypoints: str, num_train: int, num_val: int) -> None:
    shared("coco_mini/annotations")
    root, run = DataRoot(SHARED / "coco_mini"), drawn_run(keypoints, boxes="ground_truth")
    run = run.model_copy(update={"data": CocoData()})
    assert len(training_crops(run, root)) == num_train
    crops = evaluation_crops(run, root)
    assert len(crops) == num_val
    crop = crops[0]
    assert crop.image.float().std() > 10, "a photograph, not a blank"


def test_real_crops_contain_their_keypoints() -> None:
    path = shared("coco_mini/annotations/person_keypoints_val2017.json")
    size = model_config("gtpt_s_coco", {}).input_size
    folder = shared("coco_mini/images/val2017")
    people = annotated_people(read_annotations(path), folder, COCO, source=path)
    inside, labelled = 0, 0
    for person in people:
        seen = person.visibility > 0
        matrix = crop_matrix(frame_of_box(person.box, size), size)
        points = map_points(matrix, person.keypoints[seen])
        inside += int(((points >= 0) & (points < (size.width, size.height))).all(1).sum())
        labelled += int(seen.sum())
    assert labelled == 1275
    assert inside / labelled > 0.98, "annotators mark a few joints outside of the box"
    assert warp(read_image(people[0].image), matrix, size).shape == (256, 192, 3)
