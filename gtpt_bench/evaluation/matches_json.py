"""Matches, and errors of joints, as JSON and back, so that reports can resample without the evaluator."""

from __future__ import annotations

from typing import Any

import numpy as np

from gtpt_bench.evaluation.coco import NUM_THRESHOLDS, Matches
from gtpt_bench.evaluation.mpii import JointErrors

_BITS = 1 << np.arange(NUM_THRESHOLDS)


def matches_to_json(matches: Matches) -> dict[str, Any]:
    """Plain lists; the ten thresholds of a detection become the bits of one number, the lowest OKS first."""
    return {
        "image": matches.image.tolist(),
        "score": matches.score.tolist(),
        "matched": (_BITS @ matches.matched).tolist(),
        "ignored": (_BITS @ matches.ignored).tolist(),
        "num_truths": matches.num_truths.tolist(),
    }


def matches_from_json(content: dict[str, Any]) -> Matches:
    """Inverse of `matches_to_json`."""
    return Matches(
        image=np.asarray(content["image"], dtype=np.intp),
        score=np.asarray(content["score"], dtype=np.float64),
        matched=_unpacked(content["matched"]),
        ignored=_unpacked(content["ignored"]),
        num_truths=np.asarray(content["num_truths"], dtype=np.intp),
    )


def _unpacked(numbers: list[int]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return (np.asarray(numbers, dtype=np.intp)[None] & _BITS[:, None]) > 0


def joint_errors_to_json(errors: JointErrors) -> dict[str, Any]:
    """Plain lists, a person each; null where a joint does not count."""
    return {
        "distance": [
            [distance if counts else None for distance, counts in zip(*person, strict=True)]
            for person in zip(errors.distance.tolist(), errors.counts.tolist(), strict=True)
        ]
    }


def joint_errors_from_json(content: dict[str, Any]) -> JointErrors:
    """Inverse of `joint_errors_to_json`."""
    distance = np.asarray(content["distance"], dtype=np.float64)  # null becomes NaN
    counts = ~np.isnan(distance)
    return JointErrors(np.where(counts, distance, 0), counts)
