"""A probe job on its way: submitted as training jobs are, waited for, cancelled when it takes too long, tidied up."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gtpt_bench.cluster.code_copy import CodeCopy
from gtpt_bench.cluster.commands import Refused, Unreachable, refusal, slurm
from gtpt_bench.cluster.doctor.as_trained import job_parameters, python_of, trial_call
from gtpt_bench.cluster.doctor.exchange import Exchange
from gtpt_bench.cluster.doctor.probe import Found, Probe, ProbeFiles, wait_for
from gtpt_bench.cluster.outside_a_job import outside_any_job
from gtpt_bench.cluster.profile import ClusterProfile
from gtpt_bench.cluster.queue import OVER, PENDING, Element, ask
from gtpt_bench.cluster.verdict import last_words
from gtpt_bench.files import read_json_file, write_json
from gtpt_bench.study.display import Display
from gtpt_bench.study.lock import locked

TIME_LIMIT_MIN = 5
WARN_BEFORE_END_S = 10
ASKS_EVERY = 0.1
"""Of the time waited so far squeue is asked about the job, but once in one to ten seconds: fifty times in 5 minutes."""

LOOK_EVERY_S = 0.1
FILE_WITHIN_S = 60.0
"""After a job's end its files must be seen; network file systems may take as long."""

END_WITHIN_S = 20.0
"""After a job's end accounting must know of it."""

GONE = "GONE"
"""Of a job that is over."""


@dataclass(frozen=True)
class Place:
    """Where the job is, in the controller's words."""

    state: str
    reason: str = ""
    starts_at: str = ""

    @property
    def is_pending(self) -> bool:
        return self.state in PENDING


@dataclass(frozen=True)
class Hello:
    """The probe's first file, as it was seen here.

    Attributes:
        written_at: by the node's clock.
        seen_at: by the submitting machine's.
        file_clock_s: by how much the file system's clock is ahead of the submitting machine's.
    """

    written_at: float
    seen_at: float
    file_clock_s: float


@dataclass(frozen=True)
class Outcome:
    """What became of a probe job.

    Attributes:
        folder: of submitit's files.
        started_s: seconds from its submission to its first word; to its cancellation if it did not start.
        pending: where it was when it had waited too long and was cancelled; None if it started.
        hello: None if its first file was not seen.
        found: None if it did not get to its end.
        end: as accounting tells it; None if it does not know the job.
        last_words: that it wrote to stderr.
    """

    job: str
    folder: Path
    started_s: float
    pending: Place | None = None
    hello: Hello | None = None
    found: Found | None = None
    end: Element | None = None
    last_words: str = ""

    @property
    def has_more_to_say(self) -> bool:
        """Whether submitit's files are to be kept for somebody to read."""
        return self.found is None and bool(self.last_words.strip())

    @property
    def exchange(self) -> Exchange | None:
        """None if one of the two did not see the other's file."""
        if self.hello is None or self.found is None or self.found.answer is None:
            return None
        return Exchange(self.hello.written_at, self.hello.seen_at, *self.found.answer)


def try_out(
    profile: ClusterProfile, results: Path, code: CodeCopy, display: Display, *, wait_s: float, data_root: Path | None
) -> Outcome:
    """Submit a probe and see what becomes of it; whatever happens here, no job is left in the queue.

    Raises:
        Refused, Unreachable: by SLURM.
        InputError: nothing can be written in the results folder.
    """
    name = f"gtpt-doctor-{uuid.uuid4().hex[:12]}"
    folder = (results / ".doctor" / name).resolve()
    files = ProbeFiles(folder)
    folder.mkdir(parents=True)
    outcome: Outcome | None = None
    try:
        with locked(files.lock), cancelled_at_the_end(name):
            asked = job_parameters(profile, "training", results, code, name)
            trial = trial_call(asked)
            asked |= {
                "time": min(TIME_LIMIT_MIN, profile.training.time_limit_min),
                "signal_delay_s": WARN_BEFORE_END_S,
            }
            probe = Probe(folder, profile.environment.scratch, trial, data_root and data_root.resolve())
            job = _sbatch(files.jobs, python_of(profile), asked, probe)
            outcome = _watched(job, files, display, wait_s)
        return outcome
    finally:
        if outcome is None or not outcome.has_more_to_say:
            shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                folder.parent.rmdir()


