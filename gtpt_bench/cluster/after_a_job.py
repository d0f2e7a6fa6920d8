"""The last thing that each job does: `python -m gtpt_bench.cluster.after_a_job STUDY_FOLDER LABEL EXIT_CODE JOB`.

Leaves word that it ends, and brings its study on, so that nobody has to watch. It holds its GPUs meanwhile, so it waits
for nothing (the ledger, a controller that is away, a place in the queue) while another job of the study is left that
will do the same at its own end; the last one waits, and writes the report.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from pydantic import ValidationError

from gtpt_bench.cluster.advance import advance
from gtpt_bench.cluster.commands import Unreachable, patiently
from gtpt_bench.cluster.ledger import ClusterFolder
from gtpt_bench.cluster.queue import FROM_A_SIGNAL, LARGEST_SIGNAL
from gtpt_bench.cluster.requeued import is_marked, remove_mark
from gtpt_bench.cluster.stranded import at_work, bring_on_stranded, is_stranded
from gtpt_bench.errors import GtptBenchError
from gtpt_bench.study.lock import Locked, locked
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.store import StudyFolder

WAIT_MIN = 15.0
"""For a controller that does not answer, or somebody who holds the ledger: the last job holds its place for as long."""

WAIT_FOR_A_PLACE_MIN = 5.0
"""Jobs that ended a moment ago still count in the queue, until SLURM has cleaned up behind them."""


class NoPlace(Unreachable):
    """What waits has found no place although no other job of the study is left."""


def main() -> int:
    folder, label, exit_code, job = sys.argv[1:]
    cluster = ClusterFolder(StudyFolder(Path(folder)), label)
    try:
        if exit_code == "0":
            remove_files(cluster, job)
        if not is_marked(cluster.jobs, job):
            cluster.ended.leave(job, _of_a_shell(int(exit_code)))
        bring_on(cluster)
        if is_over(cluster):
            with contextlib.suppress(Locked), locked(cluster.path / "report.lock"):  # of several last jobs, one
                _report(cluster)
        bring_on_stranded(cluster.study.path.parent, but=cluster)
    except (GtptBenchError, OSError, ValidationError) as error:
        words = _one_line(error)
        print(f"error: {words}", file=sys.stderr)
        with contextlib.suppress(OSError):  # the disk may be full
            cluster.note(f"at the end of job {job}: {words}")
        return error.exit_code if isinstance(error, GtptBenchError) else 2
    return 0


def bring_on(cluster: ClusterFolder) -> None:
    """See to what is over, submit what has found a place; the last job waits until that is done.

    Raises:
        Unreachable, Refused: the last one, by SLURM, or for want of a place.
    """
    try:
        if not is_stranded(cluster, advance(cluster, wait_s=0)):
            return
    except Unreachable:
        if at_work(cluster):
            return
    with contextlib.suppress(Locked), locked(cluster.path / "last.lock"):  # of several, one; the others make place
        _wait_and_bring_on(cluster)


def _wait_and_bring_on(cluster: ClusterFolder) -> None:
    patiently(lambda: advance(cluster), for_min=WAIT_MIN, on_wait=_say)

    def placed() -> str:
        campaign = advance(cluster, asks_anew=True)
        if is_stranded(cluster, campaign) and campaign.full_until:  # else it is worked on by a shell
            number = len(campaign.waiting)
            raise NoPlace(f"no place in the queue for the {number} job(s) that wait; status or run submits them later")
        return "placed"

    is_only_one = cluster.read().profile.limits.max_submitted == 1  # its own place will not come free before its end
    patiently(placed, for_min=0 if is_only_one else WAIT_FOR_A_PLACE_MIN, on_wait=_say)


def is_over(cluster: ClusterFolder) -> bool:
    """Whether nothing of a study is left to be done but what is held back."""
    campaign = cluster.read()
    return not cluster.queued and bool(campaign.held or not campaign.waiting)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _of_a_shell(exit_code: int) -> int:
    return exit_code if exit_code <= FROM_A_SIGNAL + LARGEST_SIGNAL else 1


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, GtptBenchError):
        return f"{error.filename or 'a file'}: {error.strerror or error}"
    if isinstance(error, ValidationError):
        return f"a file of the study comes from another version of gtpt_bench or is damaged: {error.title}"
    return str(error)


def remove_files(cluster: ClusterFolder, job: str) -> None:
    """submitit's files of a job that did what it should; a run's own folder has all there is to know."""
    remove_mark(cluster.jobs, job)
    for path in cluster.jobs.glob(f"{job}_*"):
        with contextlib.suppress(OSError):
            path.unlink()


def _report(cluster: ClusterFolder) -> None:
    from gtpt_bench.report.write import write_report

    plan = Plan.model_validate_json(cluster.study.plan(cluster.label).read_text(encoding="utf-8"))
    files = write_report(plan, cluster.study)
    cluster.note(f"all is over; report in {files.folder}")


if __name__ == "__main__":
    sys.exit(main())
