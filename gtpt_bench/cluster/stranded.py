"""Campaigns of which nothing is in the queue although something waits: none of their own jobs would ever bring them on.

So it is when the queue is full of somebody's other jobs. Jobs of other studies do it at their ends, and `status`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from gtpt_bench.cluster.advance import advance
from gtpt_bench.cluster.code_copy import package_folder
from gtpt_bench.cluster.ledger import Campaign, ClusterFolder
from gtpt_bench.errors import GtptBenchError
from gtpt_bench.study.store import StudyFolder


def is_stranded(cluster: ClusterFolder, campaign: Campaign) -> bool:
    """Whether work waits that could be submitted, or jobs have left word, and none is left that would see to it."""
    could_be_submitted = campaign.waiting and not campaign.held and not campaign.refused
    return bool(could_be_submitted or cluster.ended.names()) and not at_work(cluster)


def at_work(cluster: ClusterFolder) -> set[str]:
    """Jobs of a study that wait or run, as far as is known; not those that have left word of their end, nor those of
    which nobody knows whether SLURM has taken them."""
    taken = [submission for submission in cluster.submissions() if submission.job_id]
    return {job for submission in taken for job, _ in submission.open} - cluster.ended.names()


def bring_on_stranded(results: Path, *, but: ClusterFolder) -> None:
    """Submit what waits of other studies in a results folder, as far as there are places.

    Only those whose jobs have the code that runs here, since another could not read what this one writes.
    """
    for cluster in _campaigns(results):
        with contextlib.suppress(GtptBenchError, OSError):
            if cluster == but or at_work(cluster):
                continue
            campaign = cluster.read()
            if campaign.code_folder == package_folder().parent and is_stranded(cluster, campaign):
                advance(cluster, wait_s=0, asks_anew=True)


def _campaigns(results: Path) -> Iterator[ClusterFolder]:
    for file in sorted(results.glob("*/.slurm-*/campaign.json")):
        if os.access(file.parent, os.W_OK):
            label = file.parent.name.removeprefix(".slurm-")
            yield ClusterFolder(StudyFolder(file.parents[1]), label)
