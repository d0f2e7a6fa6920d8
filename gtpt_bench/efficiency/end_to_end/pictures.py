"""Pictures to time: of a data set, or drawn for the purpose, so that no data are needed."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from gtpt_bench.data.drawn.config import DrawnConfig
from gtpt_bench.data.drawn.make import DETECTIONS_FILE, make_drawn_dataset
from gtpt_bench.data.layout import DataRoot
from gtpt_bench.data.people import Person, detected_people, read_annotations
from gtpt_bench.efficiency.end_to_end.pipeline import EncodedPicture
from gtpt_bench.errors import DataError
from gtpt_bench.keypoints import COCO, KeypointSet

WIDTH, HEIGHT = 640, 480
"""Pixels of a drawn picture; most images of COCO are of this size."""


def encoded_pictures(people: Sequence[Person], *, limit: int) -> list[EncodedPicture]:
    """The first pictures that people are on, with everyone on them, in the order in which they first appear.

    Args:
        people: with their boxes, as `evaluation_crops(run, root).people` has them.

    Raises:
        DataError: an image file cannot be read.
    """
    by_image: dict[Path, list[Person]] = {}
    for person in people:
        by_image.setdefault(person.image, []).append(person)
    return [
        EncodedPicture(_content(path), tuple(everyone), str(path)) for path, everyone in [*by_image.items()][:limit]
    ]


def drawn_pictures(number: int, *, keypoints: KeypointSet = COCO, seed: int = 0) -> list[EncodedPicture]:
    """Drawn people as JPEG, with boxes of the pretended detector; pictures in which it finds nobody are left out.

    Args:
        number: of pictures drawn.

    Raises:
        DataError: nobody was found in any of them.
    """
    drawing = DrawnConfig(seed=seed, num_train_images=1, num_val_images=number, width=WIDTH, height=HEIGHT)
    with tempfile.TemporaryDirectory(prefix="gtpt-drawn-") as folder:
        root, split = DataRoot(Path(folder) / "data"), "val2017"
        make_drawn_dataset(root.path, drawing, num_workers=1)
        content = read_annotations(root.annotations(split, COCO.name))
        path = root.detections(DETECTIONS_FILE)
        people = detected_people(path, content, root.images(split), keypoints, score_threshold=0.0)
        pictures = encoded_pictures(people, limit=number)
    if not pictures:
        raise DataError(f"nobody is found in {number} drawn pictures; draw more")
    return pictures


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"image {path} cannot be read: {error.strerror}") from error
