"""One step of a study's way through a cluster: see what is over, decide what becomes of it, submit what waits.

Whoever gets to it does it, under the ledger's lock: the shell that watches, and each job at its end. It may be done at
any time, any number of times, and be killed at any point of it.
"""

from __future__ import annotations

import math
import socket
from collections.abc import Mapping, Sequence

from gtpt_bench.cluster.commands import Unreachable, scancel
from gtpt_bench.cluster.fill import filled
from gtpt_bench.cluster.ledger import Campaign, ClusterFolder, FailedRun, Submission, Unit
from gtpt_bench.cluster.queue import Element, Queue, alive, asked
from gtpt_bench.cluster.submit import take_back
from gtpt_bench.cluster.verdict import Verdict, verdict_on
from gtpt_bench.study.fail_fast import reason_to_stop
from gtpt_bench.study.failure import leave_failure
from gtpt_bench.study.lock import owner_of

LATE_S = 300.0
"""After which a job that accounting does not know is looked for."""


def advance(cluster: ClusterFolder, *, wait_s: float | None = None, asks_anew: bool = False) -> Campaign:
    """Bring a campaign as far as it can be brought now.

    Args:
        wait_s: for the ledger; None: as long as others usually hold it.
        asks_anew: for places in a queue that was full a moment ago.

    Raises:
        Busy: the ledger is held by somebody else.
        Unreachable: SLURM does not answer; what could be done without it is done.
        Refused: SLURM does not take the jobs, for a reason that waiting does not mend.
    """
    while True:
        with cluster.held(wait_s):
            campaign, submissions = _looked_at(cluster)
            if not campaign.held:
                campaign = _stopped_if_alike(cluster, campaign)
            campaign = _taken_out(cluster, campaign, submissions)
            if not campaign.held:
                if asks_anew:
                    campaign = campaign.model_copy(update={"full_until": 0})
                campaign = filled(cluster, campaign, submissions)
        if not cluster.ended.names():  # else of jobs that found the ledger held, and left it to whoever held it
            return campaign


def take_stock(cluster: ClusterFolder) -> Campaign:
    """Take note of what is over by now, not when the scheduler was last asked; submit nothing.

    Raises:
        Unreachable, Refused: by SLURM.
    """
    with cluster.held():
        return _looked_at(cluster, asks_now=True)[0]


def _looked_at(cluster: ClusterFolder, *, asks_now: bool = False) -> tuple[Campaign, list[Submission]]:
    """The campaign and its submissions, when what is over has been counted."""
    ended = cluster.ended.read()
    campaign, submissions = cluster.forget_counted(cluster.read())
    campaign = _each_once(campaign, submissions)
    for submission in submissions:
        if not submission.job_id:
            campaign = _put_back(cluster, campaign, take_back(cluster, submission), submission)
    submitted = [submission for submission in submissions if submission.job_id]
    seen = _settled(cluster, campaign, submitted, ended, asks_now=asks_now)
    cluster.ended.forget(ended)
    return seen


def _each_once(campaign: Campaign, submissions: Sequence[Submission]) -> Campaign:
    """What is in the queue does not wait, and nothing waits twice; whoever moved it may have died in between."""
    seen = {work.folder for submission in submissions for _, unit in submission.open for work in unit.work}
    waiting = list[Unit]()
    for unit in campaign.waiting:
        work = tuple(work for work in unit.work if work.folder not in seen)
        seen |= {work.folder for work in unit.work}
        if work:
            waiting.append(unit if len(work) == len(unit.work) else unit.model_copy(update={"work": work}))
    return campaign.model_copy(update={"waiting": tuple(waiting)})


def _put_back(cluster: ClusterFolder, campaign: Campaign, units: tuple[Unit, ...], submission: Submission) -> Campaign:
    campaign = campaign.model_copy(update={"waiting": (*units, *campaign.waiting)})
    cluster.write(campaign)
    cluster.forget_submission(submission)
    return campaign


def _settled(
    cluster: ClusterFolder,
    campaign: Campaign,
    submissions: list[Submission],
    ended: Mapping[str, int],
    *,
    asks_now: bool,
) -> tuple[Campaign, list[Submission]]:
    """Take note of all jobs that are over. Their end is written before they are forgotten; `counted` says so to whoever
    goes on after a crash between the two."""
    left = list[Submission]()
    open_units = {name: unit for submission in submissions for name, unit in submission.open}
    ends: dict[str, Element | None] = {name: None for name, unit in open_units.items() if _is_done(cluster, unit)}
    ends |= {
        job: Element(state="FAILED", exit_code=f"{code}:0")
        for job, code in ended.items()
        if job in open_units and job not in ends
    }
    rest = [name for name in open_units if name not in ends]
    unreachable: Unreachable | None = None
    try:
        ends |= _ended_undone(cluster, campaign, submissions, rest, asks_now=asks_now)
    except Unreachable as error:
        unreachable = error
    for submission in submissions:
        over = [
            i for i in range(len(submission.units)) if i not in submission.settled and submission.element(i) in ends
        ]
        if over:
            campaign = _counted(cluster, campaign, submission, {i: ends[submission.element(i)] for i in over})
        rest_of_it = cluster.settle(submission, over)
        left += [rest_of_it] if rest_of_it else []
    if unreachable is not None:
        raise unreachable
    return campaign, left


