"""A user's own keypoints: many ways to write them, one set; and a mistake is one line that names the key."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from gtpt_bench.frozen import signature
from gtpt_bench.keypoints import COCO, KEYPOINT_SETS, OwnKeypoints, keypoint_set_of
from gtpt_bench.study.yaml_source import first_problem
from tests.keypoints.own_sets import MOUSE, SPIDER, Holder, own

EARS = ["left_ear", "right_ear"]
TAIL: dict[str, Any] = {"keypoints": ["tail_tip"], "anchor": "tail_root"}


@pytest.mark.parametrize("content", [MOUSE, SPIDER])
def test_what_is_written_is_read_back(content: dict[str, Any]) -> None:
    keypoints = OwnKeypoints.model_validate(content)
    dumped = keypoints.model_dump(mode="json")
    assert OwnKeypoints.model_validate(dumped) == keypoints
    shuffled = json.loads(json.dumps(dumped, sort_keys=True))
    assert OwnKeypoints.model_validate(shuffled).keypoint_set == keypoints.keypoint_set


def test_names_and_indices_are_the_same_set() -> None:
    indices = own(
        flip_pairs=[[1, 2]],
        upper_body=[2, 0, 1],
        groups={"paper": {"tail": [4, 3], "head": [1, 2, 0]}},
        skeleton=[[0, 3], [3, 4]],
    )
    assert indices == own()
    assert signature(indices) == signature(own())


def test_a_set_has_what_was_written() -> None:
    keypoints = keypoint_set_of(own())
    assert (keypoints.name, keypoints.names) == ("mouse", tuple(MOUSE["names"]))
    assert keypoints.flip_pairs == ((1, 2),)
    assert keypoints.sigmas == (0.1,) * 5
    assert keypoints.upper_body == {0, 1, 2}
    assert keypoints.skeleton == ((0, 3), (3, 4))
    assert keypoints.groups == {"paper": {"head": (0, 1, 2), "tail": (3, 4)}}
    assert own(sigmas=[0.1, 0.2, 0.2, 0.3, 0.4]).keypoint_set.sigmas == (0.1, 0.2, 0.2, 0.3, 0.4)


def test_only_names_are_needed() -> None:
    keypoints = OwnKeypoints.model_validate({"name": "point", "names": ["it"]}).keypoint_set
    assert (len(keypoints), keypoints.sigmas, keypoints.sparse) == (1, (0.05,), (0,))
    assert keypoints.left_right == {"middle": (0,)}
    assert not keypoints.groups


def test_a_part_stands_for_its_keypoints_in_groups() -> None:
    spider = OwnKeypoints.model_validate(SPIDER).keypoint_set
    assert [(part.name, part.keypoints, part.anchor) for part in spider.dense_parts] == [
        ("right", (0, 1), 2),
        ("left", (3, 4), 2),
    ]
    assert spider.groups["paper"] == {"all": (2, 5, 0, 1, 3, 4)}


def test_sets_of_the_package_go_by_name() -> None:
    for name, keypoints in KEYPOINT_SETS.items():
        holder = Holder.model_validate({"keypoints": name})
        assert keypoint_set_of(holder.keypoints) is keypoints
        assert Holder.model_validate(holder.model_dump(mode="json")) == holder
    assert keypoint_set_of(Holder().keypoints) is COCO


def test_a_model_takes_an_own_set_and_single_changes_of_it() -> None:
    holder = Holder().changed({"keypoints": MOUSE})
    assert holder.keypoints == own()
    assert Holder.model_validate(holder.model_dump(mode="json")) == holder
    assert keypoint_set_of(holder.changed({"keypoints.sigmas": 0.3}).keypoints).sigmas == (0.3,) * 5
    assert holder.changed({"keypoints": "mpii"}).keypoints == "mpii"


def problem(keypoints: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Holder.model_validate({"keypoints": keypoints})
    path, reason = first_problem(caught.value, Holder)
    return f"{'.'.join(map(str, path))}: {reason}"


@pytest.mark.parametrize("wrong", ["cocoo", "", 5, None, True, ["coco"], "mouse"])
def test_an_unknown_set_is_answered_with_those_that_are_known(wrong: Any) -> None:
    message = problem(wrong)
    assert message.startswith("keypoints: unknown keypoints; ")
    assert "allowed: coco, wholebody, mpii, or a set of your own as a mapping" in message
    assert message.endswith(f"got {wrong!r}")
    assert ("did you mean 'coco'?" in message) == (wrong == "cocoo")


MISTAKES: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    # what is wrong: (keys that replace those of the mouse, beginning of the message, words of it)
    "name of the package": ({"name": "mpii"}, "name:", ["'mpii' comes with the package"]),
    "nearly a name of the package": ({"name": "COCO"}, "name:", ["'COCO' comes with the package"]),
    "name with a slash": ({"name": "a/b"}, "name:", ["letters, digits", "'a/b'"]),
    "name of dots": ({"name": ".."}, "name:", ["more than dots"]),
    "no keypoints": ({"names": []}, "names:", ["at least 1"]),
    "two lines in a name": ({"names": ["a\nb"]}, "names.0:", ["letters, digits", r"'a\nb'"]),
    "a name twice": ({"names": ["a", "b", "a"]}, "names:", ["'a' stands twice"]),
    "unknown key": ({"sigma": 0.1}, "sigma:", ["unknown key", "did you mean 'sigmas'?", "allowed: name, names"]),
    "unknown keypoint": ({"flip_pairs": [["left_ear", "rigth_ear"]]}, "flip_pairs:", ["did you mean 'right_ear'?"]),
    "index too large": ({"skeleton": [[0, 5]]}, "skeleton:", ["no keypoint 5", "from 0 to 4"]),
    "neither name nor index": ({"upper_body": [0.5]}, "upper_body.0:", ["by its name or its index", "0.5"]),
    "yes for a keypoint": ({"upper_body": [True]}, "upper_body.0:", ["by its name or its index", "True"]),
    "pair of one": ({"flip_pairs": [["left_ear"]]}, "flip_pairs.0.1:", ["2 or more values"]),
    "own partner": ({"flip_pairs": [["nose", 0]]}, "flip_pairs:", ["'nose' is paired with itself"]),
    "two partners": ({"flip_pairs": [EARS, ["nose", 1]]}, "flip_pairs:", ["'left_ear' is in two pairs"]),
    "upper body twice": ({"upper_body": ["nose", 0]}, "upper_body:", ["'nose' stands twice"]),
    "too few sigmas": ({"sigmas": [0.1, 0.1]}, "sigmas:", ["5 numbers are needed", "got 2"]),
    "sigma of 0": ({"sigmas": 0}, "sigmas:", ["greater than 0"]),
    "one sigma of 0": ({"sigmas": [0.1] * 4 + [0]}, "sigmas.4:", ["greater than 0"]),
    "sigma that is none": ({"sigmas": "wide"}, "sigmas:", ["valid number", "'wide'"]),
    "infinite sigma": ({"sigmas": float("inf")}, "sigmas:", ["finite"]),
    "part without keypoints": (
        {"dense_parts": {"tail": {"keypoints": [], "anchor": 0}}},
        "dense_parts.tail.keypoints:",
        ["at least 1"],
    ),
    "unknown key of a part": (
        {"dense_parts": {"tail": TAIL | {"ancor": 3}}},
        "dense_parts.tail.ancor:",
        ["unknown key", "did you mean 'anchor'?", "allowed: keypoints, anchor"],
    ),
    "part that is no mapping": ({"dense_parts": {"tail": ["tail_tip"]}}, "dense_parts.tail:", ["mapping"]),
    "part of an unknown keypoint": (
        {"dense_parts": {"tail": {"keypoints": ["tail_tp"], "anchor": 0}}},
        "dense_parts:",
        ["part 'tail'", "did you mean 'tail_tip'?"],
    ),
    "anchor that is dense": (
        {"dense_parts": {"tail": TAIL, "root": {"keypoints": ["tail_root"], "anchor": "nose"}}},
        "dense_parts:",
        ["part 'tail'", "anchor 'tail_root' is in a part itself"],
    ),
    "dense in two parts": (
        {"dense_parts": {"tail": TAIL, "end": TAIL}},
        "dense_parts:",
        ["'tail_tip' is in two parts"],
    ),
    "part called like a keypoint": ({"dense_parts": {"nose": TAIL}}, "dense_parts:", ["part 'nose'", "called so too"]),
    "keypoint in no group": (
        {"groups": {"paper": {"a": EARS}}},
        "groups:",
        ["paper", "'nose' (and 2 more)", "no group"],
    ),
    "keypoint in two groups": ({"groups": {"x": {"a": EARS, "b": [1]}}}, "groups:", ["x:", "'left_ear' stands twice"]),
    "empty group": ({"groups": {"x": {"a": [0, 1, 2, 3, 4], "b": []}}}, "groups:", ["x:", "'b' has no keypoints"]),
    "group of an unknown keypoint": ({"groups": {"x": {"a": ["nse"]}}}, "groups:", ["x:", "did you mean 'nose'?"]),
    "preset that is no mapping": ({"groups": {"x": EARS}}, "groups.x:", ["mapping"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_that_names_the_key(mistake: str) -> None:
    changes, beginning, words = MISTAKES[mistake]
    message = problem(MOUSE | changes)
    assert message.startswith(f"keypoints.{beginning}")
    assert [word for word in words if word not in message] == []
    assert "\n" not in message


def test_long_values_are_cut_in_messages() -> None:
    many = [f"point {number}" for number in range(500)]
    assert len(problem({"name": "many", "names": [*many, many[7]]})) < 250
    assert len(problem({"name": "many", "names": many, "upper_body": ["point"]})) < 500
