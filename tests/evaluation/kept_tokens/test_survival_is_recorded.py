"""The file beside an evaluation: small, read back as it was written, with people that all models show alike."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gtpt_bench.data.people import Person
from gtpt_bench.evaluation.kept_tokens.labels import labels_behind
from gtpt_bench.evaluation.kept_tokens.record import survival_from_json, survival_to_json
from gtpt_bench.evaluation.kept_tokens.shown import NUM_SHOWN, shown_places
from gtpt_bench.files import write_json
from tests.evaluation.kept_tokens.scenes import people, recorded
from tests.models.small_gtpt import small_gtpt


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[Person]:
    return people(tmp_path_factory.mktemp("people"), 6)


def test_what_is_written_is_read_back(seen: list[Person], tmp_path: Path) -> None:
    survival, poses = recorded(small_gtpt(), seen)
    assert survival is not None
    again = survival_from_json(json.loads(json.dumps(survival_to_json(survival))))
    assert (again.stages, again.keypoints) == (survival.stages, survival.keypoints)
    assert (again.input_size, again.pixel_grid) == ((64, 48), "corner")
    for name, value in vars(survival.counts).items():
        np.testing.assert_array_equal(value, getattr(again.counts, name))
    for person, other in zip(survival.persons, again.persons, strict=True):
        assert (person.image_id, person.file_name, person.box) == (other.image_id, other.file_name, other.box)
        np.testing.assert_array_equal(person.masks, other.masks)
        np.testing.assert_allclose(person.pose, other.pose, atol=0.006)
    assert len(poses) == len(seen)


def test_shown_poses_are_those_that_were_predicted(seen: list[Person]) -> None:
    """Back from the crop to the image by hand: the crop is centred on the box and 1.25 times as large."""
    survival, poses = recorded(small_gtpt(), seen)
    assert survival is not None
    for person in survival.persons:
        x, y, w, h = person.box
        scale = 48 / (max(w, h * 48 / 64) * 1.25)
        in_image = (person.pose[:, :2] - (24, 32)) / scale + (x + w / 2, y + h / 2)
        np.testing.assert_allclose(in_image, poses.keypoints[person.image_id, :, :2], atol=1e-2)


def test_a_record_of_a_whole_data_set_is_a_few_kilobytes(seen: list[Person], tmp_path: Path) -> None:
    """With the grid of the full-size models, and counts as of a hundred thousand people that hardly repeat."""
    model = small_gtpt(input_size=(128, 128), patch_size=(2, 2), tokenizer={"kind": "linear"})
    survival, _ = recorded(model, seen)
    assert survival is not None
    assert survival.stages.grid.area == 256
    rng = np.random.default_rng(0)
    counts = {n: rng.integers(0, 10**5, np.shape(v)) for n, v in vars(survival.counts).items()}
    large = replace(survival, counts=type(survival.counts)(**counts))
    write_json(tmp_path / "tokens.json.gz", survival_to_json(large))
    assert (tmp_path / "tokens.json.gz").stat().st_size < 40_000
    write_json(tmp_path / "tokens.json.gz", survival_to_json(survival))
    assert (tmp_path / "tokens.json.gz").stat().st_size < 8_000


def test_those_with_most_labels_and_the_largest_are_shown_one_an_image(seen: list[Person]) -> None:
    everything = np.ones(17, np.float32)
    full = [replace(p, visibility=everything, box=np.asarray([0, 0, 10 + n, 20])) for n, p in enumerate(seen)]
    assert shown_places(full, full) == [5, 4, 3, 2][:NUM_SHOWN]
    same_image = [replace(person, image_id=7) for person in full]
    assert shown_places(same_image, same_image) == [5]
    few = [replace(full[0]), *(replace(p, visibility=everything * 0) for p in full[1:])]
    assert shown_places(few, few)[0] == 0
    assert shown_places([], []) == []


def boxed(image_id: int, *box: float, score: float = 1.0) -> Person:
    points = np.zeros((17, 2), np.float32)
    return Person(image_id, Path("x.jpg"), np.asarray(box, np.float32), score, points, points[:, 0])


def test_a_detectors_box_has_the_labels_of_the_person_it_overlaps_most() -> None:
    one, two, elsewhere = boxed(1, 0, 0, 10, 20), boxed(1, 8, 0, 10, 20), boxed(2, 0, 0, 10, 20)
    shifted, exact = boxed(1, 2, 0, 10, 20, score=0.9), boxed(1, 0, 0, 10, 20, score=0.3)
    assert labels_behind([shifted, exact], [one]) == [None, one], "each person stands behind one box"
    assert labels_behind([shifted, exact], [one, two]) == [None, one], "2 of 18 pixels across overlap too little"
    assert labels_behind([boxed(1, 7, 0, 10, 20), exact], [one, two, elsewhere]) == [two, one]
    assert labels_behind([boxed(3, 0, 0, 10, 20)], [one]) == [None]
    assert labels_behind([boxed(1, 5, 0, 10, 20)], [one]) == [None], "a third is too little"
    assert labels_behind([], [one]) == []
    assert labels_behind([exact], []) == [None]
