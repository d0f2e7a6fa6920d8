"""Doing jobs on this machine: measuring runs alone, training runs side by side as far as the cores go.

A run that somebody else is working on is waited for, never done twice.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gtpt_bench.data.config import DrawnData
from gtpt_bench.errors import InputError
from gtpt_bench.files import read_json_file
from gtpt_bench.study.data_source import DataSource
from gtpt_bench.study.display import Display, shown
from gtpt_bench.study.fail_fast import reason_to_stop
from gtpt_bench.study.failure import Failure, leave_failure, read_failure
from gtpt_bench.study.job import RunJob
from gtpt_bench.study.local_worker import Worker, restored_signals
from gtpt_bench.study.lock import Locked, owner_of
from gtpt_bench.study.missing import PlannedJob

POLL_S = 0.2
INTERRUPTED = 130


@dataclass
class Outcome:
    """What became of the jobs of a plan."""

    done: int = 0
    runs_done: int = 0
    failed: int = 0
    cancelled: int = 0
    """Parts that somebody took out from another shell."""
    interrupted: bool = False
    stopped: str = ""
    """Why the rest was not started, if so."""


def draw_data(jobs: Sequence[PlannedJob], data: DataSource, display: Display) -> None:
    """Draw the embedded people that the jobs need and that are not there yet."""
    for config in [planned.job.run.config for planned in jobs if isinstance(planned.job, RunJob)]:
        if isinstance(config.data, DrawnData) and not data.folder(config).exists():
            with shown(display, "drawing people") as line:
                data.draw_if_missing(config, on_image=partial(line.update, words="images"))


class Attended:
    """A job that is being worked on, or waits for somebody else who works on it."""

    def __init__(self, job: PlannedJob, start: Callable[[PlannedJob], Worker], display: Display) -> None:
        self.job, self.start = job, start
        elsewhere = owner_of(job.folder.lock) is not None
        self.line = display.line(job.title, *(["waits for whoever works on it"] if elsewhere else []))
        self.worker: Worker | None = None

    def poll(self) -> int | None:
        """Show how far the job is; its exit code when it is over."""
        if self.worker is None and owner_of(self.job.folder.lock) is None:
            self.worker = self.start(self.job)
        code = self.worker.poll() if self.worker else None
        if code == Locked.exit_code:  # somebody else was quicker: wait for them
            self.worker = code = None
        if code is None:
            self._show_progress()
        else:
            self._leave_reason(code)
            self.line.finish(self._outcome(code))
        return code

    def _leave_reason(self, code: int) -> None:
        """A worker that was killed could not say so itself; its run is failed all the same, and stays visible."""
        if code in (0, INTERRUPTED) or self.job.folder.error.exists():
            return
        killed = Failure("killed", f"the worker was killed by signal {-code}")
        with contextlib.suppress(InputError):  # the disk may be full
            leave_failure(
                self.job.folder.error,
                killed if code < 0 else Failure("crash", f"the worker ended with code {code}"),
                here=True,
            )

    def _show_progress(self) -> None:
        progress = read_json_file(self.job.folder.progress)
        if progress:
            self.line.update(progress["done"], progress["total"], f"{progress['step']} {progress['words']}")

    def _outcome(self, code: int) -> str:
        if code == 0:
            return "done"
        if code == INTERRUPTED:
            return "stopped, state saved"
        failure = read_failure(self.job.folder.error)
        reason = failure.line if failure else f"the worker ended with code {code}"
        return f"failed: {reason} (log: {self.job.folder.log})"

    def ask_to_stop(self) -> None:
        if self.worker:
            self.worker.ask_to_stop()

    def wait_until_stopped(self) -> None:
        if self.worker:
            self.worker.wait_until_stopped()
        self.line.finish("stopped, state saved" if self.worker else "left to whoever works on it")


def execute(
    jobs: Sequence[PlannedJob],
    start: Callable[[PlannedJob], Worker],
    display: Display,
    *,
    at_once: int,
    is_cancelled: Callable[[PlannedJob], bool] = lambda job: False,
) -> Outcome:
    """Do jobs in their order, at most `at_once` of them side by side.

    After Ctrl-C or SIGTERM those at work save their state and the rest are left for the next time; so is the rest if
    the first runs all fail alike.

    Args:
        is_cancelled: whether somebody has taken a job out since; the others go on.
    """
    outcome, waiting = Outcome(), list(jobs)
    active: list[Attended] = []
    failures: list[tuple[str, Failure]] = []
    with sigterm_as_interrupt():
        try:
            while (waiting or active) and not outcome.interrupted:
                while waiting and _has_place(waiting[0], active, at_once):
                    if is_cancelled(job := waiting.pop(0)):
                        outcome.cancelled += 1
                    else:
                        active.append(Attended(job, start, display))
                _settle(active, outcome, failures, is_cancelled)
                if waiting and (reason := reason_to_stop(failures, num_done=outcome.runs_done)):
                    outcome.stopped = f"{reason}; {len(waiting)} job(s) were not started"
                    waiting.clear()
        except KeyboardInterrupt:
            outcome.interrupted = True
        finally:
            for attended in active:
                attended.ask_to_stop()
            for attended in active:
                attended.wait_until_stopped()
    if outcome.cancelled and not outcome.stopped:
        outcome.interrupted |= outcome.done == outcome.failed == 0  # that was all
        outcome.stopped = f"{outcome.cancelled} part(s) were cancelled; run again to do them"
    return outcome


def _has_place(job: PlannedJob, active: Sequence[Attended], at_once: int) -> bool:
    if not active:
        return True
    return not job.alone and not any(attended.job.alone for attended in active) and len(active) < at_once


def _settle(
    active: list[Attended],
    outcome: Outcome,
    failures: list[tuple[str, Failure]],
    is_cancelled: Callable[[PlannedJob], bool],
) -> None:
    """Look at all active jobs once and take leave of those that are over."""
    codes = [attended.poll() for attended in active]
    taken_out = [code == INTERRUPTED and is_cancelled(a.job) for a, code in zip(active, codes, strict=True)]
    outcome.cancelled += sum(taken_out)
    runs = [attended.job.job if isinstance(attended.job.job, RunJob) else None for attended in active]
    outcome.done += codes.count(0)
    outcome.runs_done += sum(run is not None and code == 0 for run, code in zip(runs, codes, strict=True))
    for attended, run, code in zip(active, runs, codes, strict=True):
        if run is not None and code not in (None, 0, INTERRUPTED):
            failure = read_failure(attended.job.folder.error)
            failures.append((run.run.variant, failure or Failure("crash", f"code {code}")))
    outcome.interrupted |= any(c == INTERRUPTED and not out for c, out in zip(codes, taken_out, strict=True))
    outcome.failed += sum(code not in (None, 0, INTERRUPTED) for code in codes)
    if all(code is None for code in codes):
        time.sleep(POLL_S)
    active[:] = [attended for attended, code in zip(active, codes, strict=True) if code is None]


@contextlib.contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    with restored_signals():
        signal.signal(signal.SIGTERM, interrupt)
        yield
