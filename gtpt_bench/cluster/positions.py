"""Where the parts of a study are in a cluster's queue, for `status`: from the ledger and one sacct call."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from gtpt_bench.cluster.ledger import Campaign, ClusterFolder
from gtpt_bench.cluster.profile import ClusterProfile
from gtpt_bench.cluster.queue import Element, asked, own_place, read_queue, recent
from gtpt_bench.errors import InputError, StudyError
from gtpt_bench.study.machine import Machine
from gtpt_bench.study.state import Status


def machine_of(profile: ClusterProfile) -> Machine:
    """A cluster as the machine that measures time."""
    return Machine(profile.device, "cuda" if profile.measuring.gpus_per_task else "cpu")


def last_machine(cluster: ClusterFolder) -> Machine | None:
    """The cluster that a study was submitted to last; None if it never was."""
    try:
        return machine_of(cluster.read().profile) if cluster.exists else None
    except StudyError:
        return None


def with_queue(states: Sequence[Status], cluster: ClusterFolder) -> list[Status]:
    """States with what is in the queue, or waits for a place in it, in place of what would be missing."""
    if not cluster.exists or all(state.state != "missing" for state in states):
        return list(states)
    campaign = cluster.read()
    waiting = {work.folder for unit in campaign.waiting for work in unit.work}
    why_not = why_not_submitted(campaign)
    queued = dict.fromkeys(waiting, "waits for a place in the queue") if not why_not else {}
    queued |= queue_words(cluster, campaign)

    def seen(state: Status) -> Status:
        name = state.folder.name if state.folder else ""
        if state.state == "missing" and name in queued:
            return replace(state, state="queued", words=queued[name])
        if state.state == "missing" and name in waiting:
            return replace(state, words=why_not)
        return state

    return [seen(state) for state in states]


def why_not_submitted(campaign: Campaign) -> str:
    """Why what waits is in no queue, and will be in none until somebody does something; "" if it may be soon."""
    if campaign.held:
        return f"held back: {campaign.held}"
    return f"not submitted: {campaign.refused}" if campaign.refused else ""


def queue_words(cluster: ClusterFolder, campaign: Campaign) -> dict[str, str]:
    """For each job folder that is in the queue: where. One sacct call at most, none if the last answer is recent
    enough."""
    words, submissions, every_s = dict[str, str](), cluster.submissions(), campaign.profile.rhythm.ask_every_s
    ids = [submission.job_id for submission in submissions if submission.job_id]
    try:
        shared = recent(cluster.queue_file, every_s)
        answer = shared or (asked(own_place(cluster.queue_file), ids, every_s=every_s) if ids else None)
        known, as_of = answer.elements if answer else {}, ""
    except InputError:  # nobody answers, or the answer cannot be kept
        kept = read_queue(cluster.queue_file)
        known = kept.elements if kept else {}
        when = time.strftime("%H:%M", time.localtime(kept.asked_at)) if kept else "long ago"
        as_of = f", as of {when}: SLURM does not answer"
    for submission in submissions:
        for name, unit in submission.open:
            where = _where(name, known.get(name)) if submission.job_id else "is being submitted"
            words |= {work.folder: f"{where}{as_of}" for work in unit.work}
    return words


def _where(job: str, element: Element | None) -> str:
    if element is None or element.stage == "pending":
        return f"in the queue as {job}"
    if element.stage == "running":
        return f"starts as {job} on {element.node}"
    return f"{job} is over ({element.state}); the next step of the study sees to it"
