"""From the common values of a study to those of a profile, and to those set on the command line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gtpt_bench.data.config import CocoData, DrawnData
from gtpt_bench.errors import StudyError
from gtpt_bench.study.load import load_study
from gtpt_bench.study.session import load_training, open_session
from gtpt_bench.study.spec import Study
from gtpt_bench.training.config import TrainingConfig
from gtpt_bench.training.presets import TRAINING

TEXT = """\
study: s
model: gtpt_s_coco
accuracy: {model: gtpt_s_coco, data: coco, training: paper}
seeds: [0, 1, 2]
profiles:
  quick:
    accuracy:
      model: gtpt_tiny_coco
      data: drawn
      training: quick
    seeds: [7]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "s.yaml"
    path.write_text(TEXT)
    return path


def loaded(file: Path, *changes: str, profile: str = "quick", real_data: bool = False) -> Study:
    return load_study(file, profile=profile, real_data=real_data, changes=changes)[0]


def test_quick_is_the_default_and_replaces_what_it_names(file: Path) -> None:
    study = load_study(file)[0]
    assert study.accuracy
    assert study.accuracy.model == "gtpt_tiny_coco"
    assert study.accuracy.data == DrawnData()
    assert study.accuracy.training == TRAINING["quick"]
    assert study.seeds == (7,)
    assert study.model == "gtpt_s_coco"


def test_a_profile_the_file_does_not_have_is_the_common_values(file: Path) -> None:
    study = loaded(file, profile="paper")
    assert study.accuracy
    assert study.accuracy.data == CocoData()
    assert study.accuracy.training == TrainingConfig()
    assert study.seeds == (0, 1, 2)


def test_an_unknown_profile_is_answered_with_the_known_ones(file: Path) -> None:
    with pytest.raises(StudyError, match="quick, paper"):
        loaded(file, profile="fast")


def test_real_data_take_the_place_of_drawn_people(file: Path) -> None:
    study = loaded(file, real_data=True)
    assert study.accuracy
    assert study.accuracy.data == CocoData()
    assert study.accuracy.training == TRAINING["quick"]


def test_single_values_of_a_preset_can_be_changed(file: Path) -> None:
    study = loaded(file, "accuracy.training.epochs=3", "accuracy.data.drawing.num_val_images=9")
    assert study.accuracy
    assert study.accuracy.training == TRAINING["quick"].changed({"epochs": 3})
    assert study.accuracy.data == DrawnData().changed({"drawing.num_val_images": 9})


def test_a_preset_with_other_values_beside_it_is_that_preset_with_those_values(file: Path) -> None:
    file.write_text(TEXT.replace("training: quick", "training: {preset: quick, epochs: 3}"))
    study = loaded(file)
    assert study.accuracy
    assert study.accuracy.training == TRAINING["quick"].changed({"epochs": 3})


def test_settings_are_read_as_yaml_in_their_order(file: Path) -> None:
    study = loaded(file, "seeds=[1]", "seeds=[2, 3]", "title=a = b", "accuracy.training=overfit")
    assert study.seeds == (2, 3)
    assert study.title == "a = b"
    assert study.accuracy
    assert study.accuracy.training == TRAINING["overfit"]


def test_a_setting_adds_a_variant(file: Path) -> None:
    study = loaded(file, "vary.variants.wide={width: 128}")
    assert study.vary.variants == {"wide": {"width": 128}}


def test_another_kind_replaces_the_part_and_the_same_kind_is_merged_into_it(file: Path) -> None:
    """A schedule of another kind keeps nothing of the old one; of its own kind it keeps the rest."""
    other = loaded(file, "accuracy.training.schedule={kind: step, milestones: [2]}")
    same = loaded(file, "accuracy.training.schedule={kind: cosine, floor: 0.5}")
    assert other.accuracy
    assert same.accuracy
    assert other.accuracy.training.schedule.model_dump(exclude={"factor", "one_epoch_early"}) == {
        "kind": "step",
        "milestones": (2,),
    }
    quick = TRAINING["quick"].schedule
    assert same.accuracy.training.schedule == quick.model_copy(update={"floor": 0.5})


def test_a_mistake_in_a_profile_is_placed_where_it_stands(file: Path) -> None:
    file.write_text(TEXT.replace("seeds: [7]", "seeds: [x]"))
    with pytest.raises(StudyError, match=re.escape(f"{file}:11: seeds.0:")):
        loaded(file)
    assert loaded(file, profile="paper").seeds == (0, 1, 2)


def test_names_that_look_like_numbers_stay_names(file: Path) -> None:
    """0357 is a number in YAML, 239 in octal."""
    file.write_text(TEXT + "vary: {variants: {0357: {width: 64}, 1e3: {width: 32}}}\n")
    assert list(loaded(file).vary.variants) == ["0357", "1e3"]


def test_a_training_config_is_a_study_of_one_run(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("model: gtpt_tiny_coco\ndata: drawn\ntraining: quick\nseed: 3\nchanges: {width: 32}\n")
    study = load_training(path)[0]
    assert (study.study, study.seeds, study.model) == ("mine", (3,), "")
    assert study.vary.variants == {"default": {"width": 32}}
    assert study.accuracy
    assert study.accuracy.training == TRAINING["quick"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("model: gtpt_tiny_coco\nmodle: x\n", 2, "modle: unknown key; allowed: run, model, data"),
        ("model: gtpt_tiny_coco\ndata: drawn\ntraining: quick\nseed: -3\n", 4, "seeds.0:"),
        ("model: gtpt_tiny_coco\ndata: drawn\ntraining: {preset: quick, epochs: no}\n", 3, "accuracy.training.epochs:"),
    ],
)
def test_mistakes_in_a_training_config_are_placed_too(text: str, line: int, words: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(StudyError, match=re.escape(f"{path}:{line}: {words}")):
        load_training(path)


def test_a_study_without_profiles_has_no_other_than_the_default(file: Path) -> None:
    file.write_text(TEXT.partition("profiles:")[0])
    assert loaded(file).seeds == (0, 1, 2)
    with pytest.raises(StudyError, match="has no profiles"):
        loaded(file, profile="paper")


def test_a_mistake_on_the_command_line_is_not_blamed_on_the_file(file: Path) -> None:
    with pytest.raises(StudyError, match=re.escape(f"{file}: --set seeds: seeds.0:")):
        loaded(file, "seeds=[x]")


def test_a_changed_study_has_a_report_of_its_own(tmp_path: Path, file: Path) -> None:
    def label(*changes: str) -> str:
        return open_session(file, "quick", None, tmp_path / "results", changes=changes).plan.label

    assert label() == "quick-drawn"
    assert label("seeds=[1]").startswith("quick-drawn-set-")
    assert label("seeds=[1]") != label("seeds=[2]")
    assert label("seeds=[1]", "model=gtpt_t_coco") == label("model=gtpt_t_coco", "seeds=[1]")
