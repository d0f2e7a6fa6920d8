"""Poses on a picture: the right colour at the right place, and nothing where nothing was predicted."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from gtpt_bench.keypoints import COCO, KEYPOINT_SETS, MPII, WHOLEBODY, KeypointSet
from gtpt_bench.show.colours import COLOURS, EDGE, bone_label, labels_of
from gtpt_bench.show.drawing import PoseStyle, SeenPoses, drawn_poses, shown_labels, shown_poses
from gtpt_bench.show.legend import with_legend

GREY = np.full((400, 300, 3), 128, np.uint8)
CONFIDENT = 0.1


def on_a_grid(keypoints: KeypointSet, *, score: float = 0.5, confidence: float = CONFIDENT) -> SeenPoses:
    """One person whose keypoints are 20 pixels apart or more, so that none covers another."""
    places = np.arange(len(keypoints))
    x, y = 20 + 21 * (places % 12), 20 + 31 * (places // 12)
    points = np.stack((x, y, np.full(len(keypoints), confidence)), axis=-1).astype(np.float64)
    return SeenPoses(points[None], np.asarray([score]), keypoints)


def together(*poses: SeenPoses) -> SeenPoses:
    return SeenPoses(
        np.concatenate([p.keypoints for p in poses]), np.concatenate([p.scores for p in poses]), poses[0].keypoint_set
    )


@pytest.mark.parametrize("keypoints", [COCO, WHOLEBODY, MPII], ids=lambda keypoints: keypoints.name)
@pytest.mark.parametrize("enlarge", [1, 3])
def test_each_keypoint_has_its_colour_where_it_is(keypoints: KeypointSet, enlarge: int) -> None:
    poses = on_a_grid(keypoints)
    picture = drawn_poses(GREY, poses, PoseStyle(enlarge=enlarge))
    assert picture.shape == (400 * enlarge, 300 * enlarge, 3)
    for point, label in zip(poses.keypoints[0], labels_of(keypoints), strict=True):
        x, y = (round(enlarge * value + (enlarge - 1) / 2) for value in point[:2])
        assert tuple(picture[y, x]) == COLOURS[label]


def test_the_image_itself_is_left_alone() -> None:
    before = GREY.copy()
    drawn_poses(GREY, on_a_grid(COCO), PoseStyle(enlarge=1))
    np.testing.assert_array_equal(GREY, before)


def test_doubtful_keypoints_are_not_drawn() -> None:
    doubtful = on_a_grid(COCO, confidence=0.02)
    np.testing.assert_array_equal(drawn_poses(GREY, doubtful, PoseStyle(enlarge=1)), GREY)
    assert shown_labels(doubtful, PoseStyle()) == []
    assert shown_labels(doubtful, PoseStyle(keypoint_threshold=0.01)) == ["left side", "right side", "middle"]


def test_a_bone_needs_both_of_its_ends() -> None:
    """A lower arm alone; without its elbow nothing is left half-way to the wrist."""
    elbow, wrist = COCO.place_of("left_elbow"), COCO.place_of("left_wrist")
    arm = on_a_grid(COCO, confidence=0)
    arm.keypoints[0, [elbow, wrist], 2] = CONFIDENT
    x, y = arm.keypoints[0, [elbow, wrist], :2].mean(0).round().astype(int)
    assert np.abs(drawn_poses(GREY, arm, PoseStyle(enlarge=1))[y, x].astype(int) - COLOURS["left side"]).max() < 40
    arm.keypoints[0, elbow, 2] = 0
    assert tuple(drawn_poses(GREY, arm, PoseStyle(enlarge=1))[y, x]) == (128, 128, 128)


def test_persons_much_weaker_than_the_best_are_left_out() -> None:
    crowd = together(*(on_a_grid(COCO, score=score) for score in (0.08, 0.005, 0.02)))
    assert shown_poses(crowd, PoseStyle(score_share=0.2)).scores.tolist() == [0.08, 0.02]
    assert len(shown_poses(crowd, PoseStyle(score_share=0))) == 3


def test_nobody_is_a_picture_without_poses() -> None:
    nobody = SeenPoses(np.zeros((0, 17, 3)), np.zeros(0), COCO)
    np.testing.assert_array_equal(drawn_poses(GREY, nobody, PoseStyle(enlarge=1)), GREY)
    assert with_legend(GREY, shown_labels(nobody, PoseStyle())) is GREY


def test_points_far_outside_the_picture_are_no_error() -> None:
    poses = on_a_grid(COCO)
    poses.keypoints[0, :5, :2] = [-1e5, 1e5]
    drawn = drawn_poses(GREY, poses, PoseStyle(enlarge=2))
    assert (drawn != 128).any(axis=-1).mean() < 0.5, "lines as thick as the picture is large, not as the pose is"


def test_whole_bodies_have_a_colour_for_each_part() -> None:
    labels = labels_of(WHOLEBODY)
    found = {part: {labels[place] for place in places} for part, places in WHOLEBODY.parts.items()}
    assert found == {
        "body": {"left side", "right side", "middle"},
        "foot": {"feet"},
        "face": {"face"},
        "lefthand": {"left hand"},
        "righthand": {"right hand"},
    }
    assert labels[WHOLEBODY.place_of("left_wrist")] == "left side"


@pytest.mark.parametrize("name", KEYPOINT_SETS)
def test_every_keypoint_and_bone_of_every_set_has_a_colour(name: str) -> None:
    keypoints = KEYPOINT_SETS[name]
    labels = labels_of(keypoints)
    assert len(labels) == len(keypoints)
    assert {bone_label(labels[a], labels[b]) for a, b in keypoints.skeleton} <= set(COLOURS)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("left side", "left side", "left side"),
        ("left side", "right side", "middle"),
        ("left side", "middle", "middle"),
        ("left side", "left hand", "left hand"),
        ("feet", "right side", "feet"),
    ],
)
def test_a_bone_between_parts_belongs_to_the_one_beyond_the_body(first: str, second: str, expected: str) -> None:
    assert bone_label(first, second) == expected


def luminance(colour: tuple[int, int, int]) -> float:
    """Relative luminance of sRGB (IEC 61966-2-1), 0-1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (value / 255 for value in colour)]
    return float(np.dot((0.2126, 0.7152, 0.0722), linear))


def test_colours_differ_from_each_other_and_stand_out_from_their_rim() -> None:
    for first, second in combinations(COLOURS.values(), 2):
        assert np.abs(np.subtract(first, second)).max() >= 60
    for colour in COLOURS.values():
        assert (luminance(colour) + 0.05) / (luminance(EDGE) + 0.05) > 3, "WCAG: graphics need a contrast of 3"


def test_the_legend_is_below_and_breaks_lines_where_the_picture_is_narrow() -> None:
    wide, narrow = (np.zeros((50, width, 3), np.uint8) for width in (1000, 200))
    labels = list(COLOURS)
    one_row, rows = with_legend(wide, labels), with_legend(narrow, labels)
    assert (one_row[:50] == 0).all()
    assert len(rows) - 50 >= 3 * (len(one_row) - 50)
    for label in labels:
        assert (one_row[50:] == COLOURS[label]).all(-1).any()
        assert (rows[50:] == COLOURS[label]).all(-1).any()
