"""Annotation and detection files: who becomes a training sample, with which box and which labels."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtpt_bench.data.layout import DataRoot, fingerprint
from gtpt_bench.data.people import (
    Person,
    annotated_people,
    clipped,
    detected_people,
    labelled_keypoints,
    read_annotations,
)
from gtpt_bench.keypoints import COCO, WHOLEBODY, KeypointSet
from tests.data.coco_folder import FIELDS, annotation, content, image_entry, shared, triples, write_json

FOLDER = Path("images")
IMAGES = [image_entry(7), image_entry(8)]

sizes = st.integers(1, 500)


def people(*annotations: dict[str, Any], keypoints: KeypointSet = COCO) -> list[Person]:
    return annotated_people(content(IMAGES, annotations), FOLDER, keypoints, source=Path("annotations.json"))


# Who counts


def test_a_labelled_person_is_read_with_image_box_and_keypoints() -> None:
    entry = annotation(1, 8, box=(10, 20, 31, 41))
    (person,) = people(entry)
    assert person.image_id == 8
    assert person.image == FOLDER / "000000000008.png"
    assert person.box.tolist() == [10, 20, 30, 40], "the last column and row of pixels, as the authors count"
    assert person.score == 1
    np.testing.assert_array_equal(person.keypoints, np.reshape(entry["keypoints"], (17, 3))[:, :2])
    assert person.visibility.tolist() == [1] * 17


@pytest.mark.parametrize(
    "left_out",
    [
        {"iscrowd": 1},
        {"keypoints": [0] * 51},
        {"category_id": 2},
        {"bbox": [10, 10, 0, 50]},
        {"bbox": [10, 10, 50, -1]},
        {"bbox": [400, 10, 20, 20]},  # right of the image
        {"bbox": [10, 300, 20, 20]},  # below it
    ],
    ids=str,
)
def test_crowds_unlabelled_people_other_classes_and_empty_boxes_are_left_out(left_out: dict[str, Any]) -> None:
    kept = annotation(1, 7)
    assert [p.image_id for p in people(kept, annotation(2, 8, **left_out))] == [7]


def test_a_missing_crowd_flag_means_no_crowd() -> None:
    entry = annotation(1, 7)
    del entry["iscrowd"]
    assert len(people(entry)) == 1


def test_people_keep_the_order_of_the_file() -> None:
    assert [p.image_id for p in people(annotation(5, 8), annotation(3, 7), annotation(4, 8))] == [8, 7, 8]


@pytest.mark.parametrize(("flag", "weight"), [(0, 0), (1, 1), (2, 1), (0.3, 0.3), (1.7, 1)])
def test_visible_and_hidden_labels_weigh_one_and_fractions_stay(flag: float, weight: float) -> None:
    keypoints = [30, 40, 2] + [20, 25, flag] * 16
    (person,) = people(annotation(1, 7, keypoints=keypoints))
    assert person.visibility == pytest.approx([1] + [weight] * 16)


# Whole bodies


def test_whole_bodies_are_five_fields_in_this_order() -> None:
    lengths = (17, 6, 68, 21, 21)
    fields = {
        name: triples(np.full((count, 2), 10.0 + place))
        for place, (name, count) in enumerate(zip(FIELDS, lengths, strict=True))
    }
    read = labelled_keypoints(fields, WHOLEBODY)
    assert read.shape == (133, 3)
    np.testing.assert_array_equal(read[:, 0], np.repeat([10, 11, 12, 13, 14], lengths))


def test_a_hand_without_a_labelled_body_is_no_person() -> None:
    entry = annotation(1, 7, keypoint_set=WHOLEBODY)
    assert len(people(entry, keypoints=WHOLEBODY)) == 1
    assert people(entry | {"keypoints": [0] * 51}, keypoints=WHOLEBODY) == []


# Boxes


@given(st.floats(-200, 600), st.floats(-200, 600), st.floats(0.5, 800), st.floats(0.5, 800), sizes, sizes)
def test_clipped_boxes_lie_in_the_image_and_in_the_box(
    x: float, y: float, w: float, h: float, width: int, height: int
) -> None:
    box = clipped((x, y, w, h), width=width, height=height)
    if box is None:
        return
    left, top, right, bottom = box[0], box[1], box[0] + box[2], box[1] + box[3]
    assert left == pytest.approx(max(0, x))
    assert top == pytest.approx(max(0, y))
    assert right <= width - 1 + 1e-3
    assert bottom <= height - 1 + 1e-3
    assert box[2] <= max(0, w - 1) + 1e-3
    assert box[3] <= max(0, h - 1) + 1e-3


def test_a_box_over_the_left_border_moves_rather_than_shrinks() -> None:
    """The authors measure the width from the clipped corner; kept, for the crops are theirs."""
    box = clipped((-10, 5, 31, 11), width=100, height=100)
    assert box is not None
    assert box.tolist() == [0, 5, 30, 10]


def test_a_single_pixel_is_no_person_to_crop() -> None:
    assert clipped((10, 10, 1, 1), width=100, height=100) is None
    line = clipped((10, 10, 1, 5), width=100, height=100)
    assert line is not None
    assert line.tolist() == [10, 10, 0, 4]


# Detections


def detections(path: Path, *entries: dict[str, Any], threshold: float = 0.0) -> list[Person]:
    write_json(path, list(entries))
    return detected_people(path, content(IMAGES, []), FOLDER, COCO, score_threshold=threshold)


def detection(**changes: Any) -> dict[str, Any]:
    return {"image_id": 7, "category_id": 1, "bbox": [-5, 10, 400, 30.5], "score": 0.5} | changes


def test_detected_boxes_are_not_clipped_and_carry_their_score(tmp_path: Path) -> None:
    (person,) = detections(tmp_path / "boxes.json", detection())
    assert person.box.tolist() == [-5, 10, 400, 30.5]
    assert person.score == 0.5
    assert person.visibility.tolist() == [0] * 17


def test_only_persons_at_or_above_the_threshold_count(tmp_path: Path) -> None:
    entries = [detection(score=0.1), detection(score=0.3), detection(score=0.9), detection(category_id=3)]
    assert [p.score for p in detections(tmp_path / "boxes.json", *entries, threshold=0.3)] == [0.3, 0.9]


# The real thing, and where it lies


@pytest.mark.parametrize(
    ("file", "keypoints", "count"),
    [
        ("person_keypoints_val2017.json", COCO, 122),
        ("person_keypoints_train2017.json", COCO, 74),
        ("coco_wholebody_val_v1.0.json", WHOLEBODY, 12),
    ],
)
def test_real_files_hold_as_many_people_as_their_description_says(
    file: str, keypoints: KeypointSet, count: int
) -> None:
    path = shared(f"coco_mini/annotations/{file}")
    assert len(annotated_people(read_annotations(path), FOLDER, keypoints, source=path)) == count


def test_real_detections_are_all_read() -> None:
    path = shared("coco_mini/person_detection_results/COCO_val2017_detections_AP_H_56_person.json")
    truth = read_annotations(shared("coco_mini/annotations/person_keypoints_val2017.json"))
    assert len(detected_people(path, truth, FOLDER, COCO, score_threshold=0)) == 1318


def test_a_data_root_names_files_as_they_are_published() -> None:
    root = DataRoot(Path("coco"))
    assert root.annotations("val2017", "coco") == Path("coco/annotations/person_keypoints_val2017.json")
    assert root.annotations("train2017", "wholebody") == Path("coco/annotations/coco_wholebody_train_v1.0.json")
    assert root.images("train2017") == Path("coco/images/train2017")
    assert root.detections("boxes.json") == Path("coco/person_detection_results/boxes.json")


def test_packed_annotations_are_read_like_plain_ones(tmp_path: Path) -> None:
    expected = content(IMAGES, [annotation(1, 7)])
    packed = tmp_path / "annotations.json.gz"
    packed.write_bytes(gzip.compress(json.dumps(expected).encode()))
    assert read_annotations(packed) == expected == read_annotations(write_json(tmp_path / "plain.json", expected))


def test_a_fingerprint_follows_the_content_not_the_name(tmp_path: Path) -> None:
    first, other, cache = (tmp_path / name for name in ("first", "other", "cache.json"))
    first.write_text("abc")
    other.write_text("abc")
    assert fingerprint(first, cache) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert fingerprint(other, cache) == fingerprint(first, cache)
    other.write_text("abcd")
    assert fingerprint(other, cache) != fingerprint(first, cache)


def test_a_broken_fingerprint_cache_is_renewed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("abc")
    cache = tmp_path / "cache.json"
    cache.write_text("{not json")
    assert fingerprint(tmp_path / "file", cache).startswith("ba7816bf")
    assert json.loads(cache.read_text())
