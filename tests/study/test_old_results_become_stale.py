"""What has moved on since a run was made: it is missing again, and its old result is kept and shown as stale."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from gtpt_bench import config
from tests.study.outcomes import contents, states, status_of
from tests.study.small_study import STUDY, Workplace


def all_states(place: Workplace, part: str, **options: Any) -> list[str]:
    return [status.state for status in place.open(**options).status() if status.part == part]


def raise_version(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "STEP_VERSIONS", MappingProxyType({**config.STEP_VERSIONS, step: 99}))


def test_a_raised_version_of_training_makes_runs_missing_and_their_results_stale(
    finished: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(finished.results)
    raise_version("train", monkeypatch)
    assert all_states(finished, "dense seed 0") == ["missing", "stale"]
    stale = status_of(finished.open(), "dense seed 0", "stale")
    assert stale.folder
    assert stale.folder.name in stale.words
    assert (stale.folder / "train.json").exists()
    assert contents(finished.results) == before


def test_a_stale_run_is_done_again_beside_the_old_one(finished: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    raise_version("train", monkeypatch)
    assert finished.run(only=["pruned"]).done == 1
    assert all_states(finished, "pruned seed 0") == ["done", "stale"]
    assert len(list(finished.results.glob("mini/pruned-s0-*/train.json"))) == 2


def test_a_raised_version_of_scoring_needs_no_training(finished: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    raise_version("evaluate", monkeypatch)
    assert all_states(finished, "dense seed 0") == ["missing"]
    words = status_of(finished.open(), "dense seed 0", "missing").words
    assert words == "trained, not evaluated by this protocol"


def test_a_raised_version_of_counting_leaves_runs_alone(finished: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    raise_version("cost", monkeypatch)
    assert {part: state for part, state in states(finished.open()).items() if state != "done"} == {
        "cost of gtpt_tiny_coco, dense": "missing",
        "cost of gtpt_tiny_coco, pruned": "missing",
    }


def test_another_recipe_is_another_run_and_the_old_one_is_neither_stale_nor_lost(finished: Workplace) -> None:
    accuracy = {**STUDY["accuracy"], "training": {**STUDY["accuracy"]["training"], "epochs": 3}}
    finished.write({**STUDY, "accuracy": accuracy})
    assert all_states(finished, "dense seed 0") == ["missing"]
    finished.write(STUDY)
    assert all_states(finished, "dense seed 0") == ["done"]


@pytest.fixture
def real(finished: Workplace) -> Workplace:
    """The finished study once more, on the same pictures as a data root that belongs to the user."""
    (drawn,) = finished.results.glob(".cache/drawn-*")
    shutil.copytree(drawn, finished.path / "coco")
    accuracy = {**STUDY["accuracy"], "data": "coco", "only": ["pruned"]}
    finished.write({**STUDY, "accuracy": accuracy})
    assert finished.run(data_root=finished.path / "coco").failed == 0
    return finished


def edited(path: Path) -> None:
    content = json.loads(path.read_text())
    content["annotations"].pop()
    path.write_text(json.dumps(content))


def test_changed_training_annotations_make_the_result_stale(real: Workplace) -> None:
    root = real.path / "coco"
    assert all_states(real, "pruned seed 0", data_root=root) == ["done"]
    edited(root / "annotations" / "person_keypoints_train2017.json")
    assert all_states(real, "pruned seed 0", data_root=root) == ["missing", "stale"]


def test_changed_evaluation_annotations_ask_for_scoring_alone(real: Workplace) -> None:
    root = real.path / "coco"
    edited(root / "annotations" / "person_keypoints_val2017.json")
    status = status_of(real.open(data_root=root), "pruned seed 0", "missing")
    assert status.words == "trained, not evaluated by this protocol"


def test_the_same_data_in_another_folder_are_the_same_data(real: Workplace) -> None:
    moved = (real.path / "coco").rename(real.path / "moved")
    assert all_states(real, "pruned seed 0", data_root=moved) == ["done"]
