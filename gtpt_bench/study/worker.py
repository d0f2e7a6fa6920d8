"""One job in a process of its own: `python -m gtpt_bench.study.worker FOLDER`. Same here and inside a SLURM job.

By torchrun or srun as one of several, which share the work of a run: the first one is the worker.

Reads FOLDER/job.json, holds FOLDER/lock, reports to FOLDER/progress.json, leaves a record, or FOLDER/error.json.
Exit codes: 0 done, 1 failed, 75 somebody else works on it, 130 stopped with its state saved. SIGTERM, SIGINT and
SIGUSR2, by which SLURM announces the end of a job, stop it within one training step, batch of evaluation, model counted
or round of timing.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gtpt_bench.errors import GtptBenchError, InputError, RunFailed, RunInterrupted
from gtpt_bench.files import write_json
from gtpt_bench.study.failure import Failure, Kind, kind_of, leave_failure
from gtpt_bench.study.job import CostJob, RunJob, TimingJob, read_job
from gtpt_bench.study.lock import Locked, locked, slurm_job
from gtpt_bench.study.provenance import code_in_words
from gtpt_bench.study.store import JobFolder
from gtpt_bench.training.launch import Launch, launch_from

if TYPE_CHECKING:
    from gtpt_bench.training.team import Several

SECONDS_BETWEEN_REPORTS = 0.5


PR_SET_PDEATHSIG = 1
"""Of prctl."""

PARENT = os.getppid()
"""Who started this process."""

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2)


class StopFlag:
    """Set by the first signal that asks this process to stop."""

    def __init__(self) -> None:
        self.is_set = False

    def listen(self) -> None:
        for number in STOPPING:
            signal.signal(number, self._set)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)  # blocked by whoever started this process

    def _set(self, number: int, frame: object) -> None:
        self.is_set = True

    def __call__(self) -> bool:
        return self.is_set


SECONDS_BETWEEN_LINES = 30.0


class ProgressFile:
    """The latest word of a worker, rewritten at most twice a second; and a line of the log each half minute, at the
    beginning of a step and at its end."""

    def __init__(self, folder: JobFolder, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder, self.clock = folder, clock
        self.next_report = self.next_line = -1.0
        self.step = ""

    def __call__(self, step: str, done: int, total: int, words: str) -> None:
        now = self.clock()
        if step != self.step or now >= self.next_line or done >= total:
            self.step, self.next_line = step, now + SECONDS_BETWEEN_LINES
            print(f"{time.strftime('%F %T')} {step} {done}/{total} {words}", flush=True)
        if now < self.next_report and done < total:
            return
        self.next_report = now + SECONDS_BETWEEN_REPORTS
        write_json(self.folder.progress, {"step": step, "done": done, "total": total, "words": words})


def work(folder: JobFolder, *, stop: Callable[[], bool], launched: Several | None = None) -> int:
    """Do the job of a folder; the exit code. A failure is told in error.json and, in one line, to the log.

    Args:
        launched: processes that were started together with this one, the first, to share runs.
    """
    try:
        with locked(folder.lock):
            folder.error.unlink(missing_ok=True)
            do_job(read_job(folder.job), folder, stop=stop, launched=launched)
    except (RunInterrupted, Locked) as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        return error.exit_code
    except Exception as error:
        expected = isinstance(error, GtptBenchError)
        print(f"failed: {error}" if expected else traceback.format_exc(), flush=True)
        reason = str(error) if expected else f"{type(error).__name__}: {error}"
        with contextlib.suppress(InputError):  # on a full disk the log has to do
            leave_failure(folder.error, Failure(kind_of(error), reason), expected=expected, here=True)
        return 1
    return 0


def do_job(
    job: RunJob | CostJob | TimingJob, folder: JobFolder, *, stop: Callable[[], bool], launched: Several | None = None
) -> None:
    from gtpt_bench.study import measuring, steps
    from gtpt_bench.study.teamwork import team_of

    progress = ProgressFile(folder)
    if isinstance(job, RunJob):
        with team_of(job, folder, launched) as team:
            steps.do_run(job, folder, stop=stop, progress=progress, team=team)
    elif isinstance(job, CostJob):
        measuring.count_costs(job, stop=stop, progress=progress)
    else:
        measuring.measure_time(job, stop=stop, progress=progress)


def end_with_parent() -> None:
    """Be asked to stop when the process that started this one is gone; where the system knows how (Linux).

    In a job of SLURM nobody else would: not every cluster finds processes whose parent is gone.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != PARENT:  # gone before it was asked for
            os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    folder, stop = JobFolder(Path(sys.argv[1])), StopFlag()
    stop.listen()
    if slurm_job():
        end_with_parent()
    print(f"{time.strftime('%F %T')} {_who_and_where()} for {folder.path.name}, {code_in_words()}", flush=True)
    launch = launch_from(os.environ)
    if launch is None:
        return work(folder, stop=stop)
    return _work_with_others(folder, launch, stop=stop)


def _who_and_where() -> str:
    job, node = slurm_job(), os.environ.get("SLURMD_NODENAME") or socket.gethostname()
    return f"{f'job {job}, ' if job else ''}node {node}, worker {os.getpid()}"


def _work_with_others(folder: JobFolder, launch: Launch, *, stop: Callable[[], bool]) -> int:
    from gtpt_bench.study.launched import assisting, leading

    if launch.rank > 0:
        return assisting(launch, stop=stop)
    try:
        with leading(launch) as team:
            return work(folder, stop=stop, launched=team)
    except (RunFailed, InputError) as error:  # they did not meet
        print(f"failed: {error}", flush=True)
        kind: Kind = "node" if isinstance(error, RunFailed) else "input"
        leave_failure(folder.error, Failure(kind, str(error)), expected=True, here=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
