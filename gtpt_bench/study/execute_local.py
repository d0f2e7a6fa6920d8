"""Doing a plan on this machine: what is missing, one job after the other, each in a process of its own.

Measuring runs alone; a run that somebody else is working on is waited for, never done twice.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from gtpt_bench.data.config import DrawnData
from gtpt_bench.efficiency.device import num_cores
from gtpt_bench.files import write_json
from gtpt_bench.frozen import Frozen
from gtpt_bench.study.data_source import DataSource
from gtpt_bench.study.job import CostJob, RunJob, TimingJob
from gtpt_bench.study.lock import owner_of
from gtpt_bench.study.plan import Plan
from gtpt_bench.study.state import read_json_file, run_status
from gtpt_bench.study.store import JobFolder, StudyFolder, read_record

POLL_S = 0.2
INTERRUPTED = 130


class Display(Protocol):
    """Shows people what goes on; see display.py."""

    def start(self, title: str) -> None: ...

    def update(self, done: int, total: int, words: str) -> None: ...

    def finish(self, outcome: str) -> None: ...


@dataclass(frozen=True)
class PlannedJob:
    """One process to start."""

    title: str
    job: Frozen
    folder: JobFolder


@dataclass
class Outcome:
    """What happened to the jobs of a plan."""

    done: int = 0
    failed: int = 0
    interrupted: bool = False


def missing_jobs(plan: Plan, folder: StudyFolder, data: DataSource) -> list[PlannedJob]:
    """Jobs whose record does not exist yet: costs first, then timing, then runs."""
    study, jobs = plan.study.study, []
    costs = tuple(c for c in plan.costs if read_record(folder.cost(c), c.signature) is None)
    if costs:
        job: Frozen = CostJob(study=study, costs=costs, folder=folder.path)
        jobs.append(PlannedJob(f"cost of {len(costs)} models", job, folder.measuring("cost")))
    timing = plan.timing
    if timing and read_record(folder.timing(timing), timing.signature) is None:
        job = TimingJob(study=study, timing=timing, folder=folder.path)
        title = f"time of {len(timing.variants)} variants of {timing.model}"
        jobs.append(PlannedJob(title, job, folder.measuring("timing")))
    for run in plan.runs:
        if run_status(run, folder.run(run)).state != "done":
            job = RunJob(study=study, run=run, data_root=data.folder(run.config).resolve())
            jobs.append(PlannedJob(f"{run.variant} seed {run.seed}", job, folder.run(run)))
    return jobs


def draw_data(plan: Plan, data: DataSource, display: Display) -> None:
    """Draw the embedded people that the plan's runs need and that are not there yet."""
    for run in plan.runs:
        if isinstance(run.config.data, DrawnData) and not data.folder(run.config).exists():
            display.start("drawing people")
            data.draw_if_missing(run.config, on_image=lambda done, total: display.update(done, total, "images"))
            display.finish("done")


def execute(jobs: list[PlannedJob], start: Callable[[PlannedJob], Worker], display: Display) -> Outcome:
    """Do jobs one after the other; after Ctrl-C or SIGTERM the current one saves its state and the rest wait."""
    outcome = Outcome()
    with _sigterm_as_interrupt():
        for job in jobs:
            display.start(job.title)
            code = _attended(job, start, display)
            if code == INTERRUPTED:
                display.finish("stopped, state saved")
                outcome.interrupted = True
                return outcome
            if code == 0:
                outcome.done += 1
                display.finish("done")
            else:
                outcome.failed += 1
                error = read_json_file(job.folder.error) or {}
                reason = error.get("reason", f"the worker ended with code {code}")
                display.finish(f"failed: {reason} (log: {job.folder.log})")
    return outcome


def _attended(job: PlannedJob, start: Callable[[PlannedJob], Worker], display: Display) -> int:
    """Exit code of a job's worker, with its progress shown while it works."""
    try:
        _wait_for_others(job, display)
        worker = start(job)
    except KeyboardInterrupt:
        return INTERRUPTED
    try:
        while (code := worker.poll()) is None:
            _show(job, display)
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        worker.stop()
        return INTERRUPTED
    return code


def _wait_for_others(job: PlannedJob, display: Display) -> None:
    while owner_of(job.folder.lock) is not None:
        _show(job, display)
        time.sleep(POLL_S)


def _show(job: PlannedJob, display: Display) -> None:
    progress = read_json_file(job.folder.progress)
    if progress:
        display.update(progress["done"], progress["total"], f"{progress['step']} {progress['words']}")


class Worker(Protocol):
    """A started job."""

    def poll(self) -> int | None: ...

    def stop(self) -> None: ...


class Subprocess:
    """A job in a process and session of its own, so that Ctrl-C reaches it only through `stop`."""

    def __init__(self, job: PlannedJob) -> None:
        write_json(job.folder.job, job.job.model_dump(mode="json"))
        job.folder.progress.unlink(missing_ok=True)
        threads = os.environ.get("OMP_NUM_THREADS", str(num_cores()))
        with job.folder.log.open("a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gtpt_bench.study.worker", str(job.folder.path)],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "OMP_NUM_THREADS": threads},
            )

    def poll(self) -> int | None:
        return self.process.poll()

    def stop(self) -> None:
        """Ask the worker to save its state and end; a second Ctrl-C kills it."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait()
        except KeyboardInterrupt:
            self.process.kill()
            self.process.wait()


class Inline:
    """A job in this very process, for debugging; it is over when it has started."""

    def __init__(self, job: PlannedJob) -> None:
        from gtpt_bench.study.worker import StopFlag, work

        write_json(job.folder.job, job.job.model_dump(mode="json"))
        stop = StopFlag()
        with _restored_signals():
            stop.listen()
            self.code = work(job.folder, stop=stop)

    def poll(self) -> int:
        return self.code

    def stop(self) -> None:
        """Nothing left to stop."""


EXECUTORS: dict[str, Callable[[PlannedJob], Worker]] = {"local": Subprocess, "inline": Inline}


@contextlib.contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    with _restored_signals():
        signal.signal(signal.SIGTERM, interrupt)
        yield


@contextlib.contextmanager
def _restored_signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
