"""From pictures to poses with a model that sees colours: batches, flip test, back to image pixels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gtpt_bench.data.crop import frame_of_box
from gtpt_bench.data.dataset import IMAGE_MEAN, IMAGE_STD, Crop, PersonCrops
from gtpt_bench.data.people import Person
from gtpt_bench.data.pixel_grid import GRIDS, PAPER_GRID, GridName, PixelGrid
from gtpt_bench.errors import DataError
from gtpt_bench.evaluation.duplicates import final_poses
from gtpt_bench.evaluation.entries import KeypointTruth
from gtpt_bench.evaluation.poses import Poses
from gtpt_bench.evaluation.predict import predict_poses
from gtpt_bench.evaluation.predict import predicted as predicted_crops
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.evaluation.readers import reader_of
from gtpt_bench.evaluation.score import coco_results, score_results
from gtpt_bench.keypoints import COCO, WHOLEBODY
from gtpt_bench.models.blocks.simcc_head import SimccLogits
from gtpt_bench.models.reading import SimccReading
from gtpt_bench.models.sizes import Size
from tests.data.coco_folder import annotation, content, image_entry, someone, triples, write_picture
from tests.evaluation.results import Json

INPUT = Size(128, 96)
PAIRS = ((0, 0), *COCO.flip_pairs)
COLOURS = np.asarray([(r, g, b) for r in (60, 150, 250) for g in (0, 120, 240) for b in (0, 200)][1:10], np.uint8)
"""One for the nose and one for each pair: left and right look the same, as on real people."""

IMAGE_WIDTH = 240

LEFT_X, RIGHT_X = 75, 45
"""Everyone faces the viewer, so what is left lies further to the right."""


class ColourModel(nn.Module):
    """Finds each colour's spots; the one further to the right is taken for the left keypoint."""

    def __init__(self, *, sharpness: float = 0.5) -> None:
        super().__init__()
        self.sharpness = sharpness

    def forward(self, images_B3HW: Tensor) -> SimccLogits:
        mean, std = torch.tensor(IMAGE_MEAN)[:, None, None], torch.tensor(IMAGE_STD)[:, None, None]
        pixels = (images_B3HW * std + mean) * 255
        places = torch.stack([self._places(one) for one in pixels])  # [B, J, 2]
        lengths = (images_B3HW.shape[3], images_B3HW.shape[2])
        x, y = (
            -self.sharpness * (torch.arange(2 * n, dtype=torch.float32) - 2 * places[..., axis, None]) ** 2
            for axis, n in enumerate(lengths)
        )
        return SimccLogits(x, y)

    def _places(self, pixels_3HW: Tensor) -> Tensor:
        found = torch.zeros(17, 2)
        for colour, (left, right) in zip(COLOURS, PAIRS, strict=True):
            distance = (pixels_3HW - torch.tensor(colour).float()[:, None, None]).abs().amax(0)
            y, x = torch.nonzero(distance < 12, as_tuple=True)
            middle = (x.max() + x.min()) / 2
            for joint, is_side in ((left, x >= middle), (right, x <= middle)):
                is_joint = is_side | (left == right)
                found[joint] = torch.stack((x[is_joint].float().mean(), y[is_joint].float().mean()))
        return found


class BrokenModel(ColourModel):
    """Gives NaN for the person of one place in each batch."""

    def forward(self, images_B3HW: Tensor) -> SimccLogits:
        x, y = super().forward(images_B3HW)
        x[1] = float("nan")
        return SimccLogits(x, y)


def body_points(offset: tuple[float, float]) -> np.ndarray:
    points = np.zeros((17, 2))
    for row, (left, right) in enumerate(PAIRS):
        points[right], points[left] = (RIGHT_X, 20 + 12 * row), (LEFT_X, 22 + 12 * row)
    points[0] = (60, 20)
    return points + offset


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> list[Person]:
    """Three painted persons in one picture each, at other places and of the same size."""
    folder = tmp_path_factory.mktemp("painted")
    found = []
    for number, offset in enumerate([(0, 0), (31, 12), (90, 5)]):
        points = body_points(offset)
        image = np.zeros((160, IMAGE_WIDTH, 3), np.uint8)
        for colour, pair in zip(COLOURS, PAIRS, strict=True):
            for x, y in points[list(pair)].astype(int):
                image[y - 3 : y + 4, x - 3 : x + 4] = colour
        path = write_picture(folder / f"{number}.png", image)
        box = (RIGHT_X - 10 + offset[0], 10 + offset[1], LEFT_X - RIGHT_X + 20, 125)
        plain = someone(path, box=box, points=points)
        found.append(Person(number + 1, path, plain.box, 0.5 + 0.1 * number, plain.keypoints, plain.visibility))
    return found


