"""How long the training runs of a plan will take: their MACs over the rate seen in finished runs on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gtpt_bench.data.config import DrawnData
from gtpt_bench.efficiency.device import device_name
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.study.plan import Plan, PlannedRun
from gtpt_bench.study.store import Record, StudyFolder, read_record

ASSUMED_MACS_PER_S = 2.5e10
"""Training rate of one run assumed before any has finished: a tiny model on one CPU core, on the careful side."""

PEOPLE_PER_DRAWING = 2.5
BACKWARD = 3
"""A training step costs about three forward passes."""


@dataclass(frozen=True)
class Forecast:
    """Seconds until training is done; None where the number of people is not known before the data are read.

    Attributes:
        measured: whether the rate comes from finished runs here, not from an assumption.
    """

    seconds: float | None
    measured: bool


def forecast(plan: Plan, folder: StudyFolder, *, at_once: int) -> Forecast:
    """Forecast for the runs of a plan that are not trained yet."""
    there = folder.names().folders
    records = {run.folder: _trained(run, folder) if run.folder in there else None for run in plan.distinct_runs}
    finished = [record for record in records.values() if record]
    rates = [
        training_macs(run, record["metrics"]["num_people"]) / record["metrics"]["training_s"]
        for run in plan.distinct_runs
        if (record := records[run.folder]) is not None and record["provenance"]["device"] == device_name()
    ]
    rate = sum(rates) / len(rates) if rates else ASSUMED_MACS_PER_S
    seconds, num_missing = 0.0, 0
    for run in plan.distinct_runs:
        if records[run.folder] is None:
            people = num_people(run, finished)
            if people is None:
                return Forecast(None, bool(rates))
            seconds += training_macs(run, people) / rate
            num_missing += 1
    return Forecast(seconds / max(1, min(at_once, num_missing)), bool(rates))


def _trained(run: PlannedRun, folder: StudyFolder) -> Record | None:
    """What a forecast needs of a record; the rest is let go, since there may be 10,000."""
    record = read_record(folder.run(run).train_record, run.train_signature)
    if record is None:
        return None
    kept = {"metrics": record["metrics"], "config": {"data": record["config"]["data"]}}
    return kept | {"provenance": {"device": record["provenance"]["device"]}}


def num_people(run: PlannedRun, finished: Sequence[Record]) -> float | None:
    """Persons a run trains on: known for drawn people, else from a finished run on the same data."""
    if isinstance(run.config.data, DrawnData):
        return run.config.data.drawing.num_train_images * PEOPLE_PER_DRAWING
    data = run.config.data.model_dump(mode="json")
    same = (record["metrics"]["num_people"] for record in finished if record["config"]["data"] == data)
    return next(map(float, same), None)


def training_macs(run: PlannedRun, people: float) -> float:
    """MACs of a whole run: the tokenizer once, the transformer once or twice, forward and backward; a moving average
    that teaches only goes forward."""
    model, training = run.config.model, run.config.training
    passes = BACKWARD * model.cost.full
    if not isinstance(model, GTPTConfig):
        return float(passes * people * training.epochs)
    if training.distillation.needs_full_pass and model.has_second_pass:
        passes += BACKWARD * model.full_pass_macs
    if training.distillation.needs_ema_pass:
        passes += model.unpruned_macs
    return float(passes * people * training.epochs)
