"""`gtpt-study train` takes the keys of its own file on the command line too."""

from __future__ import annotations

from pathlib import Path

import pytest

from gtpt_bench.errors import StudyError
from gtpt_bench.study.load import load_study, load_training

TEXT = """\
run: one
model: gtpt_tiny_coco
data: drawn
training: quick
evaluation: {boxes: ground_truth}
seed: 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "one.yaml"
    path.write_text(TEXT)
    return path


def test_a_training_config_is_a_study_of_one_variant_and_one_seed(file: Path) -> None:
    study, _ = load_training(file)
    assert (study.study, study.seeds) == ("one", (3,))
    assert list(study.vary.variants) == ["default"]


def test_changes_use_the_keys_of_the_file(file: Path) -> None:
    changes = ["training.epochs=2", "seed=5", "changes={width: 48}", "evaluation.flip_test=false"]
    study, _ = load_training(file, changes=changes)
    assert study.accuracy
    assert study.accuracy.training.epochs == 2
    assert study.accuracy.evaluation.flip_test is False
    assert study.seeds == (5,)
    assert study.vary.variants == {"default": {"width": 48}}


def test_other_keys_are_answered_with_those_of_the_file(file: Path) -> None:
    with pytest.raises(StudyError, match="--set accuracy: unknown key; allowed: run, model, data, training"):
        load_training(file, changes=["accuracy.training.epochs=2"])


def test_a_study_and_a_training_config_are_told_apart(file: Path, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="is a training config, not a study; use gtpt-study train"):
        load_study(file)
    study = tmp_path / "study.yaml"
    study.write_text("study: s\n")
    with pytest.raises(StudyError, match="is a study, not a training config; use gtpt-study run"):
        load_training(study)