def predicted(
    people: list[Person],
    model: nn.Module | None = None,
    *,
    batch_size: int = 2,
    grid: PixelGrid = PAPER_GRID,
    **protocol: bool,
) -> Poses:
    return predict_poses(
        model or ColourModel(),
        PersonCrops(people, input_size=INPUT, keypoints=COCO, grid=grid),
        Protocol(**protocol),
        reading=SimccReading(),
        batch_size=batch_size,
        device=torch.device("cpu"),
    )


def truth_of(people: list[Person]) -> KeypointTruth:
    entries: list[Json] = [
        annotation(number, person.image_id, box=person.box.tolist(), keypoints=triples(person.keypoints))
        for number, person in enumerate(people, 1)
    ]
    return KeypointTruth(content([image_entry(person.image_id) for person in people], entries))


@pytest.mark.parametrize("flip_test", [False, True])
def test_painted_keypoints_are_found_in_image_pixels(people: list[Person], flip_test: bool) -> None:
    """Left and right included; to about the half pixel of a bin, as far as the crop is enlarged."""
    found = predicted(people, flip_test=flip_test)
    labels = np.stack([person.keypoints for person in people])
    assert np.abs(found.keypoints[..., :2] - labels).max() < 1.0


def test_poses_carry_image_box_score_and_padded_area_in_the_order_of_the_people(people: list[Person]) -> None:
    found = predicted(people)
    assert found.image_ids.tolist() == [1, 2, 3]
    assert found.scores == pytest.approx([0.5, 0.6, 0.7])
    assert found.areas == pytest.approx([frame_of_box(person.box, INPUT).area for person in people])


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_the_batch_size_does_not_matter(people: list[Person], batch_size: int) -> None:
    np.testing.assert_allclose(
        predicted(people, batch_size=batch_size).keypoints, predicted(people, batch_size=2).keypoints, atol=1e-6
    )


def test_a_flip_test_with_shift_agrees_with_the_plain_pass_and_without_it_loses_confidence(
    people: list[Person],
) -> None:
    """Averaged with itself a row of logits stays; averaged with one moved by a bin its peak is lower."""
    model = ColourModel(sharpness=3.0)
    plain = predicted(people, model, flip_test=False).keypoints[..., 2]
    shifted = predicted(people, model).keypoints[..., 2]
    unshifted = predicted(people, model, flip_shift=False).keypoints[..., 2]
    np.testing.assert_allclose(shifted, plain, rtol=1e-3)
    assert (unshifted < 0.8 * plain).mean() > 0.9


def mirrored_people(people: list[Person], folder: Path) -> list[Person]:
    """The same pictures mirrored, and with them the boxes: pixel x becomes width − 1 − x."""
    found = []
    for person in people:
        picture = cv2.imread(str(person.image))
        assert picture is not None
        cv2.imwrite(str(folder / person.image.name), picture[:, ::-1])
        x, y, w, h = person.box
        box = np.asarray([picture.shape[1] - 1 - x - w, y, w, h], np.float32)
        found.append(replace(person, image=folder / person.image.name, box=box))
    return found


def mirrored_back(points: np.ndarray, width: int) -> np.ndarray:
    """Points `[N, J, 2]` found in a mirrored picture, as points in the plain one; left and right swap."""
    return np.stack((width - 1 - points[..., 0], points[..., 1]), axis=-1)[:, list(COCO.mirror)]


def test_the_flip_test_of_a_mirrored_image_gives_mirrored_predictions(people: list[Person], tmp_path: Path) -> None:
    """In the authors' grid the two crops lie a crop pixel apart (quirk 10), which is 1.22 pixels of these images."""
    found = predicted(mirrored_people(people, tmp_path)).keypoints[..., :2]
    back = mirrored_back(found, IMAGE_WIDTH)
    assert np.abs(back - predicted(people).keypoints[..., :2]).max() < 1.25


def test_in_the_centred_grid_it_gives_them_exactly_whatever_the_model(people: list[Person], tmp_path: Path) -> None:
    centred = GRIDS["centred"]
    found = predicted(mirrored_people(people, tmp_path), AnyModel(), grid=centred).keypoints[..., :2]
    plain = predicted(people, AnyModel(), grid=centred).keypoints[..., :2]
    np.testing.assert_allclose(mirrored_back(found, IMAGE_WIDTH), plain, atol=1e-3)


