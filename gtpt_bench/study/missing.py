"""What of a plan is still to be done, as jobs: costs first, then timing, then runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gtpt_bench.efficiency.device import gpu_name, num_cores
from gtpt_bench.frozen import Frozen
from gtpt_bench.study.data_source import DataSource
from gtpt_bench.study.forecast import training_macs
from gtpt_bench.study.job import CostJob, RunJob, TimingJob
from gtpt_bench.study.plan import Plan, PlannedRun
from gtpt_bench.study.state import run_status
from gtpt_bench.study.store import JobFolder, StudyFolder, read_record


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
    study, jobs, cores = plan.study.study, [], num_cores()
    costs = tuple(c for c in plan.costs if read_record(folder.cost(c), c.signature) is None)
    if costs:
        job: Frozen = CostJob(study=study, costs=costs, folder=folder.path)
        place = folder.measuring("cost", plan.label)
        jobs.append(PlannedJob(f"cost of {len(costs)} models", job, place, cores, alone=True))
    timing = plan.timing
    if timing and read_record(folder.timing(timing), timing.signature) is None:
        job = TimingJob(study=study, timing=timing, folder=folder.path)
        jobs.append(
            PlannedJob(f"time of {timing.words}", job, folder.measuring("timing", plan.label), cores, alone=True)
        )
    for run in longest_first(plan.distinct_runs):
        if run_status(run, folder.run(run)).state != "done":
            root = data.folder(run.config).resolve()
            job = RunJob(study=study, run=run, data_root=root, processes=processes)
            title = f"{run.variant} seed {run.seed}"
            jobs.append(PlannedJob(title, job, folder.run(run), threads, alone=processes > 1))
    return jobs


def longest_first(runs: Sequence[PlannedRun]) -> list[PlannedRun]:
    """Runs by falling work, so that cores which share them are done at about the same time."""
    return sorted(runs, key=lambda run: -training_macs(run, people=1))


def threads_a_run(plan: Plan, cores: int) -> int:
    """Cores of one training run: all on a machine with a GPU, else an equal share, so that runs train side by side.

    Two tiny models on a core each train about 1.7 times as fast as one after the other on both cores. The share follows
    from the plan, not from what is missing of it: a resumed run has as many threads as before, on which its last bits
    depend.
    """
    return cores if gpu_name() else max(1, cores // max(1, len(plan.distinct_runs)))


def runs_at_once(plan: Plan) -> int:
    """Training runs that share this machine."""
    return max(1, num_cores() // threads_a_run(plan, num_cores()))
