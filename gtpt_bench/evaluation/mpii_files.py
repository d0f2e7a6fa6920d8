"""MPII's annotations and predictions as files, MATLAB's or JSON. Source: spec/training_and_evaluation.md §11."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gtpt_bench.data.people import read_json
from gtpt_bench.errors import DataError
from gtpt_bench.evaluation.mpii import HEAD_SHARE, MpiiTruth
from gtpt_bench.evaluation.poses import Doubles
from gtpt_bench.keypoints import MPII

JOINT_NAMES = tuple("rank rkne rhip lhip lkne lank pelv thor neck head rwri relb rsho lsho lelb lwri".split())
"""As `dataset_joints` has them, in the order of the 16 joints."""

NUM_JOINTS = len(MPII)

SHAPES = {
    "pos_gt_src": (NUM_JOINTS, 2),
    "pos_pred_src": (NUM_JOINTS, 2),
    "headboxes_src": (2, 2),
    "jnt_missing": (NUM_JOINTS,),
}
"""Of the arrays of a file, without the last axis, which is persons."""


def read_mpii_truth(path: Path) -> MpiiTruth:
    """Annotated people of `gt_valid.mat`, or of the one beside `valid.json`.

    Raises:
        DataError: the file is missing, is no such file, or a person's joints or head box cannot be scored against.
    """
    path = path.with_name(f"gt_{path.stem}.mat") if path.suffix == ".json" else path
    content = _matlab(path)
    names = tuple(str(np.ravel(name)[0]) for name in np.ravel(content.get("dataset_joints", [])))
    if names != JOINT_NAMES:
        raise DataError(f"{path}: dataset_joints must be {' '.join(JOINT_NAMES)}")
    joints, heads = (_people(content, name, path) for name in ("pos_gt_src", "headboxes_src"))
    annotated = _people(content, "jnt_missing", path) == 0
    sizes = HEAD_SHARE * np.linalg.norm(heads[:, 1] - heads[:, 0], axis=-1)
    if not len(joints) == len(heads) == len(annotated):
        raise DataError(f"{path}: pos_gt_src, headboxes_src and jnt_missing are of different numbers of persons")
    broken = ~(np.isfinite(joints).all(axis=-1) | ~annotated).all(axis=1) | ~(np.isfinite(sizes) & (sizes > 0))
    if broken.any():
        raise DataError(f"{path}: person {int(broken.argmax())} has a joint that is not a number, or no head")
    return MpiiTruth(joints, annotated, sizes, source=str(path))


def read_mpii_predictions(path: Path) -> Doubles:
    """Predicted positions counted from 1, `[P, 16, 2]`, one entry a person in the order of the annotations.

    `pos_pred_src` of a MATLAB file counts from 1 as it is. A JSON file is a list, of result entries whose `keypoints`
    hold 3 x 16 numbers, or of 16 positions each, both counted from 0; or of MPII's own annotations, whose `joints`
    count from 1.

    Raises:
        DataError: the file is missing or holds none of these.
    """
    if path.suffix == ".mat":
        return _people(_matlab(path), "pos_pred_src", path)
    entries = read_json(path)
    if not isinstance(entries, list):
        raise DataError(f"{path} is not a results file: it must be a list of predictions")
    positions = [_positions(entry, f"{path}: entry {place}") for place, entry in enumerate(entries)]
    return np.asarray(positions, dtype=np.float64).reshape(-1, NUM_JOINTS, 2)


def _positions(entry: Any, where: str) -> Doubles:
    """16 positions counted from 1, `[16, 2]`."""
    try:
        if isinstance(entry, Mapping) and "joints" in entry:
            return np.asarray(entry["joints"], dtype=np.float64).reshape(NUM_JOINTS, 2)
        if isinstance(entry, Mapping):
            return np.asarray(entry["keypoints"], dtype=np.float64).reshape(NUM_JOINTS, 3)[:, :2] + 1
        return np.asarray(entry, dtype=np.float64).reshape(NUM_JOINTS, 2) + 1
    except (KeyError, TypeError, ValueError):
        raise DataError(
            f"{where} is not a pose of MPII; needed: keypoints with 3 x {NUM_JOINTS} numbers, or a list of "
            f"{NUM_JOINTS} positions"
        ) from None


def _matlab(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        content: dict[str, Any] = loadmat(str(path))
    except FileNotFoundError:
        raise DataError(f"{path} does not exist") from None
    except (MatReadError, ValueError, TypeError, OSError, EOFError, NotImplementedError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{path} cannot be read as a MATLAB file: {said}") from error
    return content


def _people(content: Mapping[str, Any], name: str, path: Path) -> Doubles:
    """An array of a MATLAB file with persons first, `[P, …]`; the axis of a single person may have been dropped."""
    shape = SHAPES[name]
    try:
        array = np.asarray(content[name], dtype=np.float64)
        array = array.reshape(*array.shape, 1) if array.shape == shape else array
        if array.shape[:-1] != shape:
            raise ValueError(f"its shape is {' x '.join(map(str, array.shape))}")
    except KeyError:
        raise DataError(f"{path} has no {name}") from None
    except (TypeError, ValueError) as error:
        raise DataError(f"{path}: {name} must be {' x '.join(map(str, shape))} x persons: {error}") from None
    return np.moveaxis(array, -1, 0)
