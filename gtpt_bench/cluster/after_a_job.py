"""The last thing that each job does: `python -m gtpt_bench.cluster.after_a_job STUDY_FOLDER LABEL EXIT_CODE JOB`.

Brings its study on, so that nobody has to watch; the last job writes the report.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from gtpt_bench.cluster.advance import Ended, advance
from gtpt_bench.cluster.commands import patiently
from gtpt_bench.cluster.ledger import ClusterFolder
from gtpt_bench.errors import GtptBenchError
from gtpt_bench.study.lock import Locked, locked
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.store import StudyFolder

WAIT_MIN = 15.0
"""For a controller that does not answer: the job holds its place for as long."""


def main() -> int:
    folder, label, exit_code, job = sys.argv[1:]
    cluster = ClusterFolder(StudyFolder(Path(folder)), label)
    if exit_code == "0":
        remove_files(cluster, job)
    try:

        def bring_on() -> str:
            advance(cluster, ended=Ended(job, int(exit_code)))
            return "done"

        patiently(bring_on, for_min=WAIT_MIN, on_wait=lambda words: print(words, file=sys.stderr, flush=True))
        if not cluster.queued and not cluster.read().waiting:
            with contextlib.suppress(Locked), locked(cluster.path / "report.lock"):  # of several last jobs, one
                _report(cluster)
    except GtptBenchError as error:
        cluster.note(f"at the end of job {job}: {error}")
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def remove_files(cluster: ClusterFolder, job: str) -> None:
    """submitit's files of a job that did what it should; a run's own folder has all there is to know."""
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
