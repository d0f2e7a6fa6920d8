"""From what was painted to what is labelled: visibility, boxes, areas and outlines.

Coordinates of keypoints are those of pixel centres; boxes and outlines those of pixel edges, as in COCO.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from gtpt_bench.data.drawn.paint.canvas import Canvas
from gtpt_bench.data.drawn.paint.geometry import Points, unit_circle
from gtpt_bench.data.drawn.people.figure import Figure
from gtpt_bench.data.drawn.people.parts import Part, owned_by, owner_code
from gtpt_bench.keypoints import WHOLEBODY

Box = tuple[float, float, float, float]
"""x, y of the top left corner, width, height, in pixels."""

NO_BOX: Box = (0.0, 0.0, 0.0, 0.0)
MIN_VISIBLE_PIXELS = 80
"""People of whom less is seen are not annotated."""
MIN_HEAD_PX, MIN_HAND_PX, MIN_FOOT_PX = 14.0, 8.5, 8.0
"""Faces, hands and feet are labelled from this size on (height of the head, lengths of hand and foot)."""


@dataclass(frozen=True)
class DrawnPerson:
    """One person's annotation.

    Attributes:
        keypoints: x, y in pixels and v (0 not labelled, 1 hidden, 2 visible), float32, shape [133, 3].
        box: around the visible pixels.
        area: number of visible pixels.
        segmentation: outlines of the visible pixels, each a flat list x0, y0, x1, y1, …
        face_box, left_hand_box, right_hand_box: around the labelled points; zeros where not valid.
        scale: pixels of the person's stature, hidden parts included.
    """

    keypoints: npt.NDArray[np.float32]
    box: Box
    area: int
    segmentation: tuple[tuple[float, ...], ...]
    face_valid: bool
    left_hand_valid: bool
    right_hand_valid: bool
    foot_valid: bool
    face_box: Box
    left_hand_box: Box
    right_hand_box: Box
    scale: float


def _accepted_parts() -> npt.NDArray[np.bool_]:
    """Which parts may cover a keypoint that still counts as visible, shape [133, 32]."""
    table = np.zeros((len(WHOLEBODY), 32), bool)
    table[:3, Part.HEAD] = True
    table[23:91, Part.HEAD] = True
    for side in (0, 1):
        groups: dict[tuple[int, ...], tuple[int, ...]] = {
            (3 + side,): (Part.EAR + side, Part.HEAD),
            (5 + side,): (Part.TORSO, Part.UPPER_ARM + side),
            (7 + side,): (Part.UPPER_ARM + side, Part.FOREARM + side),
            (9 + side,): (Part.FOREARM + side, Part.HAND + side),
            (11 + side,): (Part.TORSO, Part.HIPS, Part.THIGH + side),
            (13 + side,): (Part.HIPS, Part.THIGH + side, Part.SHIN + side),
            (15 + side,): (Part.HIPS, Part.SHIN + side, Part.FOOT + side),
            tuple(range(17 + 3 * side, 20 + 3 * side)): (Part.FOOT + side,),
            tuple(range(91 + 21 * side, 112 + 21 * side)): (Part.HAND + side,),
        }
        for keypoints, parts in groups.items():
            table[np.ix_(keypoints, parts)] = True
        table[91 + 21 * side, Part.FOREARM + side] = True
    return table


_ACCEPTED = _accepted_parts()


def annotate_person(canvas: Canvas, slot: int, figure: Figure) -> DrawnPerson | None:
    """The annotation of the person painted with a slot's codes; None if next to nothing of it is seen."""
    x0, y0, window = _window(canvas, figure)
    fine_mask = owned_by(slot, window)
    mask = fine_mask[canvas.zoom // 2 :: canvas.zoom, canvas.zoom // 2 :: canvas.zoom]
    area = int(np.count_nonzero(mask))
    if area < MIN_VISIBLE_PIXELS:
        return None
    keypoints = _keypoints(canvas, slot, figure)
    valid = _drop_small_parts(keypoints, figure)
    boxes = {
        part: _points_box(keypoints[list(WHOLEBODY.parts[part])]) if valid[part] else NO_BOX
        for part in ("face", "lefthand", "righthand")
    }
    return DrawnPerson(
        keypoints=keypoints,
        box=_mask_box(mask, x0, y0),
        area=area,
        segmentation=_outlines(fine_mask, canvas.zoom, x0, y0),
        face_valid=valid["face"],
        left_hand_valid=valid["lefthand"],
        right_hand_valid=valid["righthand"],
        foot_valid=valid["foot"],
        face_box=boxes["face"],
        left_hand_box=boxes["lefthand"],
        right_hand_box=boxes["righthand"],
        scale=figure.skeleton.scale,
    )


def _keypoints(canvas: Canvas, slot: int, figure: Figure) -> npt.NDArray[np.float32]:
    """All 133 with their flags; zeros outside the image."""
    xy = figure.keypoints_1333[:, :2]
    inside = np.all((xy >= -0.5) & (xy < (canvas.width - 0.5, canvas.height - 0.5)), axis=1)
    seen = _uncovered(canvas, slot, xy, figure.skeleton.scale) & _turned_to_viewer(figure)
    flags = np.where(seen, 2.0, 1.0)
    found = np.concatenate((np.maximum(xy, 0.0), flags[:, None]), axis=1)
    return np.where(inside[:, None], found, 0.0).astype(np.float32)


def _uncovered(canvas: Canvas, slot: int, xy_2: Points, scale: float) -> npt.NDArray[np.bool_]:
    """Whether one of the parts a keypoint lies on is what is painted there, or right beside it; shape [133]."""
    reach = max(0.7, 0.008 * scale)
    near = np.concatenate((np.zeros((1, 2)), reach * unit_circle(8)))
    places = (xy_2[:, None] + near) * canvas.zoom + (canvas.zoom - 1) / 2
    x, y = np.rint(places).astype(int).transpose(2, 0, 1)
    height, width = canvas.owner_HW.shape
    codes = canvas.owner_HW[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)].astype(int)
    part = codes - owner_code(slot, 0)
    own = (part >= 0) & (part < _ACCEPTED.shape[1])
    accepted = _ACCEPTED[np.arange(len(xy_2))[:, None], np.where(own, part, 0)] & own
    return np.asarray(accepted.any(axis=1))


