"""`show poses`: a picture of what was predicted, or one line that says why there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from gtpt_bench.keypoints import WHOLEBODY
from gtpt_bench.models import create_model
from gtpt_bench.show.colours import COLOURS
from gtpt_bench.training.checkpoint import save_checkpoint
from tests.cli.command import gtpt_study
from tests.data.coco_folder import shared


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "images" / "val2017"
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / "000000000007.jpg"), np.full((120, 160, 3), 90, np.uint8))
    return tmp_path


def entry(image_id: int = 7, *, num: int = 17, **changes: Any) -> dict[str, Any]:
    keypoints = [value for place in range(num) for value in (20 + 7 * place, 100 - 5 * place, 0.1)]
    return {"image_id": image_id, "category_id": 1, "keypoints": keypoints, "score": 0.05, **changes}


def written(root: Path, entries: Any) -> Path:
    path = root / "results.json"
    path.write_text(json.dumps(entries))
    return path


def colours_of(path: Path) -> set[tuple[int, ...]]:
    picture = cv2.imread(str(path))
    assert picture is not None
    numbers = np.unique(picture.reshape(-1, 3).astype(int) @ (1, 256, 256**2)).tolist()
    return {(number // 256**2, number // 256 % 256, number % 256) for number in numbers}


def show(root: Path, *more: str | Path, image: str = "7") -> Any:
    return gtpt_study("show", "poses", "--image", image, "--data-root", root, "--output", root / "out.png", *more)


def test_saved_predictions_are_drawn_by_image_id(root: Path) -> None:
    answer = show(root, "--predictions", written(root, [entry(), entry(8), entry(score=0.001)]))
    assert answer.code == 0
    assert answer.out.startswith("1 of 2 poses (coco) of 000000000007.jpg")
    assert {COLOURS["left side"], COLOURS["right side"], COLOURS["middle"]} <= colours_of(root / "out.png")
    assert [path.name for path in root.iterdir() if path.suffix == ".tmp"] == []


def test_an_image_file_says_its_id_by_its_name(root: Path) -> None:
    path = root / "images" / "val2017" / "000000000007.jpg"
    assert show(root, "--predictions", written(root, [entry()]), image=str(path)).code == 0


def test_mpii_has_sixteen_keypoints(root: Path) -> None:
    assert "(mpii)" in show(root, "--predictions", written(root, [entry(num=16)])).out


def test_where_nothing_is_sure_enough_that_is_said(root: Path) -> None:
    answer = show(root, "--predictions", written(root, [entry()]), "--threshold", "0.5")
    assert answer.code == 0
    assert "lower --threshold" in answer.err


def test_a_model_predicts_in_the_boxes_that_are_given(root: Path) -> None:
    torch.manual_seed(0)
    weights = root / "checkpoint.pt"
    save_checkpoint(weights, {"ema": create_model("gtpt_tiny_coco").state_dict()})
    answer = show(
        *(root, "--model", "gtpt_tiny_coco", "--weights", weights, "--threshold", "0"),
        *("--box", "10,10,60,90", "--box", "70,5.5,60,100", "--score-share", "0"),
    )
    assert answer.code == 0
    assert answer.out.startswith("2 of 2 poses (coco)")


def test_real_whole_bodies_are_drawn_with_all_their_parts(tmp_path: Path) -> None:
    results = shared("evaluation/coco_wholebody_example/results.json")
    answer = gtpt_study(
        *("show", "poses", "--image", "785", "--data-root", shared("coco_mini"), "--predictions", results),
        *("--threshold", "0.3", "--output", tmp_path / "skier.png"),
    )
    assert answer.out.startswith(f"1 of 1 poses ({WHOLEBODY.name})")
    assert set(COLOURS.values()) <= colours_of(tmp_path / "skier.png")


# Mistakes


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], "nobody on image 7"),
        ([entry(8), entry(9)], "nobody on image 7; it has 8, 9"),
        ([entry(num=15)], "no poses of 17, 16 (MPII) or 133 keypoints"),
        ([entry(keypoints=None)], "no poses"),
        ([entry(score=None)], "not a number"),
        ([entry(face_kpts=[1, 2, 3])], "no poses"),
        ([entry(score=float("nan"))], "not a number"),
        ([entry(), entry(num=16)], "no poses"),
        ({"annotations": []}, "not a results file"),
    ],
    ids=["none", "others", "fifteen", "keypoints", "score", "face", "nan", "mixed", "annotations"],
)
def test_predictions_that_cannot_be_drawn_are_one_line(root: Path, entries: Any, expected: str) -> None:
    assert expected in show(root, "--predictions", written(root, entries)).error
    assert not (root / "out.png").exists()


@pytest.mark.parametrize(
    ("image", "more", "expected"),
    [
        ("photo.jpg", ("--predictions", "r.json"), "photo.jpg does not exist"),
        ("12", ("--predictions", "r.json"), "has no image 000000000012.jpg; is the split right"),
        ("7", ("--predictions", "r.json", "--model", "gtpt_s_coco"), "leave out --model"),
        ("7", (), "give --predictions FILE, or --model NAME with --weights FILE"),
        ("7", ("--model", "gtpt_s_coco"), "with --weights FILE"),
        ("7", ("--model", "gtpt_s_coco", "--weights", "w.pth", "--box", "1,2,3"), "is not X,Y,W,H"),
        ("7", ("--model", "gtpt_s_coco", "--weights", "w.pth", "--box", "1,2,0,5"), "must be above 0"),
        ("7", ("--model", "gtpt_s_coco", "--weights", "w.pth", "--box", "nan,2,4,5"), "is not X,Y,W,H"),
    ],
)
def test_wrong_use_is_one_line(root: Path, image: str, more: tuple[str, ...], expected: str) -> None:
    assert expected in show(root, *more, image=image).error


def test_only_png_is_written(root: Path) -> None:
    answer = show(root, "--predictions", written(root, [entry()]), "--output", root / "out.jpg")
    assert "not a .png file" in answer.error


def test_an_id_needs_a_data_root(root: Path) -> None:
    assert "--data-root" in gtpt_study("show", "poses", "--image", "7", "--predictions", root / "r.json").error


def test_a_file_without_a_number_needs_its_id(root: Path) -> None:
    photo = root / "photo.jpg"
    photo.write_bytes((root / "images" / "val2017" / "000000000007.jpg").read_bytes())
    more = ("--predictions", written(root, [entry(3, num=16)]))
    assert "say it with --image-id" in show(root, *more, image=str(photo)).error
    assert "1 of 1 poses (mpii) of photo.jpg" in show(root, *more, "--image-id", "3", image=str(photo)).out