def _is_done(cluster: ClusterFolder, unit: Unit) -> bool:
    return all(work.is_done(cluster.study) for work in unit.work)


def _ended_undone(
    cluster: ClusterFolder, campaign: Campaign, submissions: list[Submission], rest: list[str], *, asks_now: bool
) -> dict[str, Element | None]:
    """How jobs ended whose work is not done."""
    if not rest:
        return {}
    ids = [submission.job_id for submission in submissions if submission.open]
    every_s = 0.0 if asks_now else campaign.profile.rhythm.ask_every_s
    queue = asked(cluster.queue_file, ids, every_s=every_s)
    submitted = {name: submission.submitted_at for submission in submissions for name, _ in submission.open}
    seem_over = [name for name in rest if _seems_over(queue, name, submitted[name])]
    again = alive(cluster.queue_file, queue, seem_over, every_s=every_s)
    return {name: queue.elements.get(name) for name in seem_over if name not in again}


def _seems_over(queue: Queue, name: str, submitted_at: float) -> bool:
    if queue.asked_at <= submitted_at:
        return False
    element = queue.elements.get(name)
    return element.stage == "over" if element else queue.asked_at > submitted_at + LATE_S


def _judged(cluster: ClusterFolder, campaign: Campaign, unit: Unit, job: str, element: Element | None) -> Verdict:
    most_gb = campaign.profile.limits.max_memory_gb_per_task or math.inf  # SLURM knows its nodes: see fill.py
    verdict = verdict_on(unit, job, element, cluster, max_memory_gb=most_gb, held=bool(campaign.held))
    cluster.note(verdict.words)
    for work, failure in verdict.failed:
        error = work.job_folder(cluster.study).error
        if failure.kind in ("memory", "node", "preempted", "cancelled") or not error.exists():
            leave_failure(error, failure)
    return verdict


def _cleared(cluster: ClusterFolder, unit: Unit, job: str) -> None:
    """Put aside what a job has left of work that is tried again."""
    for work in unit.work:
        folder = work.job_folder(cluster.study)
        folder.error.unlink(missing_ok=True)
        owner = owner_of(folder.lock)
        if owner is not None and owner.job == job and owner.host != socket.gethostname():  # gone with its job
            folder.lock.unlink(missing_ok=True)


def _counted(
    cluster: ClusterFolder, campaign: Campaign, submission: Submission, ends: Mapping[int, Element | None]
) -> Campaign:
    """Judge units of a submission by their places, and write down what becomes of them."""
    jobs = {place: submission.element(place) for place in ends}
    verdicts = [_judged(cluster, campaign, submission.units[i], jobs[i], end) for i, end in ends.items()]
    again = tuple(verdict.again for verdict in verdicts if verdict.again)
    failed = tuple(
        FailedRun(folder=work.folder, variant=work.variant, kind=failure.kind, reason=failure.reason)
        for verdict in verdicts
        for work, failure in verdict.failed
    )
    done = [work for verdict in verdicts for work in verdict.done]
    num_trained = sum(bool(work.variant) for work in done)
    campaign = campaign.model_copy(
        update={
            "waiting": (*again, *campaign.waiting),
            "failed": (*campaign.failed, *failed),
            "num_trained": campaign.num_trained + num_trained,
            "num_measured": campaign.num_measured + len(done) - num_trained,
            "counted": tuple(jobs.values()),
        }
    )
    cluster.write(campaign)
    for job, verdict in zip(jobs.values(), verdicts, strict=True):
        if verdict.again:  # after its failure is counted, else whoever goes on after a crash would judge anew
            _cleared(cluster, verdict.again, job)
    return campaign


def _stopped_if_alike(cluster: ClusterFolder, campaign: Campaign) -> Campaign:
    """Hold back what is not running yet if the first runs all failed in one way."""
    failures = [(run.variant, run.failure) for run in campaign.failed if run.variant]
    reason = reason_to_stop(failures, num_done=campaign.num_trained)
    if not reason:
        return campaign
    campaign = campaign.model_copy(update={"held": reason, "takes_out": True})
    cluster.write(campaign)
    cluster.note(f"held: {reason}")
    return campaign


def _taken_out(cluster: ClusterFolder, campaign: Campaign, submissions: Sequence[Submission]) -> Campaign:
    """Take out of the queue what is held back; not before the ledger says so, since jobs that had not begun would
    otherwise be taken for cancelled."""
    if not campaign.takes_out:
        return campaign
    for submission in submissions:
        scancel("--state=PENDING", submission.job_id)
    campaign = campaign.model_copy(update={"takes_out": False})
    cluster.write(campaign)
    return campaign
