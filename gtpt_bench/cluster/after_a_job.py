"""The last thing that each job does: `python -m gtpt_bench.cluster.after_a_job STUDY_FOLDER LABEL EXIT_CODE JOB`.

Brings its study on, so that nobody has to watch; the last job writes the report.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from pydantic import ValidationError

from gtpt_bench.cluster.advance import Ended, advance
from gtpt_bench.cluster.commands import patiently
from gtpt_bench.cluster.ledger import ClusterFolder
from gtpt_bench.cluster.requeued import is_marked, remove_mark
from gtpt_bench.errors import GtptBenchError
from gtpt_bench.study.lock import Locked, locked
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.store import StudyFolder

WAIT_MIN = 15.0
"""For a controller that does not answer: the job holds its place for as long."""


LARGEST_SIGNAL = 64


def main() -> int:
    folder, label, exit_code, job = sys.argv[1:]
    cluster = ClusterFolder(StudyFolder(Path(folder)), label)
    try:
        if exit_code == "0":
            remove_files(cluster, job)
        ended = None if is_marked(cluster.jobs, job) else Ended(job, _of_a_shell(int(exit_code)))

        def bring_on() -> str:
            advance(cluster, ended=ended)
            return "done"

        patiently(bring_on, for_min=WAIT_MIN, on_wait=lambda words: print(words, file=sys.stderr, flush=True))
        if not cluster.queued and not cluster.read().waiting:
            with contextlib.suppress(Locked), locked(cluster.path / "report.lock"):  # of several last jobs, one
                _report(cluster)
    except (GtptBenchError, OSError, ValidationError) as error:
        words = _one_line(error)
        print(f"error: {words}", file=sys.stderr)
        with contextlib.suppress(OSError):  # the disk may be full
            cluster.note(f"at the end of job {job}: {words}")
        return error.exit_code if isinstance(error, GtptBenchError) else 2
    return 0


def _of_a_shell(exit_code: int) -> int:
    """128 + N is a process that signal N ended, as far as there are signals; 255 is any failure."""
    return exit_code if exit_code <= 128 + LARGEST_SIGNAL else 1


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
