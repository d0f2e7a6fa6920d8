"""Taking runs out of a cluster's queue."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gtpt_bench.cluster.commands import scancel
from gtpt_bench.cluster.ledger import ClusterFolder, Submission, Unit
from gtpt_bench.cluster.submit import take_back


def cancel(cluster: ClusterFolder, folders: Collection[str]) -> int:
    """Cancel work by its folders, whether it waits, is in the queue or runs; how many jobs will not be done then, less
    those that were never to be: held back, or refused by SLURM.

    A job that has other work too is left alone. What a run has saved is kept.

    Raises:
        Unreachable, Refused: by SLURM, and what it did not end stays in the ledger; running this again goes on.
    """
    number, taken = 0, set(folders)
    with cluster.held():
        campaign = cluster.read()
        campaign, submissions = cluster.forget_counted(campaign)
        waiting = list(campaign.waiting)
        for submission in submissions:
            ours = [index for index, unit in enumerate(submission.units) if _all_in(taken, unit)]
            if submission.job_id:
                number += _end(cluster, submission, ours)
            else:
                again = take_back(cluster, submission)
                back = {work.folder for unit in again for work in unit.work}  # perhaps by somebody before, too
                waiting = [unit for unit in waiting if not any(work.folder in back for work in unit.work)] + [*again]
                cluster.write(campaign.model_copy(update={"waiting": tuple(waiting)}))
                cluster.forget_submission(submission)
        kept = tuple(unit for unit in waiting if not _all_in(taken, unit))
        cluster.write(campaign.model_copy(update={"waiting": kept}))
        cluster.note(f"cancelled {number} job(s), {len(waiting) - len(kept)} that waited")
        return number if campaign.held or campaign.refused else number + len(waiting) - len(kept)


def _all_in(folders: set[str], unit: Unit) -> bool:
    return {work.folder for work in unit.work} <= folders


def _end(cluster: ClusterFolder, submission: Submission, indices: Sequence[int]) -> int:
    """Have SLURM end some jobs of an array, which are then no failures but missing again; how many there were."""
    ours = [index for index in indices if index not in submission.settled]
    jobs = [submission.element(index) for index in ours]
    if jobs:
        scancel(*([submission.job_id] if len(jobs) == len(submission.open) else jobs))
        cluster.settle(submission, ours)
    return len(jobs)
