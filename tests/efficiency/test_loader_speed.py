"""How fast crops are made: shares of a made-up clock by hand, and the command on a small folder of photos."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from gtpt_bench.data.dataset import SPANS, PersonCrops, SampleKey
from gtpt_bench.efficiency.loader import CropSpeed, crop_speeds, drawn_keys, faster_by, one_thread, target_speed
from gtpt_bench.efficiency.reduced_crops import reduced_crops
from gtpt_bench.keypoints import COCO
from gtpt_bench.models.sizes import Size
from tests.cli.command import gtpt_study
from tests.data.coco_folder import annotation, content, image_entry, someone, spread_points, write_json

INPUT = Size(64, 48)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photos of noise with a person each, one of them ten times as large as the input."""
    path = tmp_path_factory.mktemp("photos")
    images = [image_entry(number, width=800, height=1000) | {"file_name": f"{number}.jpg"} for number in (1, 2)]
    people = [annotation(1, 1, box=(40, 30, 60, 120)), annotation(2, 2, box=(100, 100, 400, 800))]
    write_json(path / "annotations" / "person_keypoints_train2017.json", content(images, people))
    noise = np.random.default_rng(0).integers(0, 255, (100, 80, 3), dtype=np.uint8)
    (path / "images" / "train2017").mkdir(parents=True)
    for image in images:
        photo = cv2.resize(noise, (800, 1000))
        assert cv2.imwrite(str(path / "images" / "train2017" / image["file_name"]), photo)
    return path


@pytest.fixture
def crops(root: Path) -> PersonCrops:
    boxes = [(40, 30, 60, 120), (100, 100, 400, 800)]
    people = [
        someone(root / "images" / "train2017" / f"{number + 1}.jpg", box=box, points=spread_points(17, box))
        for number, box in enumerate(boxes)
    ]
    return PersonCrops(people, input_size=INPUT, keypoints=COCO)


class Ticks:
    """A clock that goes on by one millisecond whenever it is looked at."""

    def __init__(self) -> None:
        self.now: Iterator[int] = iter(range(0, 10**12, 10**6))

    def __call__(self) -> int:
        return next(self.now)


def test_each_span_has_the_time_between_two_looks_at_the_clock(crops: PersonCrops) -> None:
    keys = drawn_keys(crops, 5)
    (speed,) = crop_speeds([crops], keys, rounds=3, clock_ns=Ticks())
    assert speed.num_crops == 10, "there and back"
    assert speed.crop_ms == len(SPANS)
    assert speed.crops_per_s == pytest.approx(1000 / 6)
    assert speed.shares == pytest.approx(dict.fromkeys(SPANS, 1 / 6))
    assert speed.cores_for(1000) == pytest.approx(6)


def test_a_remembered_image_is_neither_read_nor_decoded(crops: PersonCrops) -> None:
    remembering = PersonCrops(crops.people, input_size=INPUT, keypoints=COCO, memory_bytes=10**8)
    (speed,) = crop_speeds([remembering], drawn_keys(crops, 4), rounds=1, clock_ns=Ticks())
    assert speed.shares["read"] == speed.shares["decode"] == 0
    assert speed.crop_ms == len(SPANS) - 2


def test_ways_are_compared_round_by_round() -> None:
    slow = CropSpeed(tuple({"decode": 100 + drift} for drift in range(8)), 1)
    fast = CropSpeed(tuple({"decode": (100 + drift) // 2} for drift in range(8)), 1)
    comparison = faster_by(slow, fast)
    assert comparison.verdict == "faster"
    assert comparison.ratio == pytest.approx(0.5, abs=0.01)


def test_everyone_is_asked_for_once_an_epoch(crops: PersonCrops) -> None:
    keys = drawn_keys(crops, 5)
    assert [key.epoch for key in keys] == [0, 0, 1, 1, 2]
    assert {key.person for key in keys[:2]} == {0, 1}


def test_targets_are_larger_than_what_they_are_made_of(crops: PersonCrops) -> None:
    targets = target_speed(crops, drawn_keys(crops, 4))
    assert targets.target_bytes == 17 * 2 * (64 + 48) * 4
    assert targets.crop_bytes == 64 * 48 * 3 + 17 * 3 * 4 + 8
    assert targets.make_us > 0


def test_opencv_has_its_threads_back_afterwards() -> None:
    before = cv2.getNumThreads()
    with one_thread():
        assert cv2.getNumThreads() == 1
    assert cv2.getNumThreads() == before


def test_only_large_people_are_decoded_reduced(crops: PersonCrops) -> None:
    reduced = PersonCrops(crops.people, input_size=INPUT, keypoints=COCO, reduced_decoding=8)
    keys = [SampleKey(0, 0), SampleKey(0, 1)]
    found = reduced_crops(crops, reduced, keys)
    assert found.num_by_reduction == {2: 1, 8: 1}
    assert found.mean_difference is not None
    assert found.mean_difference > 1, "noise is averaged, not skipped"
    assert reduced_crops(crops, crops, keys).mean_difference is None


# The command


def test_the_command_answers_in_json(root: Path) -> None:
    answer = gtpt_study(
        *("data", "speed", "--data-root", root, "--crops", "3", "--rounds", "2", "--reduced"),
        *("--images-per-s", "1000", "--json"),
    )
    assert answer.code == 0
    found = answer.json
    assert (found["people"], found["images"]) == (2, 2)
    assert found["mean_decoded_bytes"] == 800 * 1000 * 3
    for way in found["ways"].values():
        assert sum(way["shares"].values()) == pytest.approx(1)
        assert way["cores"] == pytest.approx(1000 / way["crops_per_s_and_core"])
        assert len(way["rounds_ns"]) == 2
    assert sum(found["reduced"]["num_by_reduction"].values()) == 3


def test_the_command_answers_people_in_a_table(root: Path) -> None:
    answer = gtpt_study("data", "speed", "--data-root", root, "--crops", "2", "--rounds", "1")
    assert answer.code == 0
    for words in ("crops/s and core", "decode", "warp", "Targets are made on the training device"):
        assert words in answer.out


def test_the_command_asks_for_photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GTPT_DATA_ROOT", raising=False)
    assert "--data-root DIR" in gtpt_study("data", "speed").error
    missing = gtpt_study("data", "speed", "--data-root", tmp_path)
    assert missing.code == 2
    assert "person_keypoints_train2017.json does not exist" in missing.err
