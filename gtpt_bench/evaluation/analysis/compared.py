"""What an evaluation compared, as arrays in one order: the annotated persons, the predictions, and who found whom.

G annotated persons, D predictions that count, J keypoints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.coco import MatchRecord, extent_areas, score_keypoints
from gtpt_bench.evaluation.entries import Detections, KeypointTruth, Truths, detections_of, truths_of
from gtpt_bench.evaluation.poses import Doubles
from gtpt_bench.evaluation.wholebody import FIELD_SIZES
from gtpt_bench.keypoints import WHOLEBODY, KeypointSet


@dataclass(frozen=True)
class Compared:
    """One evaluation.

    Attributes:
        truths: in the order of the record.
        detections: all predictions of the results.
        row: place in `detections` of each prediction of the record, `[D]`.
        image_sizes: width and height of each scored image in pixels, `[I, 2]`; None if the annotations lack them.
        max_detections: predictions an image that count.
    """

    keypoints: KeypointSet
    truths: Truths
    detections: Detections
    record: MatchRecord
    row: NDArray[np.intp]
    image_sizes: Doubles | None
    max_detections: int

    @cached_property
    def sigmas(self) -> Doubles:
        """`[J]`."""
        return np.asarray(self.keypoints.sigmas)

    @cached_property
    def persons(self) -> NDArray[np.bool_]:
        """Who is to be found, `[G]`."""
        return ~self.record.truth_ignored

    @cached_property
    def labelled(self) -> NDArray[np.bool_]:
        """Keypoints that are looked for: labelled, on persons who are to be found, `[G, J]`."""
        return (self.truths.keypoints[..., 2] > 0) & self.persons[:, None]

    @property
    def true(self) -> Doubles:
        """Pixels of the labels, `[G, J, 2]`."""
        return self.truths.keypoints[..., :2]

    def predicted(self, places: NDArray[np.intp]) -> Doubles:
        """Pixels of predictions `[N]` of the record, `[N, J, 2]`."""
        return self.detections.keypoints[self.row[places], :, :2]

    def ap_of(self, detections: Detections) -> float:
        """AP of other predictions by the same evaluator, a share of 1; -1 if nobody is to be found."""
        areas = extent_areas(detections.keypoints[:, list(_sized_by(self.keypoints))])
        scores = score_keypoints(
            self.truths,
            detections,
            sigmas=self.keypoints.sigmas,
            max_detections=self.max_detections,
            areas=areas,
        )
        return scores.stats["AP"]


def compared(
    truth: KeypointTruth,
    results: Sequence[Mapping[str, Any]],
    record: MatchRecord,
    keypoints: KeypointSet,
    *,
    max_detections: int,
) -> Compared:
    """The arrays behind a match record.

    Args:
        record: of these results against this truth; of the whole person where there are parts.

    Raises:
        DataError: as in `truths_of` and `detections_of`.
    """
    whole = keypoints.name == WHOLEBODY.name
    fields = FIELD_SIZES if whole else {"keypoints": len(keypoints)}
    truths = truths_of(truth, fields)
    if whole:
        truths = replace(truths, labelled=np.any(truths.keypoints[..., 2] > 0, axis=1))
    detections = detections_of(results, truth, fields)
    return Compared(
        keypoints=keypoints,
        truths=truths,
        detections=detections,
        record=record,
        row=np.searchsorted(detections.place, record.detection).astype(np.intp),
        image_sizes=_image_sizes(truth, record),
        max_detections=max_detections,
    )


def _sized_by(keypoints: KeypointSet) -> range:
    """Keypoints whose extent is a prediction's area; source: spec/training_and_evaluation.md §7."""
    return keypoints.parts["body"] if keypoints.name == WHOLEBODY.name else range(len(keypoints))


def _image_sizes(truth: KeypointTruth, record: MatchRecord) -> Doubles | None:
    sizes = {image["id"]: (image.get("width"), image.get("height")) for image in truth.content["images"]}
    wanted = [sizes[image_id] for image_id in record.image_ids.tolist()]
    if any(side is None for size in wanted for side in size):
        return None
    return np.asarray(wanted, dtype=np.float64).reshape(-1, 2)
