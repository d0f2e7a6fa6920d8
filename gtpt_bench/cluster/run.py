"""A study run on a cluster: prepared here, submitted, and brought on by its own jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from gtpt_bench.cluster.advance import advance, take_stock
from gtpt_bench.cluster.code_copy import keep_code
from gtpt_bench.cluster.commands import must_be_here, patiently
from gtpt_bench.cluster.follow import Standing, num_taken_out, standing
from gtpt_bench.cluster.gpu_hours import Hours, hours_needed
from gtpt_bench.cluster.ledger import ClusterFolder
from gtpt_bench.cluster.profile import ClusterProfile
from gtpt_bench.cluster.silence import Silence
from gtpt_bench.cluster.start import start
from gtpt_bench.errors import InputError
from gtpt_bench.study.display import Display, shown
from gtpt_bench.study.job import RunJob
from gtpt_bench.study.missing import PlannedJob
from gtpt_bench.study.session import Session


def submit_study(
    session: Session,
    profile: ClusterProfile,
    display: Display,
    *,
    processes: int = 1,
    chosen: Callable[[PlannedJob], bool] = lambda job: True,
    confirm: Callable[[Hours], bool] = lambda hours: True,
) -> Standing | None:
    """Submit what is missing, or join whoever has done so; None if there is nothing to do.

    Args:
        processes: that share each run, as tasks of its job.
        chosen: of what is missing.
        confirm: asked if the forecast is above the profile's limit.

    Raises:
        InputError: it was not confirmed.
        Unreachable, Refused: by SLURM.
        KeyboardInterrupt: before anything was submitted.
    """
    must_be_here("sbatch")
    nodes, on_a_node = profile.training.nodes(processes), profile.training.tasks_on_a_node(processes)
    if nodes * on_a_node != processes:
        raise InputError(
            f"--processes {processes} cannot be shared evenly among {nodes} nodes of at most "
            f"{profile.training.tasks_per_node} tasks (training.tasks_per_node); take {nodes * on_a_node}"
        )
    if processes > 1 and profile.packing.runs_per_job > 1:
        raise InputError("packing.runs_per_job of the cluster's profile must be 1 where several processes share a run")
    hours = hours_to_add(session, profile, chosen)
    if hours.hours > profile.limits.gpu_hours_before_asking and not confirm(hours):
        raise InputError(f"nothing was submitted: {hours.words} were not confirmed; --yes does")
    cluster = session.cluster
    silence = Silence(display)
    wait = partial(patiently, for_min=profile.rhythm.unreachable_min, on_wait=silence.lasts)
    if cluster.exists:  # what failed or was cancelled while nobody watched is missing again
        before = num_taken_out(cluster.read())
        if (number := num_taken_out(wait(lambda: take_stock(cluster))) - before) > 0:
            display.say(f"{number} part(s) were cancelled outside gtpt-study; run and retry do them again")
    jobs = [_with_threads(job, profile) for job in session.prepared(display, processes=processes) if chosen(job)]
    if not jobs and not _has_work(cluster):
        return None
    code = keep_code(session.folder.path.parent)
    with shown(display, f"submitting to {profile.cluster}"):
        wait(lambda: start(cluster, jobs, profile, code, display, processes=processes))
        wait(lambda: advance(cluster))  # apart, so that what was begun is not begun anew
    silence.is_over()
    return standing(cluster, cluster.read(), cluster.submissions())


def _has_work(cluster: ClusterFolder) -> bool:
    """Whether anything waits or is in the queue."""
    return cluster.exists and bool(cluster.read().waiting or cluster.submissions())


def hours_to_add(session: Session, profile: ClusterProfile, chosen: Callable[[PlannedJob], bool]) -> Hours:
    """What is not in the queue yet; whoever only joins is not asked."""
    cluster = session.cluster
    known = (
        cluster.queued | {work.folder for unit in cluster.read().waiting for work in unit.work}
        if cluster.exists
        else set()
    )
    among = {job.folder.path.name for job in session.missing_jobs() if chosen(job)} - known
    return hours_needed(session.chosen, session.folder, profile, among=among)


def _with_threads(job: PlannedJob, profile: ClusterProfile) -> PlannedJob:
    """A job with the cores that a task has."""
    resources = profile.training if isinstance(job.job, RunJob) else profile.measuring
    return replace(job, threads=resources.cpus_per_task)
