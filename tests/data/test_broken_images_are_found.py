"""Image files that end too early or are something else: found when read, and skipped in training if the run says so."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch._utils import ExceptionWrapper
from torch.utils.data import DataLoader

from gtpt_bench.config import RunConfig
from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.data.config import CocoData
from gtpt_bench.data.dataset import Crop, PersonCrops, SampleKey
from gtpt_bench.data.images import decode_image, is_cut_off, read_image
from gtpt_bench.data.layout import DataRoot
from gtpt_bench.data.loading import loaded
from gtpt_bench.data.people import Person
from gtpt_bench.data.samples import evaluation_crops, training_crops
from gtpt_bench.data.skipping import IntactCrops
from gtpt_bench.errors import BrokenImage, DataError
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.keypoints import COCO
from gtpt_bench.models import model_config
from gtpt_bench.models.sizes import Size
from tests.data.coco_folder import annotation, content, image_entry, shared, someone, spread_points, write_split

INPUT = Size(64, 48)
NOISE = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
BROKEN = {"cut off": b"", "empty": b"", "text": b"404: Not Found\n"}


def encoded(kind: str, *options: int) -> bytes:
    return cv2.imencode(kind, NOISE, options)[1].tobytes()


JPEG, PROGRESSIVE, PNG = encoded(".jpg"), encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1), encoded(".png")
BROKEN["cut off"] = JPEG[: len(JPEG) // 2]


# Found


@pytest.mark.parametrize("whole", [JPEG, PROGRESSIVE, PNG], ids=["jpeg", "progressive", "png"])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_an_image_without_its_end_is_found(whole: bytes, share: float) -> None:
    assert decode_image(whole, source="whole.jpg").shape == (60, 80, 3)
    with pytest.raises(BrokenImage, match=r"^image some\.jpg (is cut off|cannot be decoded); the file is broken"):
        decode_image(whole[: int(share * len(whole))], source="some.jpg")


def test_a_thumbnail_in_the_header_is_not_the_end() -> None:
    """EXIF blocks hold small JPEGs with an end of their own."""
    block = b"Exif\0\0" + JPEG[:2000] + b"\xff\xd9"
    header = b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block
    with_thumbnail = JPEG[:2] + header + JPEG[2:]
    assert not is_cut_off(with_thumbnail)
    assert is_cut_off(with_thumbnail[:-100])


def test_what_follows_the_end_is_no_ones_business() -> None:
    assert not is_cut_off(JPEG + b"\0" * 999)
    assert decode_image(JPEG + b"camera notes", source="a.jpg").shape == (60, 80, 3)


def test_no_real_photo_is_taken_for_broken() -> None:
    photos = sorted(shared("coco_mini/images").glob("*/*.jpg")) + sorted(shared("mpii_mini/images").glob("*.jpg"))
    assert len(photos) == 65 + 49 + 5
    assert not [path for path in photos if is_cut_off(path.read_bytes())]


# Skipped


@pytest.fixture
def people(tmp_path: Path) -> list[Person]:
    """Six people, two on each of three photos of one grey level: 50, 100 and 150."""
    found = []
    for number in range(3):
        path = tmp_path / f"{number}.jpg"
        assert cv2.imwrite(str(path), np.full((60, 80, 3), 50 * (number + 1), np.uint8))
        points = spread_points(17, (20, 10, 40, 40), seed=number)
        found += [someone(path, box=(20, 10, 40, 40), points=points)] * 2
    return found


def break_image(people: list[Person], place: int, how: str = "cut off") -> Path:
    people[place].image.write_bytes(BROKEN[how])
    return people[place].image


def crops(people: list[Person], kind: type[PersonCrops] = IntactCrops, seed: int = 3) -> PersonCrops:
    return kind(people, input_size=INPUT, keypoints=COCO, augmentation=Augmentation(), seed=seed)


def assert_same(first: Crop, other: Crop) -> None:
    for one, two in zip(first, other, strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize("how", BROKEN)
def test_the_next_person_with_a_whole_image_stands_in(people: list[Person], how: str) -> None:
    break_image(people, 0, how)
    found = crops(people)
    assert [int(found[SampleKey(1, place)].place) for place in range(6)] == [2, 2, 2, 3, 4, 5]
    assert int(crops(people)[1].place) == 2, "the last one's stand-in does not depend on who was asked for before"


def test_behind_the_last_person_comes_the_first(people: list[Person]) -> None:
    break_image(people, 5)
    assert int(crops(people)[5].place) == 0


def test_a_stand_in_takes_the_random_changes_of_the_sample(people: list[Person]) -> None:
    break_image(people, 0)
    found, whole = crops(people), crops(people, PersonCrops)
    key = SampleKey(4, 1)
    assert_same(found[key], whole.crop(2, key))
    assert not torch.equal(found[key].keypoints, found[SampleKey(4, 2)].keypoints)


def test_whole_images_are_cropped_as_ever(people: list[Person]) -> None:
    break_image(people, 0)
    for place in (2, 5):
        assert_same(crops(people)[SampleKey(2, place)], crops(people, PersonCrops)[SampleKey(2, place)])


def test_a_broken_image_is_listed_once(people: list[Person], caplog: pytest.LogCaptureFixture) -> None:
    path, found = break_image(people, 2), crops(people)
    with caplog.at_level(logging.WARNING):
        for epoch in range(3):
            for place in range(6):
                found[SampleKey(epoch, place)]
    message = f"image {path} is cut off; the file is broken, copy it anew; 2 of 6 persons are skipped with it"
    assert [record.getMessage() for record in caplog.records] == [message]
    assert isinstance(found, IntactCrops)
    assert found.broken_images == [path]


def test_a_resumed_run_remembers_what_was_found_and_lists_it_no_more(
    people: list[Person], caplog: pytest.LogCaptureFixture
) -> None:
    path, resumed = break_image(people, 2), crops(people)
    resumed.remember_broken([path.name])
    assert resumed.broken_images == [path]
    assert int(resumed[SampleKey(0, 2)].place) == 4
    assert caplog.records == []


def test_loader_workers_share_what_they_found(people: list[Person]) -> None:
    path, found = break_image(people, 1), crops(people)
    keys = [SampleKey(0, place) for place in range(6)]
    loaded = list(DataLoader(found, batch_size=None, sampler=keys, num_workers=2))
    assert isinstance(found, IntactCrops)
    assert found.broken_images == [path], "the process that trains knows it too"
    for key, crop in zip(keys, loaded, strict=True):
        assert_same(crop, crops(people)[key])


def test_what_a_worker_finds_is_told_in_its_one_line(people: list[Person]) -> None:
    """torch wraps it into the worker's traceback, here without a worker, which would take seconds to end."""
    path, found = break_image(people, 0), crops(people, PersonCrops)

    def batches() -> Iterator[Crop]:
        try:
            yield found[0]
        except BrokenImage:
            ExceptionWrapper(where="in DataLoader worker process 0").reraise()

    with pytest.raises(BrokenImage, match="Original Traceback"):
        list(batches())
    with pytest.raises(BrokenImage) as caught:
        list(loaded(batches()))
    assert str(caught.value) == f"image {path} is cut off; the file is broken, copy it anew"


