"""Submitting what waits, as far as there are places in the queue."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from gtpt_bench.cluster.commands import Refused
from gtpt_bench.cluster.ledger import Campaign, ClusterFolder, FailedRun, Submission, Unit
from gtpt_bench.cluster.places import after_full, after_none, after_taken, num_queued, places, share_of
from gtpt_bench.cluster.submit import Full, submit
from gtpt_bench.study.failure import Failure, leave_failure
from gtpt_bench.study.lock import owner_of


def filled(cluster: ClusterFolder, campaign: Campaign, submissions: Sequence[Submission]) -> Campaign:
    """Submit what waits, as far as there are places; the ledger is held.

    Args:
        submissions: what is in the queue.

    Raises:
        Unreachable: SLURM does not answer.
        Refused: it does not take the jobs, for a reason that waiting does not mend; the ledger says so too.
    """
    try:
        return _filled(cluster, campaign, submissions)
    except Refused as error:
        cluster.write(cluster.read().model_copy(update={"refused": str(error)}))
        cluster.note(f"refused: {error}")
        raise


def _filled(cluster: ClusterFolder, campaign: Campaign, submissions: Sequence[Submission]) -> Campaign:
    queue, most = list(submissions), campaign.profile.limits.max_array_size or campaign.max_array_size
    too_many: float = math.inf  # of the study's jobs in the queue, as SLURM has just said
    number: float = most
    while (room := min(places(campaign, queue, time.time()), number, too_many - num_queued(queue) - 1)) > 0:
        units, waiting = _next(cluster, campaign.waiting, int(room))
        if waiting != campaign.waiting:
            campaign = campaign.model_copy(update={"waiting": waiting})
            cluster.write(campaign)
        if not units:
            break
        try:
            taken = submit(cluster, campaign, units, at_once=share_of(campaign, queue))
        except Full as error:
            too_many, number = num_queued(queue) + len(units), max(1, len(units) // 2)
            if too_many == 1:
                campaign = after_none(campaign, time.time(), error)
        except Refused as error:
            if "memory" not in units[0].retries:
                raise
            campaign = _given_up(cluster, campaign, units, error)
        else:
            queue.append(taken)
            campaign, number = after_taken(_without(campaign, taken), num_queued(queue)), most
            cluster.write(campaign)
    if too_many - num_queued(queue) <= 1:
        campaign = after_full(campaign, num_queued(queue), time.time())
        cluster.write(campaign)
    return campaign


def _next(cluster: ClusterFolder, waiting: Sequence[Unit], room: int) -> tuple[list[Unit], tuple[Unit, ...]]:
    """Up to so many units that can be submitted together, and what waits, less what is found to be done.

    Files of no more units are looked at than it takes to find them.
    """
    kept = list[Unit]()
    rest = iter(waiting)

    def ready() -> Iterator[Unit]:
        for unit in rest:
            work = tuple(work for work in unit.work if not work.is_done(cluster.study))
            if work:
                kept.append(unit.model_copy(update={"work": work}))
                if not any(owner_of(one.job_folder(cluster.study).lock) for one in work):  # else done elsewhere
                    yield kept[-1]

    found = list(islice(ready(), room))
    _, alike = next(groupby(found, key=_array_key), (None, iter(())))
    return list(alike), (*kept, *rest)


def _array_key(unit: Unit) -> tuple[str, float, int]:
    return unit.kind, unit.memory_gb_per_task, unit.processes


def _without(campaign: Campaign, taken: Submission) -> Campaign:
    """A campaign in which units wait no longer."""
    folders = {work.folder for unit in taken.units for work in unit.work}
    waiting = tuple(unit for unit in campaign.waiting if not any(work.folder in folders for work in unit.work))
    return campaign.model_copy(update={"waiting": waiting})


def _given_up(cluster: ClusterFolder, campaign: Campaign, units: Sequence[Unit], error: Refused) -> Campaign:
    """No node has the memory that work should be tried again with: it has failed, and the rest goes on."""
    failure = Failure("memory", f"out of memory, and SLURM refuses {units[0].memory_gb_per_task:g} GB: {error}")
    left = [work for unit in units for work in unit.work if not work.is_done(cluster.study)]
    for work in left:
        leave_failure(work.job_folder(cluster.study).error, failure)
        cluster.note(f"{work.folder}: {failure.line}")
    failed = tuple(
        FailedRun(folder=work.folder, variant=work.variant, kind=failure.kind, reason=failure.reason) for work in left
    )
    given_up = {work.folder for unit in units for work in unit.work}
    waiting = tuple(unit for unit in campaign.waiting if not any(work.folder in given_up for work in unit.work))
    campaign = campaign.model_copy(update={"failed": (*campaign.failed, *failed), "waiting": waiting})
    cluster.write(campaign)
    return campaign
