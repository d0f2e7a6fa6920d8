"""Contact sheets of drawn scenes, plain or with the labelled poses, for people to look at."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from gtpt_bench.data.drawn.annotate import DrawnPerson
from gtpt_bench.data.drawn.config import DrawnConfig
from gtpt_bench.data.drawn.paint.canvas import Colour, Image
from gtpt_bench.data.drawn.scene import Scene, Split, draw_scene
from gtpt_bench.keypoints import WHOLEBODY

_LEFT: Colour = (255, 122, 60)
_RIGHT: Colour = (46, 152, 255)
_MIDDLE: Colour = (255, 255, 255)
_EDGE: Colour = (30, 26, 40)
_GAP = 8
_BITS = 4


def preview_sheet(
    config: DrawnConfig,
    path: Path,
    rows: int,
    columns: int,
    with_poses: bool = False,
    *,
    split: Split = "val",
    first: int = 0,
    enlarge: int = 2,
) -> None:
    """Write a PNG with rows × columns scenes, drawn with `enlarge` times the data set's pixels.

    Args:
        with_poses: overlay the labelled keypoints: the person's left in orange, right in blue, hidden ones hollow.
        first: index of the first scene.
    """
    scenes = [draw_scene(config, split, first + i, enlarge=enlarge) for i in range(rows * columns)]
    pictures = [overlay_poses(scene) if with_poses else scene.image_HW3 for scene in scenes]
    sheet = contact_sheet(pictures, columns)
    path.parent.mkdir(parents=True, exist_ok=True)
    done, data = cv2.imencode(".png", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    assert done, "OpenCV cannot write PNG"
    path.write_bytes(data.tobytes())


def contact_sheet(pictures: list[Image], columns: int) -> Image:
    """Pictures of one size in rows, with white gaps between them."""
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP, 3), 255, np.uint8)
    for i, picture in enumerate(pictures):
        y, x = (i // columns) * (height + _GAP), (i % columns) * (width + _GAP)
        sheet[y : y + height, x : x + width] = picture
    return sheet


def overlay_poses(scene: Scene) -> Image:
    """The scene with everyone's labelled keypoints on it."""
    picture = scene.image_HW3.copy()
    for person in scene.persons:
        _draw_bones(picture, person)
        _draw_points(picture, person)
    return picture


def _draw_bones(picture: Image, person: DrawnPerson) -> None:
    thick = max(1, round(person.scale / 110))
    for width, edge in ((thick + 2, True), (thick, False)):
        for a, b in WHOLEBODY.skeleton:
            body = max(a, b) < 23
            if min(person.keypoints[a, 2], person.keypoints[b, 2]) <= 0 or (edge and not body):
                continue
            ends = [_fixed(person.keypoints[k]) for k in (a, b)]
            colour = _EDGE if edge else _side_colour(a, b)
            cv2.line(picture, ends[0], ends[1], colour, width if body else 1, cv2.LINE_AA, _BITS)


def _draw_points(picture: Image, person: DrawnPerson) -> None:
    size = max(1.5, person.scale / 75)
    for k, point in enumerate(person.keypoints):
        if point[2] <= 0:
            continue
        radius = round((size if k < 23 else 0.3 * size) * (1 << _BITS))
        fill = -1 if point[2] == 2 else 1
        if k < 23 and fill == -1:
            cv2.circle(picture, _fixed(point), radius + (1 << _BITS), _EDGE, -1, cv2.LINE_AA, _BITS)
        cv2.circle(picture, _fixed(point), radius, _side_colour(k, k), fill, cv2.LINE_AA, _BITS)


def _side_colour(a: int, b: int) -> Colour:
    """By the names of the two ends; the colour of the middle if they differ or have no side."""
    sides = {_side(a), _side(b)}
    if sides == {"left"}:
        return _LEFT
    return _RIGHT if sides == {"right"} else _MIDDLE


def _side(keypoint: int) -> str:
    return WHOLEBODY.names[keypoint].split("_")[0]


def _fixed(point_3: npt.NDArray[np.float32]) -> tuple[int, int]:
    return round(float(point_3[0]) * (1 << _BITS)), round(float(point_3[1]) * (1 << _BITS))
