"""Errors as JSON and back, kept with the evaluation so that reports need no evaluator."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from gtpt_bench.evaluation.analysis.errors import ClassErrors, Errors, UnitErrors

DIGITS = 4
"""Of what an image lost; finer differences are no differences."""


def errors_to_json(errors: Errors) -> dict[str, Any]:
    """Plain lists and mappings."""
    return {
        "ap": errors.ap,
        "ap_if_fixed": dict(errors.ap_if_fixed),
        "units": [asdict(unit) for unit in errors.units],
        "classes": {kind: [asdict(found) for found in classes] for kind, classes in errors.classes.items()},
        "lost": np.round(errors.lost, DIGITS).tolist(),
        "num_labelled": errors.num_labelled.tolist(),
    }


def errors_from_json(content: dict[str, Any]) -> Errors:
    """Inverse of `errors_to_json`, but for rounding."""
    shape = -1, len(content["units"])
    return Errors(
        ap=content["ap"],
        ap_if_fixed=content["ap_if_fixed"],
        units=tuple(UnitErrors(**unit) for unit in content["units"]),
        classes={
            kind: tuple(ClassErrors(**found) for found in classes) for kind, classes in content["classes"].items()
        },
        lost=np.asarray(content["lost"], dtype=np.float64).reshape(shape),
        num_labelled=np.asarray(content["num_labelled"], dtype=np.intp).reshape(shape),
    )
