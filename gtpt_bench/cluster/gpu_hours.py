"""What a study will take of a cluster, before it is submitted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gtpt_bench.cluster.profile import ClusterProfile
from gtpt_bench.data.config import DrawnData, MpiiData
from gtpt_bench.study.forecast import ASSUMED_MACS_PER_S, num_people, training_macs
from gtpt_bench.study.plan import Plan, PlannedRun
from gtpt_bench.study.store import Record, StudyFolder, read_record

ASSUMED_GPU_MACS_PER_S = 2e12
"""Training rate of one data-centre GPU assumed before any run has finished on one; on the careful side."""

LEAST_TOLD_H = 0.01
"""Below it a forecast has nothing to say: starting Python takes as long."""

PEOPLE = {"coco": 149_813, "mpii": 22_246}
"""Persons that the whole training sets have (COCO train2017, COCO-WholeBody on the same, MPII)."""


@dataclass(frozen=True)
class Hours:
    """Of all runs together that are not trained yet.

    Attributes:
        hours: of GPUs; of processes on a cluster without.
        unit: which of the two.
        basis: where the rate and the number of people come from.
    """

    hours: float
    unit: str
    basis: str

    @property
    def words(self) -> str:
        about = f"about {self.hours:.3g}" if self.hours >= LEAST_TOLD_H else f"less than {LEAST_TOLD_H}"
        return f"{about} {self.unit} ({self.basis})"


def hours_needed(
    plan: Plan, folder: StudyFolder, profile: ClusterProfile, *, among: Collection[str] | None = None
) -> Hours:
    """Forecast from the rate of finished runs on such devices, or from an assumption.

    Args:
        among: folders of the runs that count; None: all.
    """
    gpus = profile.training.gpus_per_task
    records = {run.folder: read_record(folder.run(run).train_record, run.train_signature) for run in plan.distinct_runs}
    finished = [record for record in records.values() if record]
    rates = [
        training_macs(run, record["metrics"]["num_people"])
        / record["metrics"]["training_s"]
        / record.get("processes", 1)
        for run in plan.distinct_runs
        if (record := records[run.folder]) and _has_gpu(record) == (gpus > 0)
    ]
    assumed = ASSUMED_GPU_MACS_PER_S if gpus else ASSUMED_MACS_PER_S
    rate = sum(rates) / len(rates) if rates else assumed
    missing = [run for run in plan.distinct_runs if not records[run.folder] and (among is None or run.folder in among)]
    seconds = sum(training_macs(run, _people(run, finished)) / rate for run in missing)
    basis = "rate of the finished runs" if rates else f"a guess: {assumed:.0e} MACs a second, no run has finished yet"
    return Hours(seconds / 3600 * max(1, gpus), "GPU hours" if gpus else "hours of processes", basis)


def _has_gpu(record: Record) -> bool:
    return "cores)" not in str(record["provenance"]["device"])


def _people(run: PlannedRun, finished: list[Record]) -> float:
    known = num_people(run, finished)
    if known is not None:
        return known
    assert not isinstance(run.config.data, DrawnData)
    return PEOPLE["mpii" if isinstance(run.config.data, MpiiData) else "coco"]
