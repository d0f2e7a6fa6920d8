"""The drawn people data set: what a user of its pictures and annotations may rely on."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from gtpt_bench.data.drawn.annotate import DrawnPerson, annotate_person
from gtpt_bench.data.drawn.config import VERSION, DrawnConfig
from gtpt_bench.data.drawn.detector import box_iou, detect_persons
from gtpt_bench.data.drawn.paint.canvas import Canvas
from gtpt_bench.data.drawn.people.body import sample_build
from gtpt_bench.data.drawn.people.brush import Brush
from gtpt_bench.data.drawn.people.figure import Figure, make_figure, paint_figure
from gtpt_bench.data.drawn.people.look import sample_look
from gtpt_bench.data.drawn.people.parts import owned_by
from gtpt_bench.data.drawn.people.pose import JOINT_LIMITS, sample_pose
from gtpt_bench.data.drawn.people.skeleton import pose_skeleton
from gtpt_bench.data.drawn.preview import preview_sheet
from gtpt_bench.data.drawn.scene import Scene, draw_scene, scene_rng
from gtpt_bench.keypoints import WHOLEBODY

CONFIG = DrawnConfig()
NUM_SCENES = 200
PINNED = ((5, 118898, 119.54), (3, 113569, 184.08), (4, 154536, 161.17), (2, 31768, 189.52))
"""Of the first training scenes: people, sum of all keypoint numbers, mean brightness."""
NOSE, LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_EYE, RIGHT_EYE = 0, 5, 6, 1, 2


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [draw_scene(CONFIG, "train", i) for i in range(NUM_SCENES)]


@pytest.fixture(scope="module")
def people(scenes: list[Scene]) -> list[DrawnPerson]:
    return [person for scene in scenes for person in scene.persons]


def scene_digest(scene: Scene) -> str:
    digest = hashlib.sha256(scene.image_HW3.tobytes())
    for person in scene.persons:
        digest.update(person.keypoints.tobytes() + repr((person.box, person.area, person.segmentation)).encode())
    return digest.hexdigest()


def outline_mask(person: DrawnPerson, scene: Scene) -> np.ndarray:
    """The annotated outline as pixels; coordinates are those of pixel edges."""
    mask = np.zeros(scene.image_HW3.shape[:2], np.uint8)
    for outline in person.segmentation:
        corners = (np.array(outline).reshape(-1, 2) - 0.5) * 16
        cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], (1,), cv2.LINE_8, 4)
    return mask.astype(bool)


def some_figure(seed: int, *, x: float = 100, scale: float = 150.0) -> Figure:
    rng = np.random.default_rng(seed)
    build, pose, look = sample_build(rng), sample_pose(rng), sample_look(rng)
    return make_figure(pose_skeleton(build, pose, ground_2=np.array((x, 190.0)), scale=scale), look)


def painted(*figures: Figure) -> Canvas:
    canvas = Canvas(200, 200, zoom=2)
    for slot, figure in enumerate(figures, start=1):
        paint_figure(Brush(canvas, slot, 1, figure.skeleton.scale), figure)
    return canvas


# Determinism


def test_a_scene_depends_on_seed_split_and_index_only(scenes: list[Scene]) -> None:
    assert scene_digest(draw_scene(CONFIG, "train", 7)) == scene_digest(scenes[7])
    others = [
        draw_scene(CONFIG, "train", 8),
        draw_scene(CONFIG, "val", 7),
        draw_scene(DrawnConfig(seed=1), "train", 7),
    ]
    assert len({scene_digest(scene) for scene in (*others, scenes[7])}) == 4


def test_another_process_draws_the_same_bytes(scenes: list[Scene]) -> None:
    program = """
import hashlib
from gtpt_bench.data.drawn.config import DrawnConfig
from gtpt_bench.data.drawn.scene import draw_scene
for index in (11, 3):
    scene = draw_scene(DrawnConfig(), "train", index)
    print(hashlib.sha256(scene.image_HW3.tobytes() + repr(scene.persons).encode()).hexdigest())
