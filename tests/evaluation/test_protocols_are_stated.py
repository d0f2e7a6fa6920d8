"""Every result says by which protocol it came about: name and version, boxes and their detector, and all choices."""

from __future__ import annotations

from typing import Any

import pytest

from gtpt_bench.config import DataIdentity, RunConfig, evaluate_signature, stated_protocol, train_signature
from gtpt_bench.data.config import CocoData, DrawnData, MpiiData
from gtpt_bench.errors import InputError
from gtpt_bench.evaluation import named_protocols
from gtpt_bench.evaluation.named_protocols import PROTOCOLS, in_words
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.models import model_config
from gtpt_bench.study.changes import with_changes

STANDARD = "COCO_val2017_detections_AP_H_56_person.json"
DATA = DataIdentity(train="a", evaluation="b")


def run(name: str = "gtpt_s_coco", data: Any = None, **protocol: Any) -> RunConfig:
    return RunConfig(model=model_config(name), data=data or CocoData(), evaluation=Protocol(**protocol))


def test_the_papers_protocol_in_full() -> None:
    assert stated_protocol(run()) == {
        "name": "coco",
        "version": PROTOCOLS["coco"].version,
        "measures": PROTOCOLS["coco"].measures,
        "input_size": [256, 192],
        "pixel_grid": "corner",
        "flip_test": True,
        "flip_shift": True,
        "reading": {"output": "simcc", "bins_a_pixel": 2, "keypoint": "likeliest bins"},
        "boxes": {
            "source": "detections",
            "file": STANDARD,
            "detector": "person detector of SimpleBaseline and HRNet",
            "person_ap": 56.4,
            "threshold": 0.0,
        },
        "images": "all",
        "score": "box score times mean confidence of the keypoints above keypoint_threshold",
        "keypoint_threshold": 0.01,
        "oks_nms": {"kind": "greedy", "threshold": 0.9, "area": "crop"},
        "max_detections": 20,
    }


def test_the_keypoints_say_which_protocol_scores() -> None:
    mpii = RunConfig(
        model=model_config("gtpt_tiny_coco", {"keypoints": "mpii"}),
        data=MpiiData(),
        evaluation=Protocol(boxes="ground_truth"),
    )
    assert stated_protocol(run("gtpt_s_wholebody"))["name"] == "wholebody"
    assert stated_protocol(mpii)["name"] == "mpii"
    assert stated_protocol(mpii)["boxes"] == {"source": "ground_truth"}
    assert "oks_nms" not in stated_protocol(mpii), "nobody is dropped before PCKh"


@pytest.mark.parametrize(
    ("name", "reading", "words"),
    [
        (
            "hrnet_w32",
            {"output": "heatmap", "pixels_a_cell": 4, "ends_aligned": False},
            "heatmap (highest cell, moved by a quarter)",
        ),
        (
            "vitpose_s",
            {"output": "heatmap", "pixels_a_cell": 4, "ends_aligned": True},
            "heatmap (parabola through the logarithm)",
        ),
        (
            "fastpose50_dcn",
            {"output": "heatmap", "pixels_a_cell": 4, "ends_aligned": False},
            "heatmap (mean place under the sigmoid)",
        ),
        ("distilpose_s", {"output": "regression", "confidence": "its score"}, "regression (coordinates)"),
        ("deeppose_res50", {"output": "regression", "confidence": "1"}, "regression (coordinates)"),
    ],
)
def test_what_a_network_says_is_read_by_a_rule_that_is_stated(name: str, reading: dict[str, Any], words: str) -> None:
    stated = stated_protocol(run(name))
    assert {key: value for key, value in stated["reading"].items() if key != "keypoint"} == reading
    assert f", {words}, " in in_words(stated)


def test_annotated_boxes_have_no_detector() -> None:
    assert stated_protocol(run(boxes="ground_truth"))["boxes"] == {"source": "ground_truth"}


def test_without_a_threshold_of_keypoints_persons_are_not_rescored() -> None:
    stated = stated_protocol(run(**with_changes(Protocol(), {"keypoint_threshold": None}, "--set").model_dump()))
    assert (stated["score"], stated["keypoint_threshold"]) == ("box score", None)


def test_a_detector_is_unknown_unless_stated() -> None:
    boxes = stated_protocol(run(data=CocoData(detections="mine.json")))["boxes"]
    assert (boxes["detector"], boxes["person_ap"]) == (None, None)
    told = run(data=CocoData(detections="mine.json"), detector="mine", detector_ap=51.2)
    boxes = stated_protocol(told)["boxes"]
    assert (boxes["detector"], boxes["person_ap"]) == ("mine", 51.2)
    assert stated_protocol(run(data=DrawnData()))["boxes"]["person_ap"] is None


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            run(),
            f"protocol coco version 1, boxes of {STANDARD} (person detector of SimpleBaseline and HRNet, person AP "
            "56.4), flip test, greedy OKS-NMS at 0.9, 20 persons an image",
        ),
        (
            run(data=CocoData(detections="mine.json"), flip_test=False, oks_nms="off", keypoint_threshold=None),
            "protocol coco version 1, boxes of mine.json (person AP unknown), no flip test, no rescoring, no OKS-NMS, "
            "20 persons an image",
        ),
    ],
)
def test_a_protocol_in_words(config: RunConfig, words: str) -> None:
    assert in_words(stated_protocol(config)) == words


def test_every_choice_and_the_version_make_another_result(monkeypatch: pytest.MonkeyPatch) -> None:
    choices: list[dict[str, Any]] = [
        {},
        {"boxes": "ground_truth"},
        {"oks_nms": "soft"},
        {"oks_nms_threshold": 0.8},
        {"flip_shift": False},
        {"detector_ap": 50},
    ]
    signatures = [evaluate_signature(run(**choice), DATA) for choice in choices]
    monkeypatch.setattr(
        named_protocols, "PROTOCOLS", {"coco": named_protocols.NamedProtocol("coco", 99, "something else")}
    )
    signatures.append(evaluate_signature(run(), DATA))
    assert len(set(signatures)) == len(choices) + 1
    assert len({train_signature(run(**choice), DATA) for choice in choices}) == 1, "nothing is trained again"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"oks_nms": "hard"}, r"^--set: oks_nms: .*'greedy', 'soft' or 'off'"),
        ({"boxes": "mine"}, r"^--set: boxes: .*'ground_truth' or 'detections'"),
        ({"max_detections": 0}, r"^--set: max_detections: .*greater than or equal to 1"),
        ({"detector_ap": 564}, r"^--set: detector_ap: .*less than or equal to 100"),
        ({"oks_nms_treshold": 0.9}, r"^--set: oks_nms_treshold: .*oks_nms_threshold"),
    ],
)
def test_a_choice_that_does_not_exist_is_answered_with_those_that_do(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        with_changes(Protocol(), changes, "--set")