class AnyModel(nn.Module):
    """Logits that are some function of the picture, without any likeness between left and right."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.x, self.y = (torch.randn(17 * 2 * n, 300, generator=generator) for n in (INPUT.width, INPUT.height))

    def forward(self, images_B3HW: Tensor) -> SimccLogits:
        seen = images_B3HW.flatten(1)[:, ::123][:, :300]
        return SimccLogits(*((seen @ weights.T).unflatten(1, (17, -1)) for weights in (self.x, self.y)))


@pytest.mark.parametrize("grid", GRIDS)
def test_the_flip_test_of_a_mirrored_crop_gives_mirrored_predictions_whatever_the_model(grid: GridName) -> None:
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (8, INPUT.height, INPUT.width, 3), np.uint8))
    nothing = torch.zeros(8, 17, 2)

    def found(images_BHW3: Tensor, *, flip_test: bool) -> tuple[np.ndarray, np.ndarray]:
        return predicted_crops(
            AnyModel(),
            Crop(images_BHW3, nothing, nothing[..., 0], torch.arange(8)),
            mirror=COCO.mirror,
            protocol=Protocol(flip_test=flip_test),
            reader=reader_of(SimccReading(), INPUT, GRIDS[grid]),
            device=torch.device("cpu"),
            number=0,
        )

    plain, confidence = found(images, flip_test=True)
    mirrored, mirrored_confidence = found(images.flip(2), flip_test=True)
    inside = plain[..., 0] < INPUT.width - 1  # the last bins, which the shift leaves, have no mirror image
    inside &= mirrored_back(mirrored, INPUT.width)[..., 0] > 0
    assert inside.mean() > 0.9
    np.testing.assert_allclose(mirrored_back(mirrored, INPUT.width)[inside], plain[inside], atol=1e-5)
    np.testing.assert_allclose(mirrored_confidence[:, list(COCO.mirror)][inside], confidence[inside], rtol=0.1)
    alone, _ = found(images.flip(2), flip_test=False)
    unlike = np.abs(mirrored_back(alone, INPUT.width) - found(images, flip_test=False)[0]).max(-1) > 1
    assert unlike.mean() > 0.9, "without the flip test this model sees nothing alike in the two"


def test_progress_is_told_after_each_batch(people: list[Person]) -> None:
    calls: list[tuple[int, int]] = []
    crops = PersonCrops(people, input_size=INPUT, keypoints=COCO)
    cpu = torch.device("cpu")
    predict_poses(
        ColourModel(),
        crops,
        Protocol(),
        reading=SimccReading(),
        batch_size=2,
        device=cpu,
        on_batch=lambda *call: calls.append(call),
    )
    assert calls == [(2, 3), (3, 3)]


def test_nobody_to_predict_gives_no_poses() -> None:
    found = predicted([])
    assert len(found) == 0
    assert found.keypoints.shape == (0, 17, 3)


# From poses to scores


def test_a_model_that_finds_everybody_scores_one(people: list[Person]) -> None:
    poses = final_poses(predicted(people), COCO.sigmas, Protocol())
    scored = score_results(truth_of(people), coco_results(poses, COCO), keypoints=COCO)
    assert scored.metrics["AP"] == pytest.approx(1)


def test_the_same_person_detected_twice_is_reported_once(people: list[Person]) -> None:
    twice = [people[0], people[0], people[1]]
    assert len(final_poses(predicted(twice), COCO.sigmas, Protocol())) == 2


def test_a_model_that_gives_nan_is_one_clear_error(people: list[Person]) -> None:
    poses = final_poses(predicted(people[:2], BrokenModel()), COCO.sigmas, Protocol())
    with pytest.raises(DataError, match=r"the results: entry 1: .* not a number$"):
        score_results(truth_of(people), coco_results(poses, COCO), keypoints=COCO)


def test_whole_bodies_are_reported_in_the_fields_of_their_annotations() -> None:
    keypoints = np.arange(2 * 133 * 3, dtype=np.float64).reshape(2, 133, 3)
    poses = Poses(np.asarray([4, 5]), keypoints, np.ones(2), np.asarray([0.25, 0.5]))
    first, second = coco_results(poses, WHOLEBODY)
    assert (first["image_id"], first["category_id"], first["score"]) == (4, 1, 0.25)
    fields = ("keypoints", "foot_kpts", "face_kpts", "lefthand_kpts", "righthand_kpts")
    assert [value for field in fields for value in second[field]] == keypoints[1].ravel().tolist()
    assert [len(second[field]) // 3 for field in fields] == [17, 6, 68, 21, 21]


def test_results_are_plain_json_of_person_class(people: list[Person], tmp_path: Path) -> None:
    entries = coco_results(predicted(people), COCO)
    assert [set(entry) for entry in entries] == [{"image_id", "category_id", "keypoints", "score"}] * 3
    assert all(type(value) is float for value in entries[0]["keypoints"])
    assert type(entries[0]["image_id"]) is int
