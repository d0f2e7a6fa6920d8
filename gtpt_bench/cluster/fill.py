"""Submitting what waits, as far as there are places in the queue."""

from __future__ import annotations

from itertools import groupby

from gtpt_bench.cluster.commands import Refused
from gtpt_bench.cluster.ledger import Campaign, ClusterFolder, FailedRun, Submission, Unit
from gtpt_bench.cluster.submit import Full, submit
from gtpt_bench.study.failure import Failure, leave_failure
from gtpt_bench.study.lock import owner_of


def filled(cluster: ClusterFolder, campaign: Campaign) -> Campaign:
    """Submit what waits, as far as there are places; the ledger is held.

    Raises:
        Unreachable: SLURM does not answer.
        Refused: it does not take the jobs, for a reason that waiting does not mend.
    """
    ready, aside = _ready(cluster, campaign, cluster.queued)
    places = campaign.profile.limits.max_submitted - sum(len(s.open) for s in cluster.submissions())
    most = campaign.profile.limits.max_array_size or campaign.max_array_size
    while ready and places > 0:
        _, alike = next(groupby(ready[: min(places, most)], key=_array_key))
        units = list(alike)
        try:
            taken = _submitted(cluster, campaign, units)
        except Refused as error:
            if "memory" not in units[0].retries:
                raise
            campaign = _given_up(cluster, campaign, units, error)
            ready = ready[len(units) :]
            continue
        if not taken:
            break
        places -= len(taken.units)
        ready = ready[len(taken.units) :]
        campaign = campaign.model_copy(update={"waiting": (*ready, *aside)})
        cluster.write(campaign)
    if campaign.waiting != (*ready, *aside):
        campaign = campaign.model_copy(update={"waiting": (*ready, *aside)})
        cluster.write(campaign)
    return campaign


def _given_up(cluster: ClusterFolder, campaign: Campaign, units: list[Unit], error: Refused) -> Campaign:
    """No node has the memory that work should be tried again with: it has failed, and the rest goes on."""
    failure = Failure("memory", f"out of memory, and SLURM refuses {units[0].memory_gb_per_task:g} GB: {error}")
    left = [work for unit in units for work in unit.work if not work.is_done(cluster.study)]
    for work in left:
        leave_failure(work.job_folder(cluster.study).error, failure)
        cluster.note(f"{work.folder}: {failure.reason}")
    failed = tuple(
        FailedRun(folder=work.folder, variant=work.variant, kind=failure.kind, reason=failure.reason) for work in left
    )
    folders = {work.folder for work in left}
    waiting = tuple(unit for unit in campaign.waiting if not any(work.folder in folders for work in unit.work))
    campaign = campaign.model_copy(update={"failed": (*campaign.failed, *failed), "waiting": waiting})
    cluster.write(campaign)
    return campaign


def _ready(cluster: ClusterFolder, campaign: Campaign, submitted: set[str]) -> tuple[list[Unit], list[Unit]]:
    """What waits and may be submitted, and what somebody else works on just now; work that is done, is in the queue or
    stands twice is left out."""
    ready, aside, seen = list[Unit](), list[Unit](), set(submitted)
    for unit in campaign.waiting:
        work = tuple(work for work in unit.work if work.folder not in seen and not work.is_done(cluster.study))
        if work:
            seen |= {one.folder for one in work}
            elsewhere = any(owner_of(one.job_folder(cluster.study).lock) for one in work)
            (aside if elsewhere else ready).append(unit.model_copy(update={"work": work}))
    return ready, aside


def _array_key(unit: Unit) -> tuple[str, float]:
    return unit.kind, unit.memory_gb_per_task


def _submitted(cluster: ClusterFolder, campaign: Campaign, units: list[Unit]) -> Submission | None:
    """Submit as many as there is a place for; None if there is none."""
    number = len(units)
    while number:
        try:
            return submit(cluster, campaign, units[:number])
        except Full:
            number //= 2
    return None