"""
    root = Path(__file__).parents[2]
    output = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    here = [hashlib.sha256(s.image_HW3.tobytes() + repr(s.persons).encode()).hexdigest() for s in scenes[3:12:8]]
    assert output.stdout.split() == here[::-1]


def test_global_random_state_is_neither_used_nor_changed() -> None:
    np.random.seed(5)
    expected = np.random.random(3)
    np.random.seed(5)
    first = scene_digest(draw_scene(CONFIG, "val", 2))
    np.testing.assert_array_equal(np.random.random(3), expected)
    assert scene_digest(draw_scene(CONFIG, "val", 2)) == first


def test_pictures_and_labels_of_this_version_are_pinned(scenes: list[Scene]) -> None:
    """If this fails, drawings have changed: raise VERSION in config.py, then renew the numbers."""
    assert VERSION == 1
    for scene, (count, keypoint_sum, brightness) in zip(scenes, PINNED, strict=False):
        assert len(scene.persons) == count
        assert sum(person.keypoints.sum() for person in scene.persons) == pytest.approx(keypoint_sum, rel=1e-4)
        assert scene.image_HW3.mean() == pytest.approx(brightness, abs=0.03)


def test_drawings_are_where_their_coordinates_say() -> None:
    """Whole numbers are pixel centres, at any zoom; to a tenth of a pixel or so, which is OpenCV's exactness."""
    for zoom in (2, 3, 4):
        canvas = Canvas(64, 48, zoom=zoom)
        canvas.dot(np.array((20.25, 30.5)), 4.0, (255, 255, 255))
        weights = canvas.picture()[..., 0].astype(float)
        y, x = np.mgrid[:48, :64]
        centre = (weights * x).sum() / weights.sum(), (weights * y).sum() / weights.sum()
        assert centre == pytest.approx((20.25, 30.5), abs=0.15)


# Annotations


def test_labelled_keypoints_lie_in_the_image_and_others_are_zero(people: list[DrawnPerson]) -> None:
    keypoints = np.concatenate([person.keypoints for person in people])
    labelled = keypoints[:, 2] > 0
    assert set(np.unique(keypoints[:, 2])) == {0, 1, 2}
    assert (keypoints[~labelled] == 0).all()
    assert (keypoints[labelled, :2] >= 0).all()
    assert (keypoints[labelled, :2] <= (CONFIG.width - 0.5, CONFIG.height - 0.5)).all()


def test_box_and_area_are_those_of_the_visible_pixels() -> None:
    for seed in range(8):
        canvas = painted(some_figure(seed), some_figure(seed + 50, x=120, scale=170))
        for slot, figure in enumerate((some_figure(seed), some_figure(seed + 50, x=120, scale=170)), start=1):
            person = annotate_person(canvas, slot, figure)
            rows, columns = np.nonzero(owned_by(slot, canvas.owners()))
            assert person is not None
            assert person.area == len(rows)
            assert person.box == (
                columns.min(),
                rows.min(),
                columns.max() + 1 - columns.min(),
                rows.max() + 1 - rows.min(),
            )


def test_outlines_agree_with_box_and_area(scenes: list[Scene]) -> None:
    for scene in scenes[:60]:
        for person in scene.persons:
            x, y, w, h = person.box
            corners = np.concatenate([np.array(outline).reshape(-1, 2) for outline in person.segmentation])
            assert (corners >= (x - 1, y - 1)).all()
            assert (corners <= (x + w + 1, y + h + 1)).all()
            # Outlines have no holes, e.g. between an arm and the hip.
            assert 0.85 * person.area - 20 <= outline_mask(person, scene).sum() <= 1.35 * person.area + 20


