"""Entries of annotation and results files as arrays, checked; the first entry that cannot be scored is named.

Whole lists are converted and checked at once; only when that fails is the entry at fault looked for one by one.
Category 1 (person) is scored; entries of others are left out. G truths, D detections, J keypoints.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.data.people import PERSON
from gtpt_bench.errors import DataError
from gtpt_bench.evaluation.poses import Doubles, Poses

NUMBERS = "iufb"
"""Kinds of NumPy arrays whose values are numbers; texts such as "0.5" are none."""


@dataclass(frozen=True)
class KeypointTruth:
    """Annotations to score against.

    Attributes:
        content: an annotation file's content; `keypoints` of each annotation hold what is compared.
        image_ids: images that are scored; None for all.
        source: where the annotations came from, for error messages.
    """

    content: Mapping[str, Any]
    image_ids: Sequence[int] | None = None
    source: str = "the annotations"


@dataclass(frozen=True)
class Truths:
    """Annotated persons on the scored images, in the order of the annotation file.

    Attributes:
        image_ids: the scored images, each once, ascending, `[I]`.
        ids: of the annotations, `[G]`.
        on_image: id of each one's image, `[G]`.
        keypoints: pixels and visibility, `[G, J, 3]`.
        boxes: x, y, width, height in pixels, `[G, 4]`.
        areas: square pixels, `[G]`.
        crowd: regions with more people than anybody annotated, `[G]`.
        labelled: whether anything is there to compare with, `[G]`; who is not is ignored.
    """

    image_ids: NDArray[np.int64]
    ids: NDArray[np.int64]
    on_image: NDArray[np.int64]
    keypoints: Doubles
    boxes: Doubles
    areas: Doubles
    crowd: NDArray[np.bool_]
    labelled: NDArray[np.bool_]


@dataclass(frozen=True)
class Detections:
    """Predicted persons.

    Attributes:
        place: of each in the list of results it came from, `[D]`.
        on_image: id of each one's image, `[D]`.
        keypoints: pixels and confidence, `[D, J, 3]`.
        scores: `[D]`.
        part_scores: of body parts that have scores of their own, `[D]` each.
    """

    place: NDArray[np.intp]
    on_image: NDArray[np.int64]
    keypoints: Doubles
    scores: Doubles
    part_scores: Mapping[str, Doubles] = field(default_factory=dict)


# Truth

SCALARS = ("id", "image_id", "category_id", "area", "iscrowd", "num_keypoints")
"""What an annotation has to say besides its box and keypoints."""


def truths_of(truth: KeypointTruth, fields: Mapping[str, int]) -> Truths:
    """Annotations as arrays.

    Args:
        fields: keypoint fields that each annotation needs, and how many keypoints they hold; joined in this order.

    Raises:
        DataError: an annotation that nothing can be scored against, or there are some and none is of category 1.
    """
    known = _image_ids(truth)
    image_ids = known if truth.image_ids is None else np.unique(np.asarray(truth.image_ids, dtype=np.int64))
    annotations = truth.content["annotations"]
    try:
        scalars = {name: _numbers([entry[name] for entry in annotations], ()) for name in SCALARS}
        boxes = _numbers([entry["bbox"] for entry in annotations], (4,))
        keypoints = _joined(annotations, fields)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise DataError(_fault_of_annotations(annotations, fields, truth.source)) from None
    person = scalars["category_id"] == PERSON
    if len(annotations) and not person.any():
        raise DataError(f"{truth.source}: no annotation is of category {PERSON} (person), which is what is scored")
    chosen = np.flatnonzero(person & np.isin(scalars["image_id"], image_ids))
    crowd = scalars["iscrowd"][chosen] != 0
    return Truths(
        image_ids=image_ids,
        ids=scalars["id"][chosen].astype(np.int64),
        on_image=scalars["image_id"][chosen].astype(np.int64),
        keypoints=keypoints[chosen],
        boxes=boxes[chosen],
        areas=scalars["area"][chosen],
        crowd=crowd,
        labelled=scalars["num_keypoints"][chosen] != 0,
    )


def _image_ids(truth: KeypointTruth) -> NDArray[np.int64]:
    """Ids of all images, each once, ascending."""
    ids = [image.get("id") if isinstance(image, Mapping) else None for image in truth.content["images"]]
    if not all(isinstance(image_id, int) for image_id in ids):
        raise DataError(f"{truth.source}: an image has no id, which must be a whole number")
    return np.unique(np.asarray(ids, dtype=np.int64))


def _fault_of_annotations(annotations: Sequence[Any], fields: Mapping[str, int], source: str) -> str:
    for place, entry in enumerate(annotations):
        where = f"{source}: annotation {place}"
        needed = {*SCALARS, "bbox", *fields}
        missing = needed - entry.keys() if isinstance(entry, Mapping) else needed
        if missing:
            return f"{where} lacks {', '.join(sorted(missing))}"
        for name in SCALARS:
            if not _are_finite([entry[name]]):
                return f"{where}: {name} is not a number"
        for name, shape in {"bbox": (4,), **{name: (3, count) for name, count in fields.items()}}.items():
            fault = _fault_of_values(entry[name], shape, f"{where}: {name}")
            if fault:
                return fault
    return f"{source}: the annotations cannot be read as numbers"


# Results


def detections_of(
    results: Sequence[Mapping[str, Any]],
    truth: KeypointTruth,
    fields: Mapping[str, int],
    *,
    parts: Sequence[str] = (),
    source: str = "the results",
) -> Detections:
    """Result entries as arrays.

    Args:
        fields: as in `truths_of`.
        parts: body parts whose scores, `<part>_score`, are read where every entry has one; a part that only some
            entries score is an error.
        source: where the results came from, for error messages.

    Raises:
        DataError: an entry is malformed, on an image that the annotations do not have, or has a number that is none;
            or there are some and none is of category 1.
    """
    known = _image_ids(truth)
    scored_parts = [part for part in parts if any(_has(entry, f"{part}_score") for entry in results)]
    try:
        image_ids, categories = (
            _numbers([entry[name] for entry in results], ()) for name in ("image_id", "category_id")
        )
        if not np.isin(image_ids, known).all():
            raise ValueError
        scores = _numbers([entry["score"] for entry in results], ())
        part_scores = {part: _numbers([entry[f"{part}_score"] for entry in results], ()) for part in scored_parts}
        keypoints = _joined(results, fields)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise DataError(_fault_of_results(results, set(known.tolist()), fields, scored_parts, source)) from None
    place = np.flatnonzero(categories == PERSON)
    if len(results) and not len(place):
        raise DataError(f"{source}: no entry is of category {PERSON} (person), which is what is scored")
    return Detections(
        place=place,
        on_image=image_ids[place].astype(np.int64),
        keypoints=keypoints[place],
        scores=scores[place],
        part_scores={part: values[place] for part, values in part_scores.items()},
    )


def detections_of_poses(poses: Poses, truth: KeypointTruth, *, source: str = "the predictions") -> Detections:
    """Predicted poses, a result entry each.

    Raises:
        DataError: a pose is on an image that the annotations do not have, or has a number that is none.
    """
    finite = np.isfinite(poses.keypoints).all(axis=(1, 2)) & np.isfinite(poses.scores)
    if not finite.all():
        raise DataError(f"{source}: entry {int(finite.argmin())}: a keypoint or the score is not a number")
    known = np.isin(poses.image_ids, _image_ids(truth))
    if not known.all():
        place = int(known.argmin())
        raise DataError(
            f"{source}: entry {place} is on image {poses.image_ids[place]}, which the annotations do not have"
        )
    return Detections(np.arange(len(poses)), poses.image_ids, poses.keypoints, poses.scores)


def _has(entry: Any, name: str) -> bool:
    return isinstance(entry, Mapping) and name in entry


def _fault_of_results(
    results: Sequence[Any], known: set[int], fields: Mapping[str, int], scored_parts: Sequence[str], source: str
) -> str:
    for place, entry in enumerate(results):
        where = f"{source}: entry {place}"
        needed = ["image_id", "category_id", "score", *fields]
        if not isinstance(entry, Mapping) or not set(needed) <= entry.keys():
            return f"{where} is not a result; needed: {', '.join(needed)}"
        if not isinstance(entry["image_id"], Hashable) or entry["image_id"] not in known:
            return f"{where} is on image {entry['image_id']}, which the annotations do not have"
        for name, count in fields.items():
            fault = _fault_of_values(entry[name], (3, count), f"{where}: {name}")
            if fault:
                return fault
        for part in scored_parts:
            if f"{part}_score" not in entry:
                return f"{where} has no {part}_score, and others have; give all or none"
        for name in ("category_id", "score", *(f"{part}_score" for part in scored_parts)):
            if not _are_finite([entry[name]]):
                return f"{where}: {name} is not a number"
    return f"{source}: the results cannot be read as numbers"


# Values


def _numbers(values: list[Any], shape: tuple[int, ...]) -> Doubles:
    """Values as an array `[len, *shape]`.

    Raises:
        ValueError: of another shape, or something in them is not a finite number.
    """
    array = np.asarray(values) if values else np.zeros((0, *shape))
    if array.dtype.kind not in NUMBERS or array.shape[1:] != shape:
        raise ValueError
    array = array.astype(np.float64, copy=False)
    if not np.isfinite(array).all():
        raise ValueError
    return array


def _joined(entries: Sequence[Any], fields: Mapping[str, int]) -> Doubles:
    """Keypoints of all fields, `[len, J, 3]`; raises as `_numbers` does."""
    flat = [_numbers([entry[name] for entry in entries], (3 * count,)) for name, count in fields.items()]
    return np.concatenate(flat, axis=1).reshape(len(entries), sum(fields.values()), 3)


def _fault_of_values(values: Any, shape: tuple[int, ...], where: str) -> str | None:
    if not isinstance(values, list) or len(values) != math.prod(shape):
        return f"{where} does not have {' x '.join(map(str, shape))} numbers"
    return None if _are_finite(values) else f"{where} has a value that is not a number"


def _are_finite(values: Sequence[Any]) -> bool:
    try:
        return all(math.isfinite(value) for value in values)
    except (TypeError, OverflowError):
        return False
