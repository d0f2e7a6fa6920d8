"""Two people side by side in a picture, and what is predicted of them: every error is put there by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.analysis.analyse import analyse_errors
from gtpt_bench.evaluation.analysis.errors import OUTCOMES, Errors
from gtpt_bench.evaluation.coco import KeypointTruth, MatchRecord, score_coco
from gtpt_bench.keypoints import COCO, KeypointSet
from tests.data.coco_folder import content, image_entry
from tests.evaluation.results import result

AREA = 10_000.0
"""Of everybody, in square pixels: KS falls to 0.5 at 1.18 · 2σ · 100 px, 25 px for a hip, 6 px for the nose."""

Points = NDArray[np.float64]

LEFT_WRIST, RIGHT_WRIST = COCO.place_of("left_wrist"), COCO.place_of("right_wrist")


def pose(x: float = 100, y: float = 60) -> Points:
    """Keypoints far from one another, in two columns, left ones right of right ones; `[17, 2]`."""
    rows = [(0, 0), *((side, row) for row in range(1, 9) for side in (40, -40))]
    return np.asarray([(x + across, y + 60 * row) for across, row in rows], dtype=np.float64)


def person(place: int, points: Points, *, image_id: int = 1, flags: float | Sequence[float] = 2, **changes: Any) -> Any:
    """An annotation of these points, with a box around them."""
    low, size = points.min(0) - 10, np.ptp(points, axis=0) + 20
    flags = np.broadcast_to(flags, len(points))
    return {
        **{"id": place, "image_id": image_id, "category_id": 1, "iscrowd": 0, "area": AREA},
        **{"bbox": [*low.tolist(), *size.tolist()], "num_keypoints": int((flags > 0).sum())},
        "keypoints": np.column_stack((points, flags)).ravel().tolist(),
        **changes,
    }


@dataclass(frozen=True)
class Shown:
    """Annotations and predictions."""

    truth: KeypointTruth
    results: Sequence[Mapping[str, Any]]
    keypoints: KeypointSet = COCO

    @property
    def record(self) -> MatchRecord:
        return score_coco(self.truth, self.results, keypoints=self.keypoints).matches

    @property
    def errors(self) -> Errors:
        return analyse_errors(self.truth, self.results, self.record, self.keypoints)


def shown(
    persons: Sequence[Any], predictions: Sequence[Points], *, scores: Sequence[float] = (), num_images: int = 1
) -> Shown:
    """Persons and predictions in the first of some images; the best predictions first unless told otherwise."""
    images = [image_entry(1 + place, width=640, height=640) for place in range(num_images)]
    ranked = scores or [1 - place / 100 for place in range(len(predictions))]
    found = [result(1, points, score=score) for points, score in zip(predictions, ranked, strict=True)]
    return Shown(KeypointTruth(content(images, persons)), found)


def outcome_of(errors: Errors, keypoint: int) -> str:
    """What became of a keypoint that is labelled once."""
    counts = errors.units[keypoint].outcomes
    assert sum(counts.values()) == 1
    return next(outcome for outcome in OUTCOMES if counts[outcome])


def moved(points: Points, keypoint: int, to: Sequence[float] | Points) -> Points:
    """The points with one of them elsewhere."""
    changed = points.copy()
    changed[keypoint] = to
    return changed


def distance_px(similarity: float, keypoint: int) -> float:
    """How far from its label a keypoint of a person of AREA has that KS."""
    return float(np.sqrt(-2 * np.log(similarity) * AREA) * 2 * COCO.sigmas[keypoint])
