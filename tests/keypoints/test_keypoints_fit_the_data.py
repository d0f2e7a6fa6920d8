"""A plan refuses data that do not have the model's keypoints, in one line that names both keys and what would do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gtpt_bench.config import RunConfig
from gtpt_bench.data.config import CocoData, DrawnData, MpiiData
from gtpt_bench.errors import StudyError
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.models.catalogue import model_config
from gtpt_bench.study.compatible import first_conflict
from tests.keypoints.own_sets import MOUSE
from tests.study.small_study import Workplace

STUDY = """\
study: mini
accuracy:
  model: gtpt_tiny_coco
  data: {data}
  training: quick
vary:
  variants:
    usual: {{}}
    other:
      keypoints: {keypoints}
"""
BY_NAME = {"coco": "coco", "mpii": "mpii", "mouse": MOUSE}


def run(keypoints: str, data: CocoData | DrawnData | MpiiData) -> RunConfig:
    model = model_config("gtpt_tiny_coco", {"keypoints": BY_NAME[keypoints]})
    return RunConfig(model=model, data=data, evaluation=Protocol(boxes="ground_truth"))


@pytest.mark.parametrize(
    ("keypoints", "data", "fits"),
    [
        ("coco", CocoData(), True),
        ("coco", DrawnData(), True),
        ("mouse", CocoData(), True),
        ("mouse", DrawnData(), False),
        ("mpii", CocoData(), False),
        ("mpii", DrawnData(), False),
        ("mpii", MpiiData(), True),
        ("coco", MpiiData(), False),
        ("mouse", MpiiData(), False),
    ],
)
def test_keypoints_that_the_data_have_are_planned(
    keypoints: str, data: CocoData | DrawnData | MpiiData, fits: bool
) -> None:
    assert (first_conflict(run(keypoints, data)) is None) == fits


def test_mpii_is_cropped_where_its_annotations_say() -> None:
    by_detector = run("mpii", MpiiData()).changed({"evaluation.boxes": "detections"})
    conflict = first_conflict(by_detector)
    assert str(conflict) == (
        "accuracy.data and accuracy.evaluation.boxes do not go together: MPII has no boxes of a detector; use boxes "
        "ground_truth"
    )


def test_whole_bodies_are_drawn() -> None:
    config = RunConfig(model=model_config("gtpt_tiny_wholebody"), data=DrawnData())
    assert first_conflict(config) is None


def refusal(path: Path, *changes: str, **texts: Any) -> str:
    place = Workplace(path)
    place.write(STUDY.format(**texts))
    with pytest.raises(StudyError) as caught:
        place.open(*changes, data_root=path if texts["data"] == "coco" else None, may_lack_data=True)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(f"{place.study_file}:")


def test_drawn_people_have_only_the_keypoints_of_people(tmp_path: Path) -> None:
    message = refusal(tmp_path, data="drawn", keypoints=MOUSE)
    assert message == (
        "10: variant 'other': keypoints and accuracy.data do not go together: drawn people have no 'mouse' keypoints; "
        "use keypoints coco or wholebody, or real images that have yours (accuracy.data: coco and --data-root DIR)"
    )


def test_joints_of_mpii_are_neither_drawn_nor_in_coco(tmp_path: Path) -> None:
    drawn = refusal(tmp_path, data="drawn", keypoints="mpii")
    assert drawn.startswith("10: variant 'other': keypoints and accuracy.data ")
    assert drawn.endswith("drawn people have no 'mpii' keypoints; use keypoints coco or wholebody")
    coco = refusal(tmp_path, data="{kind: coco}", keypoints="mpii")
    assert coco.endswith("use accuracy.data: mpii, or keypoints coco or wholebody, or a set of your own")


def test_a_name_that_is_no_set_is_told_with_line_and_known_names(tmp_path: Path) -> None:
    message = refusal(tmp_path, data="drawn", keypoints="cocoo")
    assert message.startswith("10: variant 'other' for gtpt_tiny_coco: keypoints: unknown keypoints; ")
    assert "did you mean 'coco'? allowed: coco, wholebody, mpii" in message
