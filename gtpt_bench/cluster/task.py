"""What runs inside a SLURM job: the local runner with the same workers, and how it stops, saves and queues again.

submitit calls the task, in each process of the job. SLURM's warning before time is up, or before somebody more
important takes the place, makes submitit ask for `checkpoint()`; the job is then queued again and goes on from there.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gtpt_bench.cluster.code_copy import fingerprint, package_folder
from gtpt_bench.cluster.ended import EndedJobs
from gtpt_bench.cluster.ledger import Work
from gtpt_bench.cluster.requeued import leave_mark
from gtpt_bench.cluster.scratch import own_scratch
from gtpt_bench.efficiency.device import gpu_ids
from gtpt_bench.errors import RunFailed, RunInterrupted
from gtpt_bench.files import read_json_file
from gtpt_bench.study.display import EventLines
from gtpt_bench.study.execute_local import INTERRUPTED, execute
from gtpt_bench.study.failure import Failure, leave_failure
from gtpt_bench.study.gpu_slots import GpuSlots
from gtpt_bench.study.job import RunJob, read_job
from gtpt_bench.study.local_worker import Subprocess, held_back
from gtpt_bench.study.lock import Locked, owner_of, slurm_job
from gtpt_bench.study.missing import PlannedJob
from gtpt_bench.study.store import JobFolder, StudyFolder

SECONDS_TO_BE_KILLED = 600.0
"""After a job was told to end, until it ends by itself."""

EARLY_S = 90.0
"""By which SLURM may announce a job's end too soon, and submitit starts later than the job: a job that was told to end
that shortly before the announced time had all the time there is."""

KEPT_IN_PARTS = ("train", "cost")
"""Steps that go on where they were stopped; others start anew in the next job."""


@dataclass
class Task:
    """One unit's work.

    Attributes:
        study: folder of the study's results.
        code: fingerprint of the code that it was submitted with.
        threads: cores of each run.
        at_once: runs side by side.
        scratch: folder for temporary files, with variables of the job in it; "" for the system's.
        time_limit_min: of the job.
        warn_before_end_s: how long before that it is told to end.
    """

    study: Path
    work: tuple[Work, ...]
    code: str
    threads: int
    at_once: int
    scratch: str
    time_limit_min: int
    warn_before_end_s: int
    processes: list[subprocess.Popen[bytes]] = field(init=False, default_factory=list)
    began_at: float = field(init=False, default=0.0)
    began_with: dict[str, tuple[Any, ...]] = field(init=False, default_factory=dict)

    def __call__(self) -> str:
        """Do what is not done; the words go into submitit's result.

        Raises:
            RunFailed: some of it failed; each run's folder says how.
            RunInterrupted: the job was told to end.
        """
        self.began_at, self.began_with = time.time(), self._progress()
        self._refuse_other_code()
        if job := slurm_job():  # a node that failed at the job's last line has SLURM start it again
            EndedJobs(_pickle().parents[1] / "ended").forget([job])
        os.environ["OMP_NUM_THREADS"] = str(self.threads)  # not the login shell's, which sbatch hands on
        work = self._with_others if int(os.environ.get("SLURM_NTASKS", 1)) > 1 else self._alone
        if not self.scratch:
            return work()
        with own_scratch(Path(self._expanded(self.scratch))):
            return work()

    def _alone(self) -> str:
        """Runs one after the other or side by side, as on any machine."""
        todo = [work for work in self.work if not work.is_done(StudyFolder(self.study))]
        free = [work for work in todo if owner_of(self._folder(work).lock) is None]
        start = GpuSlots(gpu_ids()).start

        def started(job: PlannedJob) -> Subprocess:
            worker = start(job)
            self.processes.append(worker.process)
            return worker

        outcome = execute([self._planned(work) for work in free], started, EventLines(), at_once=self.at_once)
        if outcome.interrupted:
            _wait_to_be_killed()
        if outcome.failed or outcome.stopped:
            raise RunFailed(f"{outcome.failed} of {len(free)} failed. {outcome.stopped}".strip())
        others = f", {len(todo) - len(free)} being worked on elsewhere" if len(free) < len(todo) else ""
        return f"{outcome.done} done{others}"

    def _with_others(self) -> str:
        """One run after the other, each shared by the processes that srun started; the first of them leads."""
        for work in self.work:
            folder = self._folder(work)
            with folder.log.open("a", encoding="utf-8") as log, held_back():
                process = subprocess.Popen(
                    [sys.executable, "-m", "gtpt_bench.study.worker", str(folder.path)],
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                )
            self.processes.append(process)
            code = process.wait()
            if code == INTERRUPTED:
                _wait_to_be_killed()
            if code < 0 and not folder.error.exists():
                leave_failure(
                    folder.error, Failure("killed", f"a process of it was killed by signal {-code}"), here=True
                )
            if code not in (0, Locked.exit_code):
                raise RunFailed(f"{work.folder} ended with code {code}")
        return "done"

    def checkpoint(self) -> Any:
        """Have the workers save their state; what is to be queued again, None if that would lead nowhere.

        submitit calls this from a signal handler, which may have interrupted anything; so the workers are waited for
        without the locks of `subprocess`.
        """
        for process in self.processes:
            if process.returncode is None:
                os.kill(process.pid, signal.SIGTERM)
        for process in self.processes:
            _wait_until_over(process.pid)
        whole_s = 60 * self.time_limit_min - self.warn_before_end_s - EARLY_S
        if time.time() - self.began_at > whole_s and not self._got_on():
            reason = f"no step was finished in a whole job of {self.time_limit_min / 60:.3g} h; raise time_limit_h"
            self._leave(Failure("time", reason))
            return None
        from submitit.helpers import DelayedSubmission

        _clear_unfinished_save()
        leave_mark(_pickle().parent)
        return DelayedSubmission(replace(self))

    def _expanded(self, path: str) -> str:
        """A path with the job's variables filled in.

        Raises:
            RunFailed: the job has no such variable.
        """
        expanded = str(Path(os.path.expandvars(path)).expanduser())
        if "$" in expanded:
            reason = f"environment.scratch of the cluster's profile: {path} has a variable that jobs here do not have"
            self._leave(Failure("input", reason))
            raise RunFailed(reason)
        return expanded

    def _planned(self, work: Work) -> PlannedJob:
        folder = self._folder(work)
        job = read_job(folder.job)
        return PlannedJob(work.folder, job, folder, self.threads, alone=not isinstance(job, RunJob))

    def _folder(self, work: Work) -> JobFolder:
        return work.job_folder(StudyFolder(self.study))

    def _refuse_other_code(self) -> None:
        found = fingerprint(package_folder())
        if found != self.code:
            reason = f"the code of gtpt_bench is {found} now, but was {self.code} when this job was submitted"
            self._leave(Failure("code", reason))
            raise RunFailed(reason)

    def _leave(self, failure: Failure) -> None:
        """Say in each unfinished run's folder why it failed."""
        for work in self.work:
            if not work.is_done(StudyFolder(self.study)):
                leave_failure(self._folder(work).error, failure, expected=True, here=True)

    def _got_on(self) -> bool:
        """Whether this job has anything to show that the next will not have to do again."""
        return any(kept and kept != self.began_with.get(folder) for folder, kept in self._progress().items())

    def _progress(self) -> dict[str, tuple[Any, ...]]:
        """What is kept of each run when it is stopped: the step it is at and, where it goes on within that, how far."""
        said = {work.folder: read_json_file(self._folder(work).progress) or {} for work in self.work}
        return {
            folder: (words["step"], words.get("done") if words["step"] in KEPT_IN_PARTS else None)
            for folder, words in said.items()
            if "step" in words
        }


def _pickle() -> Path:
    """submitit's, of this job."""
    from submitit import JobEnvironment

    return Path(JobEnvironment().paths.submitted_pickle)


def _clear_unfinished_save() -> None:
    """A kill in the middle of an earlier save leaves a file that submitit would stumble over."""
    pickle = _pickle()
    pickle.with_suffix(f"{pickle.suffix}.save_tmp").unlink(missing_ok=True)


def _wait_to_be_killed() -> None:
    """SLURM told the workers to end without telling why; it will end this process too, or queue the job again."""
    time.sleep(SECONDS_TO_BE_KILLED)
    raise RunInterrupted("told to end, but not ended; the run goes on in another job")


def _wait_until_over(pid: int) -> None:
    """Until a child process is over, which somebody else then takes note of."""
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    except ChildProcessError:  # taken note of already
        return
