"""`eval`: the accuracy of a weight file on a data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gtpt_bench.config import RunConfig, stated_protocol
from gtpt_bench.data.config import CocoData, MpiiData
from gtpt_bench.data.layout import DataRoot
from gtpt_bench.data.pixel_grid import GRIDS, GridName
from gtpt_bench.errors import DataError, WeightsError
from gtpt_bench.evaluation.on_data import evaluated_model
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.evaluation.score import Metrics, shown_metrics
from gtpt_bench.files import write_json
from gtpt_bench.keypoints import MPII
from gtpt_bench.models import create_model, load_official_weights
from gtpt_bench.models.weights import fill_strictly, read_safely
from gtpt_bench.training.checkpoint import FORMAT
from gtpt_bench.training.config import TrainingConfig


@dataclass(frozen=True)
class Evaluated:
    """Figures of a weight file, as `shown_metrics` has them, and the protocol that they depend on, in full."""

    metrics: Metrics
    protocol: dict[str, Any]


def evaluate_file(
    name: str,
    weights: Path,
    data_root: Path,
    protocol: Protocol,
    *,
    split: str,
    detections: str = CocoData().detections,
    predictions: Path | None,
    on_batch: Callable[[int, int, str], None],
) -> Evaluated:
    """AP and AR, or PCKh for MPII's joints, of a weight file: the authors' or a checkpoint of a run here, of both
    the EMA copy.

    Raises:
        WeightsError, DataError, InputError: in one line what does not fit.
    """
    model = create_model(name)
    is_mpii = model.config.keypoint_set.name == MPII.name
    _check_layout(name, data_root, is_mpii=is_mpii)
    run = RunConfig(
        model=model.config,
        data=MpiiData(evaluation=split) if is_mpii else CocoData(evaluation=split, detections=detections),
        training=TrainingConfig(pixel_grid=fill_from_file(model, weights)),
        evaluation=protocol,
    )
    found = evaluated_model(
        model, run, DataRoot(data_root), on_batch=lambda done, total: on_batch(done, total, "persons")
    )
    assert found is not None, "a process alone is the first"
    if predictions is not None:  # only what can be scored: JSON has no NaN
        write_json(predictions, found.poses.results)
    return Evaluated(shown_metrics(found.poses.scored.metrics), stated_protocol(run))


def _check_layout(name: str, root: Path, *, is_mpii: bool) -> None:
    """Say which data a model is of, where the folder holds the other."""
    own, other = ("annot", "annotations") if is_mpii else ("annotations", "annot")
    if (root / own).exists() or not (root / other).exists():
        return
    of, held = ("MPII", "COCO") if is_mpii else ("COCO", "MPII")
    raise DataError(
        f"{name} is a model of {of}, and {root} holds {held} ({other}/); give the folder of {of}, which has {own}/"
    )


def fill_from_file(model: torch.nn.Module, weights: Path) -> GridName:
    """Fill a model with the EMA copy in a weight file of the authors or a checkpoint of a run.

    Returns:
        The grid of pixels that it was trained in, in which it has to be evaluated too.

    Raises:
        WeightsError: the file cannot be read, or is of another model.
    """
    content = read_safely(weights)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        load_official_weights(model, weights)
        config: Any = model.config
        authors: GridName = config.authors_grid
        return authors
    fill_strictly(model, content["ema"], source=str(weights))
    grid: GridName = content.get("pixel_grid", "corner")  # files from before there was another have none
    if grid not in GRIDS:
        raise WeightsError(f"{weights} was trained in a grid of pixels that this version does not know: {grid}")
    return grid