@contextlib.contextmanager
def cancelled_at_the_end(name: str) -> Iterator[None]:
    """By its name, since the number of a job may not be known when Ctrl-C is pressed."""
    try:
        yield
    finally:
        with contextlib.suppress(Refused, Unreachable):  # it is over
            slurm("scancel", "--quiet", f"--name={name}")


def _sbatch(jobs: Path, python: str, asked: dict[str, Any], probe: Probe) -> str:
    import submitit
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    with outside_any_job():
        executor = submitit.SlurmExecutor(folder=jobs, python=shlex.quote(python))
        executor.update_parameters(**asked)
        try:
            return str(executor.submit(probe).job_id)
        except (FailedJobError, FailedSubmissionError) as error:
            raise refusal("sbatch", str(error)) from error


def _watched(job: str, files: ProbeFiles, display: Display, wait_s: float) -> Outcome:
    """From submission to the job's end, or until it has been pending for too long."""
    line, began, words = display.line(f"probe job {job}"), time.monotonic(), "stopped"
    hello, started_s, ask_at, place = None, 0.0, 0.0, Place("PENDING")
    try:
        while not files.found.exists():
            waited_s = time.monotonic() - began
            if hello is None and (hello := _answered(files)):
                started_s = waited_s
            if waited_s > ask_at:
                ask_at, place = waited_s + min(10, max(1, ASKS_EVERY * waited_s)), place_of(job)
            if place.state == GONE:
                break
            if place.is_pending and not hello and waited_s > wait_s:
                words = f"still waits ({place.reason or 'no reason told'}), cancelled"
                return Outcome(job, files.jobs, waited_s, pending=place)
            shown = "runs" if hello else f"{place.state.lower()} {place.reason}".rstrip()
            line.update(round(waited_s), round(wait_s), shown)
            time.sleep(LOOK_EVERY_S)
        end = _end(job)
        found = wait_for(lambda: _found(files), FILE_WITHIN_S if end is None or end.state == "COMPLETED" else 0)
        words = "has looked around" if found else f"ended without a word ({end.state if end else 'unknown'})"
        return Outcome(job, files.jobs, started_s, None, hello, found, end, last_words(files.jobs, job))
    finally:
        line.finish(words)


def _end(job: str) -> Element | None:
    """How accounting tells the job's end, which it may hear of some seconds later."""

    def told() -> Element | None:
        with contextlib.suppress(Refused, Unreachable):
            element = ask([job]).get(job)
            return element if element and element.stage == "over" else None
        return None

    return wait_for(told, END_WITHIN_S, every_s=1.0)


def place_of(job: str) -> Place:
    """One squeue call about the job."""
    try:
        listed = slurm("squeue", "--noheader", "--states=all", f"--jobs={job}", "--format=%T|%r|%S")
    except Refused:  # forgotten
        return Place(GONE)
    except Unreachable:
        return Place("PENDING", "SLURM does not answer")
    state, reason, starts_at = (*listed.strip().split("|"), "", "")[:3]
    if not state or state in OVER:
        return Place(GONE)
    return Place(state, "" if reason == "None" else reason, "" if starts_at == "N/A" else starts_at)


def _answered(files: ProbeFiles) -> Hello | None:
    """Answer the probe's first file as soon as it is seen."""
    hello = read_json_file(files.hello)
    if hello is None:
        return None
    seen_at = time.time()
    write_json(files.answer, {"at": time.time()})
    file_clock_s = files.answer.stat().st_mtime - time.time()
    return Hello(hello["at"], seen_at, file_clock_s)


def _found(files: ProbeFiles) -> Found | None:
    try:
        return Found.model_validate_json(files.found.read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None
