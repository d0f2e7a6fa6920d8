"""A point painted in an image lands where the crop's keypoint says, through every random change at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.data.augmented import augmented
from gtpt_bench.data.crop import frame_of_box
from gtpt_bench.data.dataset import PersonCrops, SampleKey
from gtpt_bench.keypoints import COCO, MPII, WHOLEBODY, KeypointSet
from gtpt_bench.models.sizes import Size
from tests.data.coco_folder import someone, spread_points, write_picture

INPUT = Size(256, 192)
BOX = (110.0, 40.0, 90.0, 160.0)
RADIUS = 4
CHANGES: dict[str, dict[str, float]] = {
    "half body": {"half_body_probability": 1},
    "scale": {"scale_factor": 0.35},
    "rotation": {"rotation_probability": 1, "rotation_factor_deg": 45},
    "mirror": {"mirror_probability": 1},
    "all of them": {"half_body_probability": 0.5, "scale_factor": 0.35, "rotation_probability": 0.6}
    | {"rotation_factor_deg": 45, "mirror_probability": 0.5},
}
NOTHING: dict[str, float] = {
    name: 0 for name in Augmentation.model_fields if name.endswith(("probability", "factor", "factor_deg"))
}


def painted_person(folder: Path, keypoints: KeypointSet, painted: int) -> PersonCrops:
    """Someone whose image is black but for a white disc on one keypoint; without changes as yet."""
    points = spread_points(len(keypoints), BOX, seed=painted)
    y, x = np.mgrid[:240, :320]
    distance = np.hypot(x - points[painted, 0], y - points[painted, 1])
    grey = (np.clip(RADIUS + 0.5 - distance, 0, 1) * 255).round().astype(np.uint8)
    path = write_picture(folder / "disc.png", np.repeat(grey[..., None], 3, 2))
    people = [someone(path, box=BOX, points=points)]
    return PersonCrops(people, input_size=INPUT, keypoints=keypoints, memory_bytes=10**6)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    ("keypoints", "painted"),
    [
        pytest.param(COCO, 0, id="nose"),
        pytest.param(COCO, 9, id="left wrist"),
        pytest.param(WHOLEBODY, 17, id="left big toe"),
        pytest.param(WHOLEBODY, 95, id="left thumb"),
        pytest.param(MPII, 15, id="left wrist of MPII"),
    ],
)
def test_a_painted_keypoint_is_seen_at_its_label(
    tmp_path: Path, keypoints: KeypointSet, painted: int, change: str
) -> None:
    """In a mirrored crop a left keypoint's label is the right one's, so the paint is at its partner's place."""
    crops = painted_person(tmp_path, keypoints, painted)
    crops.augmentation = Augmentation.model_validate(NOTHING | CHANGES[change])
    crops.seed = painted
    num_seen = 0
    for epoch in range(12):
        key = SampleKey(epoch, 0)
        mirrored = drawn_mirrored(crops, key)
        crop = crops[key]
        label = crop.keypoints[keypoints.mirror[painted] if mirrored else painted].numpy()
        light = crop.image[..., 0].numpy().astype(float)
        cut = light[[0, -1]].any() or light[:, [0, -1]].any()
        if cut or not light.any():
            continue
        num_seen += 1
        y, x = np.mgrid[: INPUT.height, : INPUT.width]
        centre = (light * x).sum() / light.sum(), (light * y).sum() / light.sum()
        assert centre == pytest.approx(tuple(label), abs=0.15)
    assert num_seen >= 3


def drawn_mirrored(crops: PersonCrops, key: SampleKey) -> bool:
    """Whether this crop is a mirrored one, from its draws alone."""
    person = crops.people[0]
    assert crops.augmentation is not None
    return augmented(
        frame_of_box(person.box, INPUT),
        person.keypoints,
        person.visibility,
        config=crops.augmentation,
        keypoints=crops.keypoints,
        input_size=INPUT,
        rng=np.random.default_rng([crops.seed, *key]),
    ).mirrored
