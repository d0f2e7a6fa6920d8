"""MPII's five real people from annotation files to PCKh, by the steps that every run takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gtpt_bench.config import RunConfig
from gtpt_bench.data.config import MpiiData
from gtpt_bench.data.layout import DataRoot
from gtpt_bench.data.people import read_json
from gtpt_bench.data.samples import evaluation_crops, evaluation_truth
from gtpt_bench.evaluation.matches_json import joint_errors_from_json
from gtpt_bench.evaluation.mpii import MpiiTruth, mpii_metrics
from gtpt_bench.evaluation.poses import Poses
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.evaluation.score import ScoredJoints, score_files, score_poses
from gtpt_bench.keypoints import MPII
from gtpt_bench.models import model_config
from gtpt_bench.report.caption import table_caption
from gtpt_bench.report.records import gather
from gtpt_bench.report.table import study_table
from gtpt_bench.study.session import Session
from gtpt_bench.study.store import read_record
from tests.data.coco_folder import shared
from tests.study.small_study import SMALL_MODEL, Workplace

PROTOCOL = Protocol(boxes="ground_truth")

STUDY: dict[str, Any] = {
    "study": "mpii",
    "model": "gtpt_tiny_coco",
    "accuracy": {
        "model": "gtpt_tiny_coco",
        "data": {"kind": "mpii", "train": "valid", "evaluation": "valid"},
        "training": {"preset": "quick", "epochs": 1, "batch_size": 5},
        "evaluation": {"boxes": "ground_truth"},
    },
    "vary": {"variants": {"sixteen": {**SMALL_MODEL, "keypoints": "mpii"}}},
}


def annotated() -> tuple[Poses, RunConfig, DataRoot]:
    """The labels as a model that finds everything would predict them."""
    run = RunConfig(model=model_config("gtpt_tiny_coco", {"keypoints": "mpii"}), data=MpiiData(), evaluation=PROTOCOL)
    root = DataRoot(shared("mpii_mini"))
    people = evaluation_crops(run, root).people
    keypoints = np.stack([np.column_stack((person.keypoints, np.ones(16))) for person in people])
    ones = np.ones(len(people))
    return Poses(np.arange(len(people)), keypoints.astype(np.float64), ones, ones), run, root


def test_perfect_poses_in_image_pixels_score_a_hundred() -> None:
    """Labels are read counting from 0, the truth counts from 1."""
    poses, run, root = annotated()
    found = score_poses(evaluation_truth(run, root), poses, MPII, PROTOCOL)
    assert found.scored.metrics["PCKh@0.1"] == dict.fromkeys(found.scored.metrics["PCKh@0.1"], 100.0)
    assert [entry["image_id"] for entry in found.results] == list(range(5))


def test_poses_a_pixel_off_are_a_pixel_off() -> None:
    poses, run, root = annotated()
    truth = evaluation_truth(run, root)
    moved = replace(poses, keypoints=poses.keypoints + np.asarray([3.0, 4.0, 0]))
    scored = score_poses(truth, moved, MPII, PROTOCOL).scored
    assert isinstance(truth, MpiiTruth)
    assert isinstance(scored, ScoredJoints)
    expected = np.where(scored.errors.counts, 5 / truth.head_sizes[:, None], 0)
    assert scored.errors.distance == pytest.approx(expected, abs=1e-4)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The study, run to its end."""
    root, place = shared("mpii_mini"), Workplace(tmp_path_factory.mktemp("mpii"))
    place.write(STUDY)
    outcome = place.run(data_root=root)
    assert outcome.failed == 0
    return place.open(data_root=root)


def test_the_record_has_pckh_and_its_protocol(session: Session) -> None:
    (run,) = session.plan.runs
    folder, signature = session.folder.run(run), run.evaluate_signature
    record = read_record(folder.evaluation(signature), signature)
    assert record is not None
    assert record["protocol"]["name"] == "mpii"
    assert (record["metrics"]["num_people"], record["metrics"]["num_images"]) == (5, 5)
    kept = joint_errors_from_json(read_json(folder.matches(signature)))
    again = score_files(folder.predictions(signature), shared("mpii_mini/annot/gt_valid.mat"), "mpii")
    for name, value in mpii_metrics(kept).items():
        assert record["metrics"][name] == value == again[name], name


def test_the_report_has_pckh_in_columns_of_its_own_and_says_what_it_is(session: Session) -> None:
    records = gather(session.plan, session.folder)
    (run,) = records["sixteen"].joints
    table = study_table(session.plan, records, None)
    cells = table.rows[0].cells
    assert not {column.key for column in table.columns} & {"ap", "ar"}
    assert cells["pckh"].value == pytest.approx(run.found.record["metrics"]["Mean"])
    assert cells["pckh_tenth"].value == pytest.approx(run.found.record["metrics"]["Mean@0.1"])
    low, high = cells["pckh_low"].value, cells["pckh_high"].value
    assert low is not None
    assert high is not None
    assert low <= run.found.record["metrics"]["Mean"] <= high
    caption = " ".join(table_caption(session.plan, records, None))
    assert "real images in MPII's layout, trained on valid, evaluated on valid, 5 persons" in caption
    assert "Trained and evaluated on the same images: PCKh says nothing about others." in caption
    assert "Without result" not in caption
