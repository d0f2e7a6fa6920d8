"""PCKh: published truth and predictions give the measured figures, and the edges are defined."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import loadmat, savemat

from gtpt_bench.errors import DataError
from gtpt_bench.evaluation.matches_json import joint_errors_from_json, joint_errors_to_json
from gtpt_bench.evaluation.mpii import COLUMNS, COUNTED, LEFT_OUT, MpiiTruth, joint_errors, mpii_metrics, pckh
from gtpt_bench.evaluation.mpii_files import JOINT_NAMES, read_mpii_predictions, read_mpii_truth
from gtpt_bench.evaluation.score import score_files
from tests.data.coco_folder import shared

Array = np.ndarray[Any, np.dtype[Any]]
HEAD = 50.0
NUM_MEANS = 2


def people(num: int = 3, *, annotated: Array | None = None, seed: int = 0) -> MpiiTruth:
    joints = np.random.default_rng(seed).uniform(1, 500, (num, 16, 2))
    every = np.ones((num, 16), bool) if annotated is None else annotated
    return MpiiTruth(joints, every, np.full(num, HEAD))


def moved(truth: MpiiTruth, heads: float) -> Array:
    """All joints to the right by so many head sizes."""
    return truth.joints + np.asarray([heads * HEAD, 0])


def write_mat(path: Path, truth: MpiiTruth, **changes: Any) -> Path:
    half = HEAD / 0.6 / np.sqrt(2)
    content = {
        "pos_gt_src": np.moveaxis(truth.joints, 0, -1),
        "jnt_missing": 1 - np.moveaxis(truth.annotated, 0, -1).astype(np.uint8),
        "headboxes_src": np.tile(np.asarray([[0, 0], [half, half]])[..., None], len(truth)),
        "dataset_joints": np.asarray([[np.asarray([name]) for name in JOINT_NAMES]], dtype=object),
    } | changes
    savemat(path, {name: value for name, value in content.items() if value is not None})
    return path


# Real files


@pytest.mark.parametrize(
    ("example", "file"),
    [("mpii_val", "evaluation/mpii_val/gt_valid.mat"), ("mpii_mini", "mpii_mini/annot/gt_valid.mat")],
)
def test_predictions_of_a_real_method_score_as_measured(example: str, file: str) -> None:
    expected = json.loads(shared("evaluation/expected.json").read_text())[example]["stats"]
    found = score_files(shared(file), shared(file), "mpii")
    for limit, stats in expected.items():
        assert found[limit] == pytest.approx(stats, abs=1e-4)
        assert found[limit].keys() == stats.keys()
    assert found["Mean"] == pytest.approx(expected["PCKh@0.5"]["Mean_weighted_by_joint_count"], abs=1e-4)
    assert found["Mean@0.1"] == pytest.approx(expected["PCKh@0.1"]["Mean_weighted_by_joint_count"], abs=1e-4)
    assert list(found)[:9] == [*"Head Shoulder Elbow Wrist Hip Knee Ankle Mean Mean@0.1".split()]


def test_real_annotations_handed_in_score_a_hundred(tmp_path: Path) -> None:
    truth, people_file = shared("mpii_mini/annot/gt_valid.mat"), shared("mpii_mini/annot/valid.json")
    as_poses = [(np.asarray(entry["joints"]) - 1).tolist() for entry in json.loads(people_file.read_text())]
    (tmp_path / "poses.json").write_text(json.dumps(as_poses))
    for predictions in (people_file, tmp_path / "poses.json"):
        for against in (truth, people_file):
            found = score_files(predictions, against, "mpii")
            assert found["PCKh@0.1"] == pytest.approx(dict.fromkeys(found["PCKh@0.1"], 100.0))


def test_predictions_in_a_matlab_file_count_from_1_and_in_json_from_0(tmp_path: Path) -> None:
    file = shared("mpii_mini/annot/gt_valid.mat")
    from_one = np.moveaxis(loadmat(str(file))["pos_pred_src"], -1, 0)
    flat = [np.column_stack((pose - 1, np.ones(16))).ravel().tolist() for pose in from_one]
    entries = [{"image_id": i, "category_id": 1, "score": 1.0, "keypoints": k} for i, k in enumerate(flat)]
    (tmp_path / "p.json").write_text(json.dumps(entries))
    assert score_files(tmp_path / "p.json", file, "mpii") == score_files(file, file, "mpii")


# By hand


@pytest.mark.parametrize(
    ("heads", "at_half", "at_tenth"), [(0, 100, 100), (0.09, 100, 100), (0.3, 100, 0), (0.51, 0, 0)]
)
def test_a_joint_is_found_within_a_part_of_the_head(heads: float, at_half: float, at_tenth: float) -> None:
    truth = people()
    found = mpii_metrics(joint_errors(truth, moved(truth, heads)))
    assert {found[name] for name in (*COLUMNS, "Mean")} == {at_half}
    assert found["Mean@0.1"] == at_tenth


def test_exactly_the_limit_is_within_it() -> None:
    truth = MpiiTruth(np.zeros((1, 16, 2)), np.ones((1, 16), bool), np.asarray([64.0]))
    assert pckh(joint_errors(truth, truth.joints + np.asarray([32.0, 0])), 0.5)["Mean_of_joint_rates"] == 100


def test_the_two_means_weigh_joints_by_count_or_alike() -> None:
    """Everyone's head is found; ten other joints are annotated in one person of two and never found."""
    annotated = np.zeros((2, 16), bool)
    annotated[:, 9] = True
    annotated[0, [0, 1, 2, 3, 4, 5, 10, 11, 12, 13]] = True
    truth = people(2, annotated=annotated)
    predictions = moved(truth, 5)
    predictions[:, 9] = truth.joints[:, 9]
    found = pckh(joint_errors(truth, predictions), 0.5)
    assert found["Mean_weighted_by_joint_count"] == pytest.approx(100 * 2 / 12)
    assert found["Mean_of_joint_rates"] == pytest.approx(100 / 11)
    assert (found["Head"], found["Shoulder"]) == (100, 0)


