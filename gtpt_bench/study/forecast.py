"""How long the training runs of a plan will take: their MACs over the rate seen in finished runs on this machine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gtpt_bench.data.config import DrawnData
from gtpt_bench.efficiency.device import device_name
from gtpt_bench.models.gtpt.config import GTPTConfig
from gtpt_bench.study.plan import Plan, PlannedRun
from gtpt_bench.study.state import Status
from gtpt_bench.study.store import Record, StudyFolder, read_record

ASSUMED_MACS_PER_S = 2.5e10
"""Training rate of one run assumed before any has finished: a tiny model on one CPU core, on the careful side."""

PEOPLE_PER_DRAWING = 2.5
BACKWARD = 3
"""A training step costs about three forward passes."""


COST_S, READY_S = 4.0, 10.0
"""Seconds to count a model, and to build, warm and run one until its rounds begin: means of the sessions in
results/records/paper_table_*, on a CPU of 2 cores, rounded up."""


@dataclass(frozen=True)
class Forecast:
    """Seconds until training is done; None where the number of people is not known before the data are read.

    Attributes:
        measured: whether the rate comes from finished runs here, not from an assumption.
    """

    seconds: float | None
    measured: bool


def forecast(plan: Plan, folder: StudyFolder, status: Sequence[Status], *, at_once: int) -> Forecast:
    """Forecast for the runs of a plan that are not trained yet.

    Args:
        status: of the plan's parts. Records are read for their rate only where something is left to forecast.
    """
    if sum(part.state == "done" for part in status if part.is_of_run) == len(plan.runs):
        return Forecast(0.0, False)
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


def measuring_s(plan: Plan, *, num_costs: int, is_timed: bool) -> float:
    """Roughly how many seconds counting and timing take.

    Args:
        num_costs: models that are not counted yet.
        is_timed: whether there is nothing to time, or it is done.
    """
    seconds, timing = num_costs * COST_S, plan.timing
    if timing is None or is_timed:
        return seconds
    cells = len(timing.variants) * (len(timing.grid.ways) * len(timing.grid.batches) if timing.grid else 1)
    rounds_s = min(timing.settings.timeout_s, 2 * timing.settings.round_s * timing.settings.max_rounds)
    limit = (timing.grid.session_s if timing.grid else None) or math.inf
    return seconds + min(limit, cells * (READY_S + rounds_s))


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
