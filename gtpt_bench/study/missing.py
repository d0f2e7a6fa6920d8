"""What of a plan is still to be done, as jobs: costs first, then timing, then runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gtpt_bench.data.config import DataConfig
from gtpt_bench.efficiency.device import gpu_ids, num_cores
from gtpt_bench.frozen import Frozen
from gtpt_bench.study.data_source import DataSource
from gtpt_bench.study.forecast import training_macs
from gtpt_bench.study.job import CostJob, RunJob, TimingJob
from gtpt_bench.study.plan import Plan, PlannedRun
from gtpt_bench.study.state import run_status
from gtpt_bench.study.store import JobFolder, Names, StudyFolder, read_record

Part = Literal["cost", "time", "accuracy"]


@dataclass(frozen=True)
class PlannedJob:
    """One process to start, which starts others if its job wants several.

    Attributes:
        threads: cores that each of its processes may use.
        alone: whether nothing else may run beside it, as when time is measured.
    """

    title: str
    job: Frozen
    folder: JobFolder
    threads: int
    alone: bool

    @property
    def part(self) -> Part:
        """What of the study it brings."""
        if isinstance(self.job, RunJob):
            return "accuracy"
        return "cost" if isinstance(self.job, CostJob) else "time"


def missing_jobs(
    plan: Plan, folder: StudyFolder, data: DataSource, *, only: Sequence[str] = (), processes: int = 1
) -> list[PlannedJob]:
    """Jobs whose record does not exist yet, of some variants or of all.

    Args:
        processes: that share each run; with several, runs have the machine to themselves.
    """
    threads, plan = threads_a_run(plan, num_cores()), plan.narrowed(only)
    if processes > 1:
        threads = max(1, num_cores() // processes)
    study, jobs, cores, there = plan.study.study, [], num_cores(), folder.names()
    costs = tuple(c for c in plan.costs if not _is_measured(folder.cost(c), c.signature, there))
    if costs:
        job: Frozen = CostJob(study=study, costs=costs, folder=folder.path)
        place = folder.measuring("cost", plan.label)
        jobs.append(PlannedJob(f"cost of {len(costs)} models", job, place, cores, alone=True))
    timing = plan.timing
    if timing and not _is_measured(folder.timing(timing), timing.signature, there):
        job = TimingJob(study=study, timing=timing, folder=folder.path)
        jobs.append(
            PlannedJob(f"time of {timing.words}", job, folder.measuring("timing", plan.label), cores, alone=True)
        )
    roots: dict[DataConfig, Path] = {}
    for run in longest_first(plan.distinct_runs):
        if run_status(run, folder.run(run), there).state != "done":
            of = run.config.data
            if of not in roots:
                roots[of] = data.folder(run.config).resolve()
            job = RunJob(study=study, run=run, data_root=roots[of], processes=processes)
            title = f"{run.variant} seed {run.seed}"
            jobs.append(PlannedJob(title, job, folder.run(run), threads, alone=processes > 1))
    return jobs


def _is_measured(record: Path, signature: str, there: Names) -> bool:
    return record.name in there.files and read_record(record, signature) is not None


def longest_first(runs: Sequence[PlannedRun]) -> list[PlannedRun]:
    """Runs by falling work, so that cores which share them are done at about the same time."""
    return sorted(runs, key=lambda run: -training_macs(run, people=1))


def threads_a_run(plan: Plan, cores: int) -> int:
    """Cores of one training run: an equal share, so that runs train side by side, on machines with GPUs one on each.

    Two tiny models on a core each train about 1.7 times as fast as one after the other on both cores. The share follows
    from the plan, not from what is missing of it: a resumed run has as many threads as before, on which its last bits
    depend.
    """
    places = len(gpu_ids()) or cores
    return max(1, cores // max(1, min(places, len(plan.distinct_runs))))


def runs_at_once(plan: Plan) -> int:
    """Training runs that share this machine: one a GPU, or as many as its cores are shared among."""
    return len(gpu_ids()) or max(1, num_cores() // threads_a_run(plan, num_cores()))
