"""Beginning or joining a campaign: from jobs that are missing to units in the ledger."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from gtpt_bench.cluster.code_copy import CodeCopy
from gtpt_bench.cluster.ledger import Campaign, ClusterFolder, Unit, Work
from gtpt_bench.cluster.profile import ClusterProfile
from gtpt_bench.cluster.submit import max_array_size
from gtpt_bench.errors import InputError, StudyError
from gtpt_bench.files import write_json
from gtpt_bench.study.display import Display, shown
from gtpt_bench.study.job import CostJob, RunJob, TimingJob
from gtpt_bench.study.missing import PlannedJob
from gtpt_bench.study.store import StudyFolder


def start(
    cluster: ClusterFolder,
    jobs: Sequence[PlannedJob],
    profile: ClusterProfile,
    code: CodeCopy,
    display: Display,
    *,
    processes: int = 1,
) -> Campaign:
    """Put jobs into the ledger, where they wait to be submitted; what is in the queue already stays as it is.

    Raises:
        StudyError: the study is in the queue of another cluster.
        InputError: a path cannot be used by SLURM.
        Unreachable, Refused: SLURM does not say how large arrays may be.
    """
    check_paths(cluster)
    most = max_array_size()
    with cluster.held():
        old = cluster.read() if cluster.exists else None
        if old is not None:
            old, _ = cluster.forget_counted(old)
        queued = cluster.queued
        if old is not None and queued and old.profile.cluster != profile.cluster:
            raise StudyError(
                f"{cluster.study.path.name} is in the queue of {old.profile.cluster}; wait for it or cancel it there, "
                f"before it is submitted to {profile.cluster}"
            )
        fresh = [job for job in jobs if job.folder.path.name not in queued]
        _write_jobs(fresh, display)
        again = _tried_before(old)
        first_time = [job for job in fresh if job.folder.path.name not in again]
        new = tuple(units_of(first_time, profile, cluster.study, processes=processes))
        ours = {work.folder for unit in new for work in unit.work}
        others = tuple(
            _at_least(other, profile) for unit in (old.waiting if old else ()) if (other := _without(unit, ours))
        )
        campaign = Campaign(
            profile=profile,
            label=cluster.label,
            code=code.fingerprint,
            code_folder=code.folder,
            python=profile.environment.python or sys.executable,
            processes=processes,
            max_array_size=most,
            waiting=(*new, *others),
            **(_joined(old, ours) if old is not None and (queued or others) else {}),
        )
        cluster.write(campaign)
        cluster.note(
            f"{len(new) + len(again)} unit(s) to submit, {len(queued)} run(s) in the queue, code {code.fingerprint}"
        )
    return campaign


def _joined(old: Campaign, ours: Collection[str]) -> dict[str, Any]:
    """What stays of a campaign that is not over: its counts, and failures of what is not submitted again.

    Of one that was held back nothing is held against those who go on with it.
    """
    failed = () if old.held else tuple(run for run in old.failed if run.folder not in ours)
    return {"num_trained": old.num_trained, "num_measured": old.num_measured, "failed": failed}


def _tried_before(campaign: Campaign | None) -> set[str]:
    """Folders of work that waits to be tried again: what it failed of, and the memory it was given since, stay with it.

    Of a campaign that was held back nothing does: somebody has mended what all failed of.
    """
    if campaign is None or campaign.held:
        return set()
    return {work.folder for unit in campaign.waiting if unit.retries for work in unit.work}


def _at_least(unit: Unit, profile: ClusterProfile) -> Unit:
    """A unit with no less memory than the profile gives now."""
    asked_gb = profile.resources(unit.kind).memory_gb_per_task
    return (
        unit.model_copy(update={"memory_gb_per_task": max(unit.memory_gb_per_task, asked_gb)}) if unit.retries else unit
    )


def _without(unit: Unit, folders: set[str]) -> Unit | None:
    """A unit's other work."""
    work = tuple(work for work in unit.work if work.folder not in folders)
    return unit.model_copy(update={"work": work}) if work else None


def check_paths(cluster: ClusterFolder) -> None:
    path = str(cluster.path.resolve())
    if "%" in path or not path.isprintable():
        raise InputError(f"{path!r}: SLURM reads % and line breaks in a path as its own; choose another --results")


def _write_jobs(jobs: Sequence[PlannedJob], display: Display) -> None:
    """What each worker will be told; what it said before is of no interest any more."""
    if not jobs:
        return
    with shown(display, "preparing jobs") as line:
        for number, job in enumerate(jobs, start=1):
            write_json(job.folder.job, job.job.model_dump(mode="json"))
            job.folder.error.unlink(missing_ok=True)
            job.folder.progress.unlink(missing_ok=True)
            line.update(number, len(jobs), "runs")


def units_of(
    jobs: Sequence[PlannedJob], profile: ClusterProfile, study: StudyFolder, *, processes: int = 1
) -> Iterator[Unit]:
    """Jobs as SLURM will see them: measuring alone, runs in packs, each shared by so many processes."""
    runs = [job for job in jobs if isinstance(job.job, RunJob)]
    for job in jobs:
        if job not in runs:
            yield Unit(
                kind="measuring",
                work=(work_of(job, study),),
                memory_gb_per_task=profile.measuring.memory_gb_per_task,
            )
    size = profile.packing.runs_per_job
    for first in range(0, len(runs), size):
        pack = runs[first : first + size]
        yield Unit(
            kind="training",
            work=tuple(work_of(job, study) for job in pack),
            memory_gb_per_task=profile.training.memory_gb_per_task,
            processes=processes,
        )


def work_of(planned: PlannedJob, study: StudyFolder) -> Work:
    """A job by its folder and the record that it ends with."""
    job, folder = planned.job, planned.folder
    variant = ""
    if isinstance(job, RunJob):
        record, variant = folder.evaluation(job.run.evaluate_signature), job.run.variant
    elif isinstance(job, CostJob):
        record = Path(study.cost(job.costs[-1]))
    else:
        assert isinstance(job, TimingJob)
        record = study.timing(job.timing)
    return Work(folder=folder.path.name, record=str(record.relative_to(study.path)), variant=variant)
