"""What the authors' augmentation does by oversight, and its corrected form. Spec: training_and_evaluation.md §12."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.data.augmented import augmented
from gtpt_bench.data.crop import crop_matrix, frame_of_box, map_points
from gtpt_bench.data.dataset import PersonCrops
from gtpt_bench.data.people import Floats
from gtpt_bench.keypoints import COCO, WHOLEBODY, KeypointSet
from gtpt_bench.models.sizes import Size
from tests.data.coco_folder import NO_AUGMENTATION, floats, someone, spread_points, write_picture

INPUT = Size(256, 192)
BOX = (100, 50, 60, 120)
FRAME = frame_of_box(floats(BOX), INPUT)
ALWAYS_HALF = NO_AUGMENTATION.changed({"half_body_probability": 1})


def centre(config: Augmentation, keypoints: KeypointSet, visibility: Any, *, seed: int = 0) -> Floats:
    drawn = augmented(
        FRAME,
        spread_points(len(keypoints), BOX).astype(np.float32),
        floats(visibility),
        config=config,
        keypoints=keypoints,
        input_size=INPUT,
        rng=np.random.default_rng(seed),
    )
    return drawn.frame.centre


# 1


@pytest.mark.parametrize(("limit", "share"), [(0.5, stats.norm.cdf(0.5)), (0.0, 0.5)])
def test_the_upper_half_has_69_percent_or_correctly_half(limit: float, share: float) -> None:
    config = ALWAYS_HALF.changed({"upper_half_below": limit})
    upper_centre = spread_points(17, BOX)[:11].mean(0)
    found = np.asarray([centre(config, COCO, np.ones(17), seed=seed) for seed in range(3000)])
    num_upper = int(np.isclose(found, upper_centre, atol=1e-3).all(1).sum())
    assert stats.binomtest(num_upper, len(found), share).pvalue > 1e-6


# 2


@pytest.mark.parametrize(
    ("num_body", "counts", "is_cut"), [(5, "all", True), (5, "body", False), (8, "body", False), (9, "body", True)]
)
def test_faces_and_hands_count_for_the_threshold_or_correctly_do_not(num_body: int, counts: str, is_cut: bool) -> None:
    visibility = [1] * num_body + [0] * (17 - num_body) + [1] * 116
    config = ALWAYS_HALF.changed({"half_body_counts": counts})
    assert (centre(config, WHOLEBODY, visibility) != FRAME.centre).any() == is_cut


@pytest.mark.parametrize("num_body", [8, 9])
def test_in_coco_both_ways_of_counting_are_one(num_body: int) -> None:
    visibility = [1] * num_body + [0] * (17 - num_body)
    by_all, by_body = (
        centre(ALWAYS_HALF.changed({"half_body_counts": counts}), COCO, visibility) for counts in ("all", "body")
    )
    np.testing.assert_array_equal(by_all, by_body)


# 3


MIRROR = NO_AUGMENTATION.changed({"mirror_probability": 1})
WIDTH, HEIGHT = 320, 240


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    grey = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    return write_picture(tmp_path_factory.mktemp("pictures") / "grey.png", grey)


def crop_keypoints(picture: Path, augmentation: Augmentation, visibility: Floats) -> Any:
    person = someone(picture, box=BOX, points=spread_points(17, BOX), visibility=visibility)
    crops = PersonCrops([person], input_size=INPUT, keypoints=COCO, augmentation=augmentation)
    return crops[0].keypoints.numpy()


@pytest.mark.parametrize("labels", ["shrunk", "exact"])
def test_mirroring_multiplies_labels_by_their_visibility_or_correctly_leaves_them(picture: Path, labels: str) -> None:
    visibility = floats(np.linspace(0.2, 1, 17))
    mirrored_points = (WIDTH - 1, 0) - spread_points(17, BOX) * (1, -1)
    moved = mirrored_points * (visibility[:, None] if labels == "shrunk" else 1)
    frame = replace(FRAME, centre=floats([WIDTH - 1 - FRAME.centre[0], FRAME.centre[1]]))
    expected = map_points(crop_matrix(frame, INPUT), floats(moved))[list(COCO.mirror)]
    found = crop_keypoints(picture, MIRROR.changed({"mirrored_labels": labels}), visibility)
    np.testing.assert_allclose(found, expected, atol=1e-2)


@pytest.mark.parametrize("augmentation", [MIRROR, NO_AUGMENTATION])
def test_whole_visibilities_and_plain_crops_know_no_difference(picture: Path, augmentation: Augmentation) -> None:
    labelled = np.ones(17) if augmentation is MIRROR else np.linspace(0.2, 1, 17)
    shrunk, exact = (
        crop_keypoints(picture, augmentation.changed({"mirrored_labels": labels}), floats(labelled))
        for labels in ("shrunk", "exact")
    )
    np.testing.assert_array_equal(shrunk, exact)
