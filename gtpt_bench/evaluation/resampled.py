"""AP of one evaluation on all its images and on resamples of them, kept beside it.

Resampling takes a fifth of a second for 250 images, and several for COCO: nothing beside an evaluation, half an hour
for the report of 10,000 runs. So each evaluation does it for itself, and a report only reads. R resamples.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.evaluation.coco import Matches
from gtpt_bench.evaluation.intervals import average_precision, bootstrap_aps, image_draws


@dataclass(frozen=True)
class ResampledAp:
    """Shares of 1.

    Attributes:
        observed: on all images; -1 without anybody to find.
        resampled: on each resample, `[R]`; not a number where it has nobody to find.
        num_people: to be found.
    """

    observed: float
    resampled: NDArray[np.float64]
    num_images: int
    num_people: int


def resampled_ap(matches: Matches) -> ResampledAp:
    """On the draws that all evaluations of as many images share, so that differences are paired."""
    num_images = len(matches.num_truths)
    resampled = bootstrap_aps(matches, usual_draws(num_images))
    return ResampledAp(average_precision(matches), resampled, num_images, int(matches.num_truths.sum()))


@lru_cache(maxsize=2)
def usual_draws(num_images: int) -> NDArray[np.intp]:
    """How often each image is drawn in each resample, `[R, I]`; not to be written to."""
    draws = image_draws(num_images)
    draws.flags.writeable = False
    return draws


@lru_cache(maxsize=2)
def name_of_draws(num_images: int) -> str:
    """Tells draws apart: another version of NumPy may draw otherwise."""
    draws = usual_draws(num_images)
    return hashlib.sha256(repr(draws.shape).encode() + draws.astype(np.uint32).tobytes()).hexdigest()


def resampled_to_json(ap: ResampledAp) -> dict[str, Any]:
    """Plain lists; null where a resample has nobody to find."""
    return {
        "draws": name_of_draws(ap.num_images),
        "num_images": ap.num_images,
        "num_people": ap.num_people,
        "observed": ap.observed,
        "resampled": [None if np.isnan(value) else value for value in ap.resampled.tolist()],
    }


def resampled_from_json(content: dict[str, Any]) -> ResampledAp | None:
    """Inverse of `resampled_to_json`; None if the draws were others than now."""
    num_images = content["num_images"]
    if content["draws"] != name_of_draws(num_images):
        return None
    resampled = np.asarray(content["resampled"], dtype=np.float64)  # null becomes NaN
    return ResampledAp(content["observed"], resampled, num_images, content["num_people"])
