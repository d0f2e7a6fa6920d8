"""`eval` from weights to predictions, `score` from predictions to figures, on real files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from gtpt_bench.evaluation.coco import STATS
from gtpt_bench.models import create_model
from gtpt_bench.training.checkpoint import FORMAT
from tests.cli.command import gtpt_study
from tests.data.coco_folder import annotation, content, image_entry, shared, write_json

PARTS = ("wholebody", "body", "foot", "face", "lefthand", "righthand", "hand")
PERSON = annotation(1, 1)


def scored(folder: str, protocol: str) -> Any:
    at = shared(f"evaluation/{folder}")
    return gtpt_study(
        "score", at / "results.json", "--annotations", at / "gt.json", "--protocol", protocol, "--json"
    ).json


def expected(folder: str) -> Any:
    return json.loads(shared("evaluation/expected.json").read_text())[folder]["stats"]


@pytest.mark.parametrize("folder", ["coco_example_139099", "coco_example_4img"])
def test_body_keypoints_score_as_published(folder: str) -> None:
    assert scored(folder, "coco") == pytest.approx(expected(folder), abs=1e-6)


def test_whole_bodies_score_part_by_part() -> None:
    found = scored("coco_wholebody_example", "wholebody")
    assert found.keys() == set(PARTS)
    for part, stats in expected("coco_wholebody_example").items():
        assert found[part] == pytest.approx(stats, abs=1e-6)


@pytest.mark.parametrize("file", ["evaluation/mpii_val/gt_valid.mat", "mpii_mini/annot/gt_valid.mat"])
def test_mpii_is_scored_by_the_predictions_of_its_own_file(file: str) -> None:
    arguments = ("score", shared(file), "--annotations", shared(file), "--protocol", "mpii")
    found = gtpt_study(*arguments, "--json").json
    stats = expected("mpii_mini" if "mini" in file else "mpii_val")
    assert found["Mean"] == pytest.approx(stats["PCKh@0.5"]["Mean_weighted_by_joint_count"], abs=1e-4)
    assert {limit: found[limit] for limit in stats} == {
        limit: pytest.approx(figures, abs=1e-4) for limit, figures in stats.items()
    }
    assert f"{found['Mean']:.4f}" in gtpt_study(*arguments).out


def test_whole_bodies_are_evaluated_on_real_images_and_their_predictions_scored_again(tmp_path: Path) -> None:
    torch.manual_seed(0)
    weights = tmp_path / "weights.pt"
    torch.save({"format": FORMAT, "ema": create_model("gtpt_tiny_wholebody").state_dict()}, weights)
    root, predictions = shared("coco_mini"), tmp_path / "predictions.json.gz"
    arguments = ("eval", "gtpt_tiny_wholebody", "--weights", weights, "--data-root", root, "--split", "val2017")
    options = ("--boxes", "ground_truth", "--predictions", predictions, "--set", "oks_nms=soft")
    found = gtpt_study(*arguments, *options, "--json").json
    protocol = found.pop("protocol")
    assert (protocol["name"], protocol["oks_nms"]["kind"]) == ("wholebody", "soft")
    assert protocol["boxes"] == {"source": "ground_truth"}
    assert found.keys() == set(PARTS)
    assert all(tuple(stats) == STATS for stats in found.values())
    truth = root / "annotations" / "coco_wholebody_val_v1.0.json"
    again = gtpt_study("score", predictions, "--annotations", truth, "--protocol", "wholebody", "--json")
    assert again.json == found


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("oks_nms=hard", "--set: oks_nms: "),
        ("no_such=1", "--set: no_such: "),
        ("flip_test", "--set flip_test: KEY=VALUE is expected"),
    ],
)
def test_a_protocol_that_does_not_exist_is_refused_before_anything_is_read(option: str, message: str) -> None:
    answer = gtpt_study("eval", "gtpt_s_coco", "--weights", "w.pth", "--data-root", "d", "--set", option)
    assert answer.error.startswith(message)
    assert answer.code == 2


@pytest.mark.parametrize(
    ("protocol", "message"),
    [("wholebody", "annotation 0 lacks face_kpts, foot_kpts, "), ("mpii", "cannot be read as a MATLAB file")],
)
def test_annotations_of_another_protocol_are_refused(tmp_path: Path, protocol: str, message: str) -> None:
    truth = write_json(tmp_path / "truth.mat", content([image_entry(1)], [PERSON]))
    results = write_json(tmp_path / "results.json", [])
    answer = gtpt_study("score", results, "--annotations", truth, "--protocol", protocol)
    assert message in answer.error
    assert str(truth) in answer.error


def test_mpii_predictions_of_other_people_are_refused(tmp_path: Path) -> None:
    truth, results = shared("mpii_mini/annot/gt_valid.mat"), write_json(tmp_path / "results.json", [])
    error = gtpt_study("score", results, "--annotations", truth, "--protocol", "mpii").error
    assert "0 predictions for the 5 persons" in error


@pytest.mark.parametrize(
    ("model", "folder", "words"),
    [
        ("hevitpose_t", "annotations", "hevitpose_t is a model of MPII, and "),
        ("gtpt_tiny_coco", "annot", "gtpt_tiny_coco is a model of COCO, and "),
    ],
)
def test_a_folder_of_other_data_is_told_with_what_the_model_is_of(
    tmp_path: Path, model: str, folder: str, words: str
) -> None:
    (tmp_path / folder).mkdir()
    answer = gtpt_study("eval", model, "--weights", "none.pth", "--data-root", tmp_path)
    assert answer.code == 2
    assert words in answer.err
