"""From an evaluation to its errors. The evaluator runs again once for each kind of error that is fixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.analysis.by_keypoints import ap_of_keypoints, share_found
from gtpt_bench.evaluation.analysis.by_person import ap_of_persons, nearest_persons
from gtpt_bench.evaluation.analysis.compared import Compared, compared
from gtpt_bench.evaluation.analysis.errors import NOT_FOUND, ClassErrors, Errors, UnitErrors
from gtpt_bench.evaluation.analysis.fixed import ap_if_fixed
from gtpt_bench.evaluation.analysis.kinds import KINDS, kinds_of
from gtpt_bench.evaluation.analysis.pairs import Pairs, pairs_of
from gtpt_bench.evaluation.analysis.persons import person_classes
from gtpt_bench.evaluation.analysis.units import Units, membership, units_of
from gtpt_bench.evaluation.coco import MatchRecord
from gtpt_bench.evaluation.entries import KeypointTruth
from gtpt_bench.evaluation.intervals import average_precision
from gtpt_bench.evaluation.mpii import MpiiTruth
from gtpt_bench.evaluation.score import Scored, ScoredPoses
from gtpt_bench.keypoints import WHOLEBODY, KeypointSet

VISIBLE = 2.0
"""COCO's flag of a labelled keypoint that is seen; lower ones above 0 are labelled but occluded."""


def errors_of(
    truth: KeypointTruth | MpiiTruth, scored: ScoredPoses, keypoints: KeypointSet, *, max_detections: int
) -> Errors | None:
    """The errors of a model's poses; None for PCKh, whose people need not be found."""
    if isinstance(truth, MpiiTruth) or not isinstance(scored.scored, Scored):
        return None
    return analyse_errors(truth, scored.results, scored.scored.matches, keypoints, max_detections=max_detections)


def analyse_errors(
    truth: KeypointTruth,
    results: Sequence[Mapping[str, Any]],
    record: MatchRecord,
    keypoints: KeypointSet,
    *,
    max_detections: int = 20,
) -> Errors:
    """The errors behind a match record.

    Args:
        record: of these results against this truth; of the whole person where there are parts.

    Raises:
        DataError: a result or an annotation is malformed; none is if they have been scored.
    """
    what = compared(truth, results, record, keypoints, max_detections=max_detections)
    pairs = pairs_of(what)
    kinds = kinds_of(what, pairs)
    ap = average_precision(record)
    members = membership(units_of(keypoints), len(keypoints))
    lost, num_labelled = _by_image(what, pairs, members)
    return Errors(
        ap=ap,
        ap_if_fixed=ap_if_fixed(what, pairs, kinds, ap),
        units=_units(what, pairs, kinds, units_of(keypoints)),
        classes={"visibility": _visibility(what, pairs), **_persons(what, pairs)},
        lost=lost,
        num_labelled=num_labelled,
    )


def _units(what: Compared, pairs: Pairs, kinds: NDArray[np.int8], units: Units) -> tuple[UnitErrors, ...]:
    distances = np.linalg.norm(what.predicted(pairs.detection) - what.true[pairs.truth], axis=-1)
    distances /= np.sqrt(np.maximum(what.truths.areas[pairs.truth], np.spacing(1)))[:, None]
    labelled = what.labelled
    found = []
    for name, places in units.items():
        chosen = np.zeros_like(labelled)
        chosen[:, places] = True
        counts = {kind: int((kinds[:, places] == place).sum()) for place, kind in enumerate(KINDS)}
        there = distances[:, places][labelled[pairs.truth][:, places]]
        found.append(
            UnitErrors(
                name=name,
                outcomes={**counts, NOT_FOUND: int(labelled[:, places].sum()) - sum(counts.values())},
                ap=ap_of_keypoints(what, pairs, chosen),
                found=share_found(what, pairs, chosen),
                median_distance=float(np.median(there)) if there.size else None,
            )
        )
    return tuple(found)


def _visibility(what: Compared, pairs: Pairs) -> tuple[ClassErrors, ...]:
    """Of whole bodies the body alone: faces and hands are not told apart by their flags."""
    flags = what.truths.keypoints[..., 2].copy()
    if what.keypoints.name == WHOLEBODY.name:
        flags[:, what.keypoints.parts["body"].stop :] = 0
    classes = {"visible": flags >= VISIBLE, "occluded": (flags > 0) & (flags < VISIBLE)}
    return tuple(
        ClassErrors(
            name=name,
            num=int((chosen & what.labelled).sum()),
            ap=ap_of_keypoints(what, pairs, chosen),
            found=share_found(what, pairs, chosen),
        )
        for name, chosen in classes.items()
    )


def _persons(what: Compared, pairs: Pairs) -> dict[str, tuple[ClassErrors, ...]]:
    nearest = nearest_persons(what, pairs)
    return {
        kind: tuple(
            ClassErrors(
                name=name,
                num=int((chosen & what.persons).sum()),
                ap=ap_of_persons(what, nearest, chosen),
                found=share_found(what, pairs, np.broadcast_to(chosen[:, None], what.labelled.shape)),
            )
            for name, chosen in classes.items()
        )
        for kind, classes in person_classes(what).items()
    }


def _by_image(what: Compared, pairs: Pairs, members: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """OKS terms lost and labelled keypoints, an image and unit each, `[I, U]` both."""
    labelled = what.labelled
    lost = labelled.astype(np.float64)
    lost[pairs.truth] = (1 - pairs.similarity) * labelled[pairs.truth]
    shape = len(what.record.image_ids), len(members)
    sums, counts = np.zeros(shape), np.zeros(shape, dtype=np.intp)
    np.add.at(sums, what.record.truth_image, lost @ members.T)
    np.add.at(counts, what.record.truth_image, labelled.astype(np.intp) @ members.T.astype(np.intp))
    return sums, counts
