"""PCKh on MPII: the share of joints found within a part of the head's size.

A head's size is 0.6 times the diagonal of its box. Each person is predicted once, in the order of the annotations.
Positions in MPII's files count pixels from 1, predictions made here from 0; the two meet counted from 1.

Defined here: a distance of exactly the limit is within it; joints that are not annotated do not count, and no more
do pelvis and thorax; a figure of joints that nobody has annotated is -1; another number of predictions than of
persons, and a predicted position of an annotated joint that is not a finite number, are errors. Where nobody has a
joint on one side, its column is the rate of the other side.
P persons, 16 joints. Source: spec/training_and_evaluation.md §11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from gtpt_bench.errors import DataError
from gtpt_bench.evaluation.poses import Doubles
from gtpt_bench.keypoints import MPII

Flags = NDArray[np.bool_]

HEAD_SHARE = 0.6
"""Of the diagonal of the head box."""

LIMITS = (0.5, 0.1)
"""Head sizes; the first is that of the seven columns and of model selection."""

COLUMNS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "Head": (9,),
        "Shoulder": (12, 13),
        "Elbow": (11, 14),
        "Wrist": (10, 15),
        "Hip": (2, 3),
        "Knee": (1, 4),
        "Ankle": (0, 5),
    }
)
"""Figure to its joints, of whose rates it is the mean."""

LEFT_OUT = (6, 7)
"""Pelvis and thorax."""

COUNTED = tuple(joint for joint in range(len(MPII)) if joint not in LEFT_OUT)


@dataclass(frozen=True)
class MpiiTruth:
    """Annotated people.

    Attributes:
        joints: pixels counted from 1, `[P, 16, 2]`.
        annotated: `[P, 16]`.
        head_sizes: pixels, `[P]`.
        source: where they came from, for error messages.
    """

    joints: Doubles
    annotated: Flags
    head_sizes: Doubles
    source: str = "the annotations"

    def __len__(self) -> int:
        return len(self.joints)


@dataclass(frozen=True)
class JointErrors:
    """Distances of all people's joints, kept so that PCKh can be taken again over resampled people.

    Attributes:
        distance: in head sizes, `[P, 16]`; 0 where it does not count.
        counts: `[P, 16]`.
    """

    distance: Doubles
    counts: Flags


def joint_errors(truth: MpiiTruth, predictions_PJ2: Doubles, *, source: str = "the predictions") -> JointErrors:
    """Distances between predictions and truth, both counted from 1.

    Raises:
        DataError: another number of predictions than of persons, or a predicted position is not a finite number.
    """
    if len(predictions_PJ2) != len(truth):
        raise DataError(
            f"{source}: {len(predictions_PJ2)} predictions for the {len(truth)} persons of {truth.source}; "
            "give one for each person, in their order"
        )
    counts = truth.annotated.copy()
    counts[:, LEFT_OUT] = False
    broken = np.argwhere(counts & ~np.isfinite(predictions_PJ2).all(axis=-1))
    if len(broken):
        person, joint = broken[0].tolist()
        raise DataError(f"{source}: entry {person}: {MPII.names[joint]} is not a number")
    offset = np.where(counts[..., None], predictions_PJ2 - truth.joints, 0)
    return JointErrors(np.linalg.norm(offset, axis=-1) / truth.head_sizes[:, None], counts)


def pckh(errors: JointErrors, limit: float) -> dict[str, float]:
    """Per cent of joints within a limit in head sizes: the seven columns and two means; -1 without any joint."""
    within, counts = (errors.counts & (errors.distance <= limit)).sum(axis=0), errors.counts.sum(axis=0)
    rates = {joint: 100 * float(within[joint] / counts[joint]) for joint in COUNTED if counts[joint]}
    figures = {name: _mean([rates[joint] for joint in joints if joint in rates]) for name, joints in COLUMNS.items()}
    total = int(counts.sum())
    return figures | {
        "Mean_weighted_by_joint_count": 100 * float(within.sum() / total) if total else -1.0,
        "Mean_of_joint_rates": _mean(list(rates.values())),
    }


def _mean(rates: list[float]) -> float:
    return sum(rates) / len(rates) if rates else -1.0


def mpii_metrics(errors: JointErrors) -> dict[str, float | dict[str, float]]:
    """The nine figures by the names of the usual evaluation, and under `PCKh@…` all figures of each limit."""
    by_limit = {f"PCKh@{limit:g}": pckh(errors, limit) for limit in LIMITS}
    usual, strict = by_limit.values()
    means = {"Mean": usual["Mean_weighted_by_joint_count"], "Mean@0.1": strict["Mean_weighted_by_joint_count"]}
    return {name: usual[name] for name in COLUMNS} | means | by_limit
