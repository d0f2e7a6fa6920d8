"""The drawn people as files: COCO's layout, whole or absent, the same bytes on any number of workers."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from gtpt_bench.data.drawn.coco_format import body_annotation
from gtpt_bench.data.drawn.config import VERSION, DrawnConfig
from gtpt_bench.data.drawn.make import make_drawn_dataset
from gtpt_bench.data.drawn.scene import draw_scene
from gtpt_bench.errors import DataError
from gtpt_bench.keypoints import COCO as BODY

SMALL = DrawnConfig(num_train_images=20, num_val_images=14)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data") / "drawn"
    make_drawn_dataset(root, SMALL, num_workers=1)
    return root


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def folder_digests(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_files_have_cocos_layout_and_fields(made: Path) -> None:
    names = [f"{i:012d}.jpg" for i in range(1, 35)]
    assert sorted(p.name for p in (made / "images" / "train2017").iterdir()) == names[:20]
    assert sorted(p.name for p in (made / "images" / "val2017").iterdir()) == names[20:]
    body = read(made / "annotations" / "person_keypoints_val2017.json")
    assert set(body) == {"info", "licenses", "images", "annotations", "categories"}
    assert body["categories"][0]["keypoints"] == list(BODY.names)
    entry = body["annotations"][0]
    assert set(entry) == {
        *("id", "image_id", "category_id", "iscrowd", "bbox", "area", "segmentation", "keypoints", "num_keypoints")
    }
    assert len(entry["keypoints"]) == 51
    assert entry["num_keypoints"] == sum(v > 0 for v in entry["keypoints"][2::3])
    picture = cv2.imread(str(made / "images" / "val2017" / body["images"][0]["file_name"]))
    assert picture is not None
    assert picture.shape == (240, 320, 3)
    card = read(made / "dataset.json")
    assert card["version"] == VERSION
    assert DrawnConfig.model_validate(card["config"]) == SMALL
    assert "ynthetic" in card["note"]


def test_wholebody_files_add_feet_faces_and_hands(made: Path) -> None:
    lengths = {"keypoints": 51, "foot_kpts": 18, "face_kpts": 204, "lefthand_kpts": 63, "righthand_kpts": 63}
    for split in ("train", "val"):
        body = read(made / "annotations" / f"person_keypoints_{split}2017.json")
        whole = read(made / "annotations" / f"coco_wholebody_{split}_v1.0.json")
        for one, other in zip(body["annotations"], whole["annotations"], strict=True):
            assert one.items() <= other.items()
            assert {key: len(other[key]) for key in lengths} == lengths
            for part in ("face", "lefthand", "righthand"):
                assert other[f"{part}_valid"] == any(other[f"{part}_kpts"])
                assert len(other[f"{part}_box"]) == 4
                assert other[f"{part}_valid"] == any(other[f"{part}_box"])
            assert isinstance(other["foot_valid"], bool)


def test_ids_are_unique_over_both_splits(made: Path) -> None:
    files = [read(made / "annotations" / f"person_keypoints_{split}2017.json") for split in ("train", "val")]
    for key in ("images", "annotations"):
        ids = [entry["id"] for file in files for entry in file[key]]
        assert len(ids) == len(set(ids))


def test_truth_handed_in_as_prediction_scores_100(made: Path) -> None:
    path = made / "annotations" / "person_keypoints_val2017.json"
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(path))
        results = [
            {**{key: entry[key] for key in ("image_id", "category_id", "keypoints")}, "score": 1.0}
            for entry in truth.dataset["annotations"]
        ]
        evaluation = COCOeval(truth, truth.loadRes(results), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1.0)
    masks = [truth.annToMask(entry).sum() for entry in truth.dataset["annotations"]]
    areas = [entry["area"] for entry in truth.dataset["annotations"]]
    assert np.corrcoef(masks, areas)[0, 1] > 0.99


def test_detections_belong_to_validation_images(made: Path) -> None:
    detections = read(made / "person_detection_results" / "drawn_val2017_detections_person.json")
    images = {image["id"] for image in read(made / "annotations" / "person_keypoints_val2017.json")["images"]}
    assert {d["image_id"] for d in detections} <= images
    assert all(set(d) == {"image_id", "category_id", "bbox", "score"} and 0 < d["score"] < 1 for d in detections)


def test_annotations_in_the_file_are_those_of_the_scene(made: Path) -> None:
    first = draw_scene(SMALL, "val", 0)
    entries = read(made / "annotations" / "person_keypoints_val2017.json")["annotations"]
    for entry, person in zip(entries, first.persons, strict=False):
        assert entry == body_annotation(entry["id"], SMALL.num_train_images + 1, person)


def test_the_number_of_workers_does_not_change_the_files(made: Path, tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    make_drawn_dataset(tmp_path / "other", SMALL, on_image=lambda *call: calls.append(call), num_workers=2)
    assert folder_digests(tmp_path / "other") == folder_digests(made)
    assert calls == [(i, 34) for i in range(1, 35)]


def test_an_interrupted_make_leaves_nothing_behind(tmp_path: Path) -> None:
    def interrupt(done: int, _: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_drawn_dataset(tmp_path / "drawn", SMALL, on_image=interrupt, num_workers=1)
    assert list(tmp_path.iterdir()) == []


def test_a_data_set_that_is_there_is_kept(made: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in made.rglob("*")}
    make_drawn_dataset(made, SMALL)
    assert {path: path.stat().st_mtime_ns for path in made.rglob("*")} == before


def test_nothing_else_is_overwritten(made: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    for root in (tmp_path, made):
        with pytest.raises(DataError, match="not empty"):
            make_drawn_dataset(root, DrawnConfig(seed=9, num_train_images=1, num_val_images=1))
    assert (tmp_path / "mine.txt").read_text() == "precious"