def test_no_whole_image_at_all_is_an_error(people: list[Person]) -> None:
    for place in (0, 2, 4):
        break_image(people, place)
    with pytest.raises(DataError, match="all images of the training data are broken"):
        crops(people)[0]


def test_a_missing_image_is_not_skipped(people: list[Person]) -> None:
    people[0].image.unlink()
    with pytest.raises(DataError, match="does not exist"):
        crops(people)[0]


# What a run says


def run(**data: str) -> RunConfig:
    settings = CocoData.model_validate(data)
    protocol = Protocol(boxes="ground_truth")
    return RunConfig(model=model_config("gtpt_tiny_coco"), data=settings, evaluation=protocol)


@pytest.fixture
def root(tmp_path: Path) -> DataRoot:
    """Both splits have two people; the first one's image is broken."""
    for split in ("train2017", "val2017"):
        write_split(tmp_path, split, content([image_entry(1), image_entry(2)], [annotation(1, 1), annotation(2, 2)]))
        (tmp_path / "images" / split / "000000000001.png").write_bytes(PNG[:500])
    return DataRoot(tmp_path)


def test_training_fails_unless_the_run_says_skip(root: DataRoot) -> None:
    with pytest.raises(BrokenImage):
        training_crops(run(), root)[0]
    assert int(training_crops(run(broken_images="skip"), root)[0].place) == 1


def test_evaluation_never_skips(root: DataRoot) -> None:
    """A person who is not there would lower nothing but the truth of the score."""
    for data in (run(), run(broken_images="skip")):
        with pytest.raises(BrokenImage, match=r"000000000001\.png"):
            evaluation_crops(data, root)[0]


def test_unreadable_bytes_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(BROKEN["cut off"])
    with pytest.raises(BrokenImage, match=str(path)):
        read_image(path)
