"""A study with five keypoints of the user's own, from annotation files to the caption of its table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.evaluation.coco import STATS
from gtpt_bench.files import read_text
from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.report.accuracy import study_accuracy
from gtpt_bench.report.caption import accuracy_sentences
from gtpt_bench.report.records import gather
from gtpt_bench.study.session import Session
from gtpt_bench.study.store import read_record
from tests.data.coco_folder import annotation, content, image_entry, write_split
from tests.keypoints.own_sets import MOUSE, own
from tests.study.small_study import SMALL_MODEL, Workplace

NUM_IMAGES = {"train2017": 4, "val2017": 3}

STUDY: dict[str, Any] = {
    "study": "mice",
    "model": "gtpt_tiny_coco",
    "accuracy": {
        "model": "gtpt_tiny_coco",
        "data": "coco",
        "training": {"preset": "quick", "epochs": 1, "batch_size": 4},
        "evaluation": {"boxes": "ground_truth"},
    },
    "vary": {"variants": {"mouse": {**SMALL_MODEL, "keypoints": MOUSE}}},
}


def write_mice(root: Path, keypoints: KeypointSet) -> None:
    """Grey pictures with one mouse each."""
    for split, count in NUM_IMAGES.items():
        images = [image_entry(number) for number in range(1, count + 1)]
        mice = [annotation(image["id"], image["id"], keypoint_set=keypoints) for image in images]
        write_split(root, split, content(images, mice))


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The study, run to its end."""
    path = tmp_path_factory.mktemp("mice")
    write_mice(path / "data", own().keypoint_set)
    place = Workplace(path)
    place.write(STUDY)
    outcome = place.run(data_root=path / "data")
    assert outcome.failed == 0
    return place.open(data_root=path / "data")


def test_it_is_evaluated_on_its_own_annotations(session: Session) -> None:
    (run,) = session.plan.runs
    found = read_record(session.folder.run(run).evaluation(run.evaluate_signature), run.evaluate_signature)
    assert found is not None
    assert set(STATS) <= found["metrics"].keys()
    assert (found["metrics"]["num_people"], found["metrics"]["num_images"]) == (3, 3)


def test_predictions_have_its_keypoints(session: Session) -> None:
    (run,) = session.plan.runs
    assert run.config.model.keypoint_set == own().keypoint_set
    path = session.folder.run(run).predictions(run.evaluate_signature)
    entries = json.loads(read_text(path))
    assert len(entries) == 3
    assert all(len(entry["keypoints"]) == 3 * 5 for entry in entries)


def test_finished_work_is_known_again(session: Session) -> None:
    assert session.missing_jobs() == []


def test_the_caption_does_not_speak_of_coco(session: Session) -> None:
    records = gather(session.plan, session.folder)
    accuracy = study_accuracy({name: r.evaluations for name, r in records.items()}, session.plan.reference)
    text = " ".join(accuracy_sentences(session.plan, accuracy))
    assert text.startswith("AP and AR over 5 keypoints: gtpt_tiny_coco")
    assert "not AP on" not in text
