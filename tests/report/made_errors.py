"""A finished study whose errors are made up, figures known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gtpt_bench.evaluation.analysis.as_json import errors_to_json
from gtpt_bench.evaluation.analysis.errors import NOT_FOUND, ClassErrors, Errors, UnitErrors
from gtpt_bench.evaluation.analysis.fixed import EVERYTHING
from gtpt_bench.files import write_json
from tests.report.made import NUM_IMAGES, Made, found, make_study

OUTCOMES = {"good": 50, "jitter": 20, "inversion": 10, "swap": 5, "miss": 10, NOT_FOUND: 5}
"""Of 100 labels of each keypoint, in 100 images."""

KEYPOINTS = ("nose", "left_wrist", "tail")
GAINS = {"jitter": 0.08, "inversion": 0.03, "swap": 0.01, "miss": 0.05, EVERYTHING: 0.2}
PLOTS = ("error_kinds", "ap_if_fixed", "keypoint_errors")


def errors(ap: float = 0.7, *, lost: float | Sequence[float] = 0.3, gain: float = 1.0) -> Errors:
    """Errors with one label of each keypoint an image.

    Args:
        lost: of each image's keypoints on average, one figure or one for each of KEYPOINTS; images alternate between
            a tenth more and a tenth less.
        gain: by how much the gains of fixing are multiplied.
    """
    means = np.broadcast_to(lost, len(KEYPOINTS))
    alternating = np.where(np.arange(NUM_IMAGES) % 2, 0.9, 1.1)
    return Errors(
        ap=ap,
        ap_if_fixed={kind: ap + gain * points for kind, points in GAINS.items()},
        units=tuple(UnitErrors(name, OUTCOMES, ap, 0.7, 0.05) for name in KEYPOINTS),
        classes={
            "visibility": (ClassErrors("visible", 200, ap + 0.1, 0.8), ClassErrors("occluded", 100, ap - 0.1, 0.5)),
            "size": (ClassErrors("under 32 px", 0, -1, 0), ClassErrors("32–64 px", 40, ap - 0.2, 0.6)),
        },
        lost=alternating[:, None] * means,
        num_labelled=np.ones((NUM_IMAGES, len(KEYPOINTS)), np.intp),
    )


def make_errors(root: Path, by_variant: Mapping[str, Sequence[Errors]], plots: Sequence[str] = (), **keys: Any) -> Made:
    """A study under `root` with an evaluation, and its errors, a seed; `keys`: of its file."""
    matches = {variant: [found(range(70)) for _ in seeds] for variant, seeds in by_variant.items()}
    made = make_study(root, matches, measured=False, timing=None, report={"plots": list(plots)}, **keys)
    for variant, seeds in by_variant.items():
        for seed, one in enumerate(seeds):
            run = made.run(variant, seed)
            write_json(made.folder.run(run).errors(run.evaluate_signature), errors_to_json(one))
    return made