def test_visible_keypoints_lie_on_the_persons_own_pixels(scenes: list[Scene]) -> None:
    on_own, visible = 0, 0
    for scene in scenes:
        for person in scene.persons:
            mask = cv2.dilate(outline_mask(person, scene).astype(np.uint8), np.ones((3, 3), np.uint8))
            xy = np.rint(person.keypoints[person.keypoints[:, 2] == 2, :2]).astype(int)
            x, y = np.clip(xy, 0, (CONFIG.width - 1, CONFIG.height - 1)).T
            on_own += int(mask[y, x].sum())
            visible += len(xy)
    assert on_own / visible > 0.995


def test_left_and_right_follow_the_view() -> None:
    front, back = 0, 0
    for seed in range(120):
        figure = some_figure(seed)
        if abs(figure.skeleton.pose.tilt) > 20 or abs(figure.skeleton.chest.facing) < 0.5:
            continue
        x = figure.keypoints_1333[:, 0]
        if figure.skeleton.chest.facing > 0:
            front += 1
            assert x[LEFT_SHOULDER] > x[RIGHT_SHOULDER]
        else:
            back += 1
            assert x[LEFT_SHOULDER] < x[RIGHT_SHOULDER]
        if figure.skeleton.head.facing > 0.6:
            assert x[LEFT_EYE] > x[RIGHT_EYE]
    assert front > 60
    assert back > 4


def test_mirror_partners_are_mirrored_in_a_frontal_face() -> None:
    """The 68 points are in the usual order: pairs lie at the same height on both sides of the nose."""
    figure = next(f for f in map(some_figure, range(500)) if f.skeleton.head.facing > 0.985)
    head = figure.skeleton.head
    local = (figure.keypoints_1333[23:91] - head.origin_3) @ np.linalg.inv(head.axes_33.T)
    mirror = np.array(WHOLEBODY.mirror[23:91]) - 23
    np.testing.assert_allclose(local[mirror], local * (-1, 1, 1), atol=1e-6)
    contour, right_eye, mouth = local[:17], local[36:42], local[48:60]
    assert (np.diff(contour[:, 0]) > 0).all(), "the contour runs from the person's right to the left"
    assert contour[8, 1] < mouth[:, 1].min() < right_eye[:, 1].min(), "chin below mouth below eyes"


def test_another_person_in_front_hides_keypoints() -> None:
    behind, before = some_figure(3), some_figure(4, scale=170)
    alone = annotate_person(painted(behind), 1, behind)
    covered = annotate_person(painted(behind, before), 1, behind)
    assert alone is not None
    assert covered is not None
    now_hidden = (alone.keypoints[:17, 2] == 2) & (covered.keypoints[:17, 2] == 1)
    assert now_hidden.sum() >= 4
    assert covered.area < alone.area
    np.testing.assert_array_equal(alone.keypoints[:17, :2], covered.keypoints[:17, :2])


def test_who_is_all_but_covered_is_not_annotated() -> None:
    behind = some_figure(3, scale=60)
    canvas = painted(behind)
    canvas.fill(np.array(((0, 0), (200, 0), (200, 200), (0, 200))), (0, 0, 0), owner=1)
    assert annotate_person(canvas, 1, behind) is None


def test_faces_are_hidden_from_behind() -> None:
    for seed in range(200):
        figure = some_figure(seed)
        if figure.skeleton.head.facing < -0.5:
            person = annotate_person(painted(figure), 1, figure)
            assert person is not None
            assert (person.keypoints[:3, 2] < 2).all()
            assert not person.face_valid


def test_faces_hands_and_feet_are_labelled_only_where_large_enough(people: list[DrawnPerson]) -> None:
    for person in people:
        valid = {
            "foot": person.foot_valid,
            "face": person.face_valid,
            "lefthand": person.left_hand_valid,
            "righthand": person.right_hand_valid,
        }
        for part, is_valid in valid.items():
            assert (person.keypoints[list(WHOLEBODY.parts[part]), 2] > 0).any() == is_valid
        if person.scale < 60:
            assert not person.left_hand_valid
            assert not person.right_hand_valid
    large = [person for person in people if person.scale > 120 and person.keypoints[NOSE, 2] == 2]
    assert np.mean([person.face_valid for person in large]) > 0.9


