"""How long the training runs of a plan will take: their MACs over the rate seen in finished runs on this machine."""

from __future__ import annotations

from dataclasses import dataclass

from gtpt_bench.data.config import DrawnData
from gtpt_bench.efficiency.device import device_name
from gtpt_bench.models.gtpt.closed_form import gtpt_cost, tokenizer_cost
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
    records = {run.folder: read_record(folder.run(run).train_record, run.train_signature) for run in plan.runs}
    rates = [
        training_macs(run, record["metrics"]["num_people"]) / record["metrics"]["training_s"]
        for run in plan.distinct_runs
        if (record := records[run.folder]) is not None and record["provenance"]["device"] == device_name()
    ]
    rate = sum(rates) / len(rates) if rates else ASSUMED_MACS_PER_S
    seconds, num_missing = 0.0, 0
    for run in plan.distinct_runs:
        if records[run.folder] is None:
            people = num_people(run, [record for record in records.values() if record])
            if people is None:
                return Forecast(None, bool(rates))
            seconds += training_macs(run, people) / rate
            num_missing += 1
    return Forecast(seconds / max(1, min(at_once, num_missing)), bool(rates))


def num_people(run: PlannedRun, finished: list[Record]) -> float | None:
    """Persons a run trains on: known for drawn people, else from a finished run on the same data."""
    if isinstance(run.config.data, DrawnData):
        return run.config.data.drawing.num_train_images * PEOPLE_PER_DRAWING
    data = run.config.data.model_dump(mode="json")
    same = [record["metrics"]["num_people"] for record in finished if record["config"]["data"] == data]
    return float(same[0]) if same else None


def training_macs(run: PlannedRun, people: float) -> float:
    """MACs of a whole run: the tokenizer once, the transformer once or twice, forward and backward; a moving average
    that teaches only goes forward."""
    config, training = run.config.model, run.config.training
    distillation = training.distillation
    passes = BACKWARD * gtpt_cost(config).full
    if distillation.needs_full_pass and config.has_second_pass:
        passes += BACKWARD * (gtpt_cost(config, config.full_schedule).full - tokenizer_cost(config).full)
    if distillation.needs_ema_pass:
        passes += gtpt_cost(config, config.unpruned_schedule).full
    return float(passes * people * training.epochs)
