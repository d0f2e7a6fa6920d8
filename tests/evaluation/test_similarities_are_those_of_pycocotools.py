"""OKS of a whole image at once is what pycocotools finds pair by pair, to the last bit: no threshold is ever missed."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from gtpt_bench.evaluation.oks import similarities
from gtpt_bench.keypoints import KEYPOINT_SETS

SIZES = {name: len(keypoints) for name, keypoints in KEYPOINT_SETS.items()}


def an_image(seed: int, num_keypoints: int, num_truths: int, num_detections: int) -> tuple[list[Any], list[Any]]:
    """Persons, some without labels, and detections near them, some with equal scores."""
    rng = np.random.default_rng(seed)
    common = {"image_id": 1, "category_id": 1}
    truths, detections = [], []
    for number in range(num_truths):
        x, y, w, h = rng.uniform((0, 0, 20, 30), (200, 100, 120, 140)).tolist()
        visibility = (rng.random(num_keypoints) < rng.choice([0, 0.1, 0.8])) * 2
        flat = np.column_stack((rng.uniform((x, y), (x + w, y + h), (num_keypoints, 2)), visibility)).ravel()
        numbers = {"id": number + 1, "area": 0.6 * w * h, "iscrowd": 0, "num_keypoints": int((visibility > 0).sum())}
        truths.append(common | numbers | {"bbox": [x, y, w, h], "keypoints": flat})
    for number in range(num_detections):
        near = truths[rng.integers(num_truths)]["keypoints"] if num_truths else np.zeros(3 * num_keypoints)
        points = near + rng.normal(0, 5, 3 * num_keypoints)
        numbers = {"id": number + 1, "area": 100.0, "score": float(rng.integers(1, 9)) / 8}
        detections.append(common | numbers | {"keypoints": points})
    return truths, detections


def prepared(truths: list[Any], detections: list[Any], sigmas: Any, max_detections: int) -> Any:
    def index(entries: list[Any]) -> Any:
        one = COCO()
        one.dataset = {"images": [{"id": 1}], "categories": [{"id": 1}], "annotations": entries}
        one.createIndex()
        return one

    with contextlib.redirect_stdout(io.StringIO()):
        evaluator = COCOeval(index(truths), index(detections), "keypoints")
    evaluator.params.kpt_oks_sigmas = np.asarray(sigmas)
    evaluator.params.maxDets = [max_detections]
    evaluator._prepare()
    return evaluator


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from(sorted(SIZES)),
    st.integers(0, 5),
    st.integers(0, 12),
    st.sampled_from([1, 5, 20]),
)
def test_all_pairs_are_equal_to_the_bit(seed: int, name: str, num_truths: int, num_detections: int, most: int) -> None:
    truths, detections = an_image(seed, SIZES[name], num_truths, num_detections)
    evaluator = prepared(truths, detections, KEYPOINT_SETS[name].sigmas, most)
    expected, found = evaluator.computeOks(1, 1), similarities(evaluator, 1, 1)
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_array_equal(found, expected)


def test_nobody_is_similar_to_nobody() -> None:
    truths, detections = an_image(0, 17, 2, 2)
    for image in ((truths, []), ([], detections), ([], [])):
        assert similarities(prepared(*image, KEYPOINT_SETS["coco"].sigmas, 20), 1, 1) == []


@pytest.mark.parametrize(("offset", "similarity"), [(0, 1.0), (1, np.exp(-0.5)), (2, np.exp(-2))])
def test_a_shift_of_so_many_spreads_is_a_closed_form(offset: float, similarity: float) -> None:
    """A keypoint moved by n · 2 · sigma · √area has exp(−n² / 2)."""
    truths, _ = an_image(3, 17, 1, 0)
    person = truths[0] | {"keypoints": np.full(51, 2.0), "num_keypoints": 17}
    sigmas = np.asarray(KEYPOINT_SETS["coco"].sigmas)
    moved = np.full((17, 3), 2.0)
    moved[:, 0] += offset * 2 * sigmas * np.sqrt(person["area"])
    detection = {"id": 1, "image_id": 1, "category_id": 1, "area": 1.0, "score": 1.0, "keypoints": moved.ravel()}
    found = similarities(prepared([person], [detection], sigmas, 20), 1, 1)
    assert np.asarray(found) == pytest.approx(np.full((1, 1), similarity))