def _turned_to_viewer(figure: Figure) -> npt.NDArray[np.bool_]:
    """False for features on the far side of the head, and heels or toes behind their own foot; shape [133]."""
    turned = np.ones(len(WHOLEBODY), bool)
    facing, head = figure.facing_68, figure.skeleton.head
    turned[23:91] = facing > -0.12
    turned[0] = facing[30] > -0.12
    turned[1], turned[2] = facing[42:48].mean() > 0, facing[36:42].mean() > 0
    to_left = float(head.axes_33[2, 0]) / head.unit
    turned[3], turned[4] = to_left > -0.25, to_left < 0.25
    for side, leg in enumerate(figure.skeleton.legs):
        toes, heel = slice(17 + 3 * side, 19 + 3 * side), 19 + 3 * side
        turned[toes] = leg.foot.facing > -0.6
        turned[heel] = leg.foot.facing < 0.6
    return turned


def _drop_small_parts(keypoints_1333: npt.NDArray[np.float32], figure: Figure) -> dict[str, bool]:
    """Zero, in place, the points of faces, hands and feet too small or too hidden to label; say which remain."""
    skeleton, build = figure.skeleton, figure.skeleton.build
    large = {
        "face": skeleton.head.unit >= MIN_HEAD_PX and figure.facing_68[30] > -0.1,
        "lefthand": build.hand * skeleton.scale >= MIN_HAND_PX,
        "righthand": build.hand * skeleton.scale >= MIN_HAND_PX,
        "foot": build.foot * skeleton.scale >= MIN_FOOT_PX,
    }
    valid = {}
    for part, enough in large.items():
        indices = list(WHOLEBODY.parts[part])
        flags = keypoints_1333[indices, 2]
        shown = part == "foot" or (flags > 0).mean() > 0.5
        valid[part] = bool(enough and shown and (flags == 2).mean() > 0.15)
        if not valid[part]:
            keypoints_1333[indices] = 0
    return valid


def _points_box(points_N3: npt.NDArray[np.float32]) -> Box:
    labelled = points_N3[points_N3[:, 2] > 0, :2]
    (x0, y0), (x1, y1) = labelled.min(axis=0).tolist(), labelled.max(axis=0).tolist()
    return x0, y0, x1 - x0, y1 - y0


def _window(canvas: Canvas, figure: Figure) -> tuple[int, int, npt.NDArray[np.int16]]:
    """The part of the owner buffer around a figure, and the image position (x, y) of its corner."""
    margin = 0.2 * figure.skeleton.scale + 3
    low, high = figure.keypoints_1333[:, :2].min(axis=0) - margin, figure.keypoints_1333[:, :2].max(axis=0) + margin
    x0, x1 = (int(np.clip(x, 0, canvas.width)) for x in (low[0], high[0]))
    y0, y1 = (int(np.clip(y, 0, canvas.height)) for y in (low[1], high[1]))
    zoom = canvas.zoom
    return x0, y0, canvas.owner_HW[y0 * zoom : y1 * zoom, x0 * zoom : x1 * zoom]


def _mask_box(mask_HW: npt.NDArray[np.bool_], x0: int, y0: int) -> Box:
    columns, rows = np.flatnonzero(mask_HW.any(axis=0)), np.flatnonzero(mask_HW.any(axis=1))
    x, y = int(columns[0]), int(rows[0])
    return float(x0 + x), float(y0 + y), float(columns[-1] + 1 - x), float(rows[-1] + 1 - y)


def _outlines(mask_HW: npt.NDArray[np.bool_], zoom: int, x0: int, y0: int) -> tuple[tuple[float, ...], ...]:
    """Polygons around the mask, finer than pixels; crumbs are left out unless there is nothing else."""
    contours, _ = cv2.findContours(mask_HW.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    simple = [cv2.approxPolyDP(contour, 0.5 * zoom, True)[:, 0] for contour in contours]
    outlines = [(float(cv2.contourArea(c)), c) for c in simple if len(c) >= 3]
    large = [c for size, c in outlines if size >= 4 * zoom * zoom]
    kept = large or [max(outlines, key=lambda outline: outline[0])[1]]
    corner = np.array((x0, y0))
    return tuple(tuple(((c + 0.5) / zoom + corner).round(2).reshape(-1).tolist()) for c in kept)
