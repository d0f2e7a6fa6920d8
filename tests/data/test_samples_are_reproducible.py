"""Samples of persons: what a crop contains, and that seed, epoch and place alone decide how it is changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.data.dataset import Crop, PersonCrops, SampleKey
from gtpt_bench.data.images import ImageMemory
from gtpt_bench.data.people import Person
from gtpt_bench.errors import DataError
from gtpt_bench.keypoints import COCO
from gtpt_bench.models.sizes import Size
from tests.data.coco_folder import NO_AUGMENTATION, someone, write_picture

INPUT = Size(64, 48)
BOX = (60.0, 20.0, 60.0, 80.0)
MIRRORING = NO_AUGMENTATION.changed({"mirror_probability": 1})
LEFT, RIGHT = [a for a, _ in COCO.flip_pairs], [b for _, b in COCO.flip_pairs]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> list[Person]:
    """Three persons whose keypoints are painted: left ones red, right ones blue, the nose green."""
    points = np.random.default_rng(4).uniform((65, 25), (115, 95), size=(17, 2)).round()
    image = np.zeros((120, 200, 3), np.uint8)
    for places, colour in ((LEFT, (255, 0, 0)), (RIGHT, (0, 0, 255)), ([0], (0, 255, 0))):
        for x, y in points[places].astype(int):
            image[y - 1 : y + 2, x - 1 : x + 2] = colour
    path = write_picture(tmp_path_factory.mktemp("images") / "person.png", image)
    return [someone(path, box=BOX, points=points) for _ in range(3)]


def crops(people: list[Person], augmentation: Augmentation | None = None, *, seed: int = 0) -> PersonCrops:
    return PersonCrops(people, input_size=INPUT, keypoints=COCO, augmentation=augmentation, seed=seed)


def assert_same(first: Crop, other: Crop) -> None:
    for one, two in zip(first, other, strict=True):
        assert torch.equal(one, two)


def colours_at_keypoints(crop: Crop) -> np.ndarray:
    x, y = crop.keypoints.round().long().T
    return np.asarray(crop.image[y, x])


def paint_of(channel: int, colours: np.ndarray) -> np.ndarray:
    """Whether each colour has more of this channel than of the others."""
    return np.asarray(colours.argmax(1) == channel)


# What a crop contains


def test_a_sample_is_a_picture_with_its_keypoints(people: list[Person]) -> None:
    crop = crops(people)[2]
    assert crop.image.shape == (64, 48, 3)
    assert crop.image.dtype == torch.uint8
    assert crop.keypoints.shape == (17, 2)
    assert crop.visibility.tolist() == [1.0] * 17
    assert crop.place == 2


@pytest.mark.parametrize("augmentation", [None, MIRRORING])
def test_left_keypoints_stay_left_whether_mirrored_or_not(
    people: list[Person], augmentation: Augmentation | None
) -> None:
    """In a mirrored picture what was painted as left is the person's right: the labels swap with the picture."""
    colours = colours_at_keypoints(crops(people, augmentation)[0])
    red, blue = (LEFT, RIGHT) if augmentation is None else (RIGHT, LEFT)
    assert paint_of(0, colours[red]).mean() > 0.8, "dots may cover each other"
    assert paint_of(2, colours[blue]).mean() > 0.8
    assert paint_of(1, colours[:1]).all()


def test_a_mirrored_crop_of_a_centred_person_is_the_mirror_image(tmp_path: Path) -> None:
    """The image has 201 columns and the box lies in their middle, so both crops look at the same pixels.

    Mirrored twice is not mirrored: the centre falls on W / 2, not on (W − 1) / 2, so x becomes W − x.
    """
    image = np.random.default_rng(0).integers(0, 255, (120, 201, 3), dtype=np.uint8)
    points = np.random.default_rng(1).uniform((75, 20), (125, 100), size=(17, 2))
    person = someone(write_picture(tmp_path / "noise.png", image), box=(70, 20, 60, 80), points=points)
    plain, mirrored = crops([person])[0], crops([person], MIRRORING)[0]
    np.testing.assert_allclose(mirrored.keypoints[list(COCO.mirror), 0], 48 - plain.keypoints[:, 0], atol=1e-4)
    np.testing.assert_allclose(mirrored.keypoints[list(COCO.mirror), 1], plain.keypoints[:, 1], atol=1e-4)
    difference = mirrored.image[:, 1:].flip(1).int() - plain.image[:, 1:].int()
    assert difference.abs().max() <= 1, "the same pixels, but for rounding"


def test_visibilities_swap_with_their_keypoints(people: list[Person]) -> None:
    visibility = np.linspace(0.2, 1, 17, dtype=np.float32)
    points = people[0].keypoints
    person = someone(people[0].image, box=BOX, points=points, visibility=visibility)
    np.testing.assert_array_equal(crops([person], MIRRORING)[0].visibility, visibility[list(COCO.mirror)])