def test_poses_respect_joint_limits() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        pose = sample_pose(rng)
        for arm in pose.arms:
            assert JOINT_LIMITS["elbow"][0] <= arm.elbow <= JOINT_LIMITS["elbow"][1]
            assert JOINT_LIMITS["shoulder flex"][0] <= arm.flex <= JOINT_LIMITS["shoulder flex"][1]
        for leg in pose.legs:
            assert JOINT_LIMITS["knee"][0] <= leg.knee <= JOINT_LIMITS["knee"][1]
            assert JOINT_LIMITS["hip flex"][0] <= leg.flex <= JOINT_LIMITS["hip flex"][1]
        assert abs(pose.yaw) <= 55 or pose.from_behind


def test_statistics_stay_in_the_promised_ranges(scenes: list[Scene], people: list[DrawnPerson]) -> None:
    counts = np.array([len(scene.persons) for scene in scenes])
    heights = np.array([person.box[3] for person in people])
    flags = np.array([person.keypoints[:17, 2] for person in people])
    assert counts.max() <= 5
    assert 2.2 < counts.mean() < 2.9
    assert (counts == 0).mean() < 0.02
    assert ((heights >= 90) & (heights <= 230)).mean() > 0.65
    assert 0.02 < (heights < 80).mean() < 0.25
    assert 0.03 < (heights > 210).mean() < 0.25
    assert 0.15 < (flags == 0).any(axis=1).mean() < 0.45, "share of people cut by the border"
    assert 0.05 < (flags == 1).mean() < 0.2, "share of hidden body keypoints"
    assert (flags == 2).mean() > 0.72
    assert 0.05 < (flags[:, NOSE] == 1).mean() < 0.22, "share seen from behind or with a covered face"


def test_any_sane_size_can_be_drawn() -> None:
    for width, height in ((96, 96), (480, 200), (128, 256)):
        scene = draw_scene(DrawnConfig(width=width, height=height), "train", 0)
        assert scene.image_HW3.shape == (height, width, 3)
        assert scene.image_HW3.dtype == np.uint8


# Detector


def test_detector_scores_follow_the_quality_of_the_boxes(scenes: list[Scene]) -> None:
    ious, scores, found, missed = [], [], 0, 0
    for index, scene in enumerate(scenes):
        detections = detect_persons(scene_rng(CONFIG, "train", index, 9), scene.persons, width=320, height=240)
        for detection in detections:
            ious.append(max((box_iou(detection.box, p.box) for p in scene.persons), default=0.0))
            scores.append(detection.score)
            x, y, w, h = detection.box
            assert min(x, y) >= 0
            assert x + w <= 320.01
            assert y + h <= 240.01
        hits = [max((box_iou(d.box, p.box) for d in detections), default=0.0) > 0.5 for p in scene.persons]
        found, missed = found + sum(hits), missed + len(hits) - sum(hits)
    assert np.corrcoef(ious, scores)[0, 1] > 0.7
    assert 0.005 < missed / (found + missed) < 0.1
    assert np.mean(np.array(ious) < 0.3) > 0.02, "some false alarms"
    assert np.median([iou for iou in ious if iou > 0.5]) > 0.8


# Files


def test_previews_show_all_scenes(tmp_path: Path) -> None:
    for with_poses in (False, True):
        path = tmp_path / f"{with_poses}.png"
        preview_sheet(CONFIG, path, 1, 2, with_poses, enlarge=1)
        sheet = cv2.imread(str(path))
        assert sheet is not None
        assert sheet.shape[0] >= 240
        assert sheet.shape[1] >= 640