def test_a_column_is_the_mean_of_left_and_right_whatever_their_counts() -> None:
    annotated = np.zeros((4, 16), bool)
    annotated[:, 12], annotated[0, 13] = True, True
    truth = people(4, annotated=annotated)
    predictions = moved(truth, 5)
    predictions[0, 13] = truth.joints[0, 13]
    assert pckh(joint_errors(truth, predictions), 0.5)["Shoulder"] == pytest.approx(50)


def test_pelvis_and_thorax_and_what_is_not_annotated_count_nowhere() -> None:
    annotated = np.ones((3, 16), bool)
    annotated[1, 4] = False
    truth = people(annotated=annotated)
    predictions = truth.joints.copy()
    predictions[:, LEFT_OUT] = 1e6
    predictions[1, 4] = np.nan
    found = pckh(joint_errors(truth, predictions), 0.1)
    assert found == dict.fromkeys(found, 100.0)


def test_nothing_annotated_is_no_figure() -> None:
    for nobody in (people(0), people(2, annotated=np.zeros((2, 16), bool))):
        found = pckh(joint_errors(nobody, nobody.joints), 0.5)
        assert found == dict.fromkeys(found, -1.0)
        assert len(found) == len(COLUMNS) + NUM_MEANS


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0.01, 2), st.floats(0.01, 2))
def test_a_wider_limit_never_finds_fewer(seed: int, one: float, other: float) -> None:
    truth = people(5, seed=seed)
    noise = np.random.default_rng(seed + 1).normal(0, HEAD / 2, truth.joints.shape)
    errors = joint_errors(truth, truth.joints + noise)
    narrow, wide = (pckh(errors, limit) for limit in sorted((one, other)))
    assert all(narrow[name] <= wide[name] for name in narrow)
    assert 0 <= narrow["Mean_weighted_by_joint_count"] <= wide["Mean_weighted_by_joint_count"] <= 100


def test_kept_distances_give_the_same_figures() -> None:
    truth = people(4, annotated=np.random.default_rng(0).random((4, 16)) < 0.7)
    errors = joint_errors(truth, moved(truth, 0.3))
    again = joint_errors_from_json(json.loads(json.dumps(joint_errors_to_json(errors))))
    assert mpii_metrics(again) == mpii_metrics(errors)
    assert (again.counts == errors.counts).all()


# What cannot be scored


def test_as_many_predictions_as_persons_are_needed() -> None:
    with pytest.raises(DataError, match=r"^the predictions: 2 predictions for the 3 persons of the annotations"):
        joint_errors(people(3), people(2).joints)


def test_a_prediction_that_is_no_number_is_named() -> None:
    truth = people()
    for value in (np.nan, np.inf):
        predictions = truth.joints.copy()
        predictions[2, COUNTED[3], 1] = value
        with pytest.raises(DataError, match=r"^the predictions: entry 2: left_hip is not a number$"):
            joint_errors(truth, predictions)


def test_a_single_person_whose_axis_matlab_dropped_is_read(tmp_path: Path) -> None:
    truth = people(1)
    path = write_mat(tmp_path / "gt.mat", truth, pos_gt_src=truth.joints[0], pos_pred_src=truth.joints[0])
    assert read_mpii_truth(path).head_sizes == pytest.approx([HEAD])
    assert score_files(path, path, "mpii")["Mean@0.1"] == 100


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pos_gt_src": None}, "has no pos_gt_src"),
        ({"pos_gt_src": np.zeros((14, 2, 3))}, "pos_gt_src must be 16 x 2 x persons: its shape is 14 x 2 x 3"),
        ({"pos_gt_src": np.zeros((16, 2, 4))}, "of different numbers of persons"),
        ({"pos_gt_src": np.full((16, 2, 3), np.nan)}, "person 0 has a joint that is not a number"),
        ({"headboxes_src": np.zeros((2, 2, 3))}, "person 0 has a joint that is not a number, or no head"),
        ({"dataset_joints": np.asarray([["a", "b"]], dtype=object)}, "dataset_joints must be rank rkne"),
    ],
)
def test_truth_that_cannot_be_scored_against_is_named(tmp_path: Path, changes: Any, message: str) -> None:
    path = write_mat(tmp_path / "gt_valid.mat", people(), **changes)
    with pytest.raises(DataError, match=message) as caught:
        read_mpii_truth(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "must be a list of predictions"),
        ('[{"keypoints": [1, 2]}]', "entry 0 is not a pose of MPII; needed: keypoints with 3 x 16 numbers"),
        ("[[[1, 2]]]", "entry 0 is not a pose of MPII"),
        ("[7]", "entry 0 is not a pose of MPII"),
    ],
)
def test_predictions_of_another_form_are_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        read_mpii_predictions(path)


def test_files_that_are_missing_or_no_matlab_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gt.mat does not exist$"):
        read_mpii_truth(tmp_path / "gt.mat")
    (tmp_path / "gt_valid.mat").write_text("no matrix")
    with pytest.raises(DataError, match=r"gt_valid.mat cannot be read as a MATLAB file: ") as caught:
        read_mpii_truth(tmp_path / "valid.json")
    assert "\n" not in str(caught.value)