def test_unlabelled_keypoints_stay_at_zero(people: list[Person]) -> None:
    labelled = np.arange(17) % 3 > 0
    points = people[0].keypoints * labelled[:, None]
    person = someone(people[0].image, box=BOX, points=points, visibility=labelled)
    for augmentation in (None, MIRRORING, Augmentation()):
        crop = crops([person], augmentation)[0]
        assert (crop.keypoints[crop.visibility == 0] == 0).all()
        assert (crop.keypoints[crop.visibility > 0] != 0).all()


def test_fractional_visibility_does_not_shrink_coordinates(people: list[Person]) -> None:
    """The authors multiply mirrored coordinates by the visibility (quirk 3), unless one asks for exact labels."""
    points = people[0].keypoints
    half = someone(people[0].image, box=BOX, points=points, visibility=np.full(17, 0.5))
    exact = MIRRORING.changed({"mirrored_labels": "exact"})
    assert torch.equal(crops([half], exact)[0].keypoints, crops(people, MIRRORING)[0].keypoints)


# What decides about the draws


def test_seed_epoch_and_place_decide(people: list[Person]) -> None:
    key = SampleKey(epoch=3, person=1)
    reference = crops(people, Augmentation(), seed=7)[key]
    assert_same(crops(people, Augmentation(), seed=7)[key], reference)
    others = [
        crops(people, Augmentation(), seed=8)[key],
        crops(people, Augmentation(), seed=7)[SampleKey(4, 1)],
        crops(people, Augmentation(), seed=7)[SampleKey(3, 2)],
    ]
    for other in others:
        assert not torch.equal(other.keypoints, reference.keypoints)


def test_neither_the_order_nor_the_worker_matters(people: list[Person]) -> None:
    dataset = crops(people, Augmentation(), seed=1)
    keys = [SampleKey(epoch, person) for epoch in (0, 1) for person in (0, 1, 2)]
    alone = {key: dataset[key] for key in reversed(keys)}
    loader = DataLoader(dataset, batch_size=None, sampler=keys, num_workers=2)
    for key, crop in zip(keys, loader, strict=True):
        assert_same(crop, alone[key])


def test_global_random_state_is_neither_used_nor_changed(people: list[Person]) -> None:
    dataset = crops(people, Augmentation(), seed=1)
    reference = dataset[SampleKey(5, 0)]
    np.random.seed(3)
    torch.manual_seed(3)
    expected = np.random.random(), torch.rand(1).item()
    np.random.seed(3)
    torch.manual_seed(3)
    assert_same(dataset[SampleKey(5, 0)], reference)
    assert (np.random.random(), torch.rand(1).item()) == expected


def test_without_augmentation_every_epoch_is_the_same(people: list[Person]) -> None:
    dataset = crops(people)
    assert_same(dataset[SampleKey(0, 0)], dataset[SampleKey(9, 0)])
    assert_same(dataset[0], dataset[SampleKey(0, 0)])


# Decoded images


def test_images_that_fit_are_decoded_once(tmp_path: Path) -> None:
    paths = [write_picture(tmp_path / f"{i}.png", np.full((10, 10, 3), i, np.uint8)) for i in range(3)]
    people = [someone(path, box=(0, 0, 4, 4), points=np.ones((17, 2))) for path in paths]
    dataset = PersonCrops(people, input_size=INPUT, keypoints=COCO, memory_bytes=2 * 300)
    for place in (0, 1):
        dataset[place]
        paths[place].unlink()
    assert dataset[0].image.max() == 0, "kept, though the file is gone"
    assert dataset[2].image.max() == 2
    assert dataset[0].image.max() == 0, "used more recently than the one that had to go"
    with pytest.raises(DataError, match="does not exist"):
        dataset[1]
    assert dataset.images.used_bytes <= 600


def test_without_memory_every_read_decodes(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.png", np.zeros((10, 10, 3), np.uint8))
    dataset = crops([someone(path, box=(0, 0, 4, 4), points=np.ones((17, 2)))])
    assert dataset[0].image.max() == 0
    write_picture(path, np.full((10, 10, 3), 9, np.uint8))
    assert dataset[0].image.max() == 9


def test_an_image_larger_than_the_memory_drives_nothing_out() -> None:
    memory = ImageMemory(limit_bytes=300)
    small, large = np.zeros((10, 10, 3), np.uint8), np.zeros((11, 10, 3), np.uint8)
    memory.remember(small, Path("small.png"))
    memory.remember(large, Path("large.png"))
    assert memory.known(Path("small.png")) is small
    assert memory.known(Path("large.png")) is None
